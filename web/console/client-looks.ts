import type {
  BuildStatus,
  ClientState,
  ClientView,
  FailureKind,
  MedicMark,
} from "../../farm/console/view.ts";
import type { Look, Tone } from "../shared/looks.ts";

export const clientLooks: Readonly<Record<ClientState, Look>> = {
  queued: { word: "queued", tone: "idle", shape: "pause" },
  deploying: { word: "deploying", tone: "idle", shape: "half" },
  waiting: { word: "waiting", tone: "busy", shape: "ring" },
  ready: { word: "ready", tone: "good", shape: "ring" },
  testing: { word: "testing", tone: "info", shape: "play" },
  passed: { word: "passed", tone: "good", shape: "check" },
  failed: { word: "failed", tone: "bad", shape: "square" },
  cancelled: { word: "cancelled", tone: "idle", shape: "cross" },
};

export const buildLooks: Readonly<Record<BuildStatus, Look>> = {
  queued: { word: "queued", tone: "idle", shape: "pause" },
  running: { word: "running", tone: "busy", shape: "play" },
  passed: { word: "passed", tone: "good", shape: "check" },
  failed: { word: "failed", tone: "bad", shape: "square" },
  cancelled: { word: "cancelled", tone: "idle", shape: "cross" },
};

export const markLooks: Readonly<Record<MedicMark["kind"], Look>> = {
  detected: { word: "found", tone: "warn", shape: "triangle" },
  acted: { word: "did", tone: "busy", shape: "half" },
  verifying: { word: "verifies", tone: "busy", shape: "ring" },
  resolved: { word: "repaired", tone: "good", shape: "check" },
  episode: { word: "episode", tone: "info", shape: "diamond" },
  turn: { word: "turn", tone: "info", shape: "diamond" },
  escalated: { word: "told people", tone: "bad", shape: "square" },
  gone: { word: "gone", tone: "idle", shape: "cross" },
};

const FAILURES: Readonly<Record<FailureKind, string>> = {
  environment: "failed: environment",
  tests: "failed: tests",
  unknown: "failed",
};

/** A client's state, with whose fault it is where it failed. */
export function lookOf(client: ClientView): Look {
  const look = clientLooks[client.state];
  if (client.state !== "failed") return look;
  return { ...look, word: FAILURES[client.failure ?? "unknown"] };
}

const TROUBLE = /BackOff|ErrImage|Error|Invalid|Crash|OOM|Evicted|Failed|Lost|0\/\d+ nodes|Unschedulable/i;

/** What kubectl says of a pod that will not come up by itself. */
export function waitTone(words: string): Tone {
  return TROUBLE.test(words) ? "warn" : "busy";
}
