import type { StackSummary } from "../../src/api/builds.ts";
import type { Phase } from "../../src/core/incident.ts";

/** A small sign, drawn by `shape.tsx`. */
export type ShapeName =
  | "check"
  | "ring"
  | "play"
  | "triangle"
  | "square"
  | "pause"
  | "cross"
  | "diamond"
  | "half";

export type Tone = "good" | "busy" | "warn" | "bad" | "idle" | "info";

/** How a state is shown: always a word, a shape and a colour. */
export interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly shape: ShapeName;
}

type StackState = StackSummary["state"];

export const stackLooks: Readonly<Record<StackState, Look>> = {
  starting: { word: "starting", tone: "idle", shape: "ring" },
  ready: { word: "ready", tone: "good", shape: "check" },
  testing: { word: "testing", tone: "info", shape: "play" },
  "in-trouble": { word: "in trouble", tone: "warn", shape: "triangle" },
  escalated: { word: "escalated", tone: "bad", shape: "square" },
  paused: { word: "paused", tone: "idle", shape: "pause" },
  terminating: { word: "ending", tone: "idle", shape: "cross" },
};

export const phaseLooks: Readonly<Record<Phase, Look>> = {
  Detected: { word: "Detected", tone: "warn", shape: "triangle" },
  Remediating: { word: "Remediating", tone: "busy", shape: "half" },
  Investigating: { word: "Investigating", tone: "busy", shape: "diamond" },
  Verifying: { word: "Verifying", tone: "busy", shape: "ring" },
  Resolved: { word: "Resolved", tone: "good", shape: "check" },
  Escalated: { word: "Escalated", tone: "bad", shape: "square" },
  Gone: { word: "Gone", tone: "idle", shape: "cross" },
};
