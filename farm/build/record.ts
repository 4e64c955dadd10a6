import { join } from "node:path";
import type { Model } from "./expectations.ts";
import type { BuildOptions } from "./options.ts";
import { OUT, writeJson } from "./out-folder.ts";

/**
 * How a client ended. `environment`: its stack never came up, so nothing is known about the code. `tests`: its stack was
 * ready and tests failed. `interrupted`: the build was stopped first.
 */
type Outcome = "passed" | "tests" | "environment" | "interrupted";

export interface ClientRecord {
  readonly client: number;
  readonly outcome: Outcome;
  readonly deployed: boolean;
  /** Seconds from the start of its deploy until its stack answered ready. */
  readonly readyAfterSeconds?: number;
  readonly passed: number;
  readonly failed: number;
  /** Names of failed tests. */
  readonly failures: readonly string[];
  /** Why it did not pass, in one sentence. */
  readonly why?: string;
}

/** What the medic did for one client, as its Incident says. */
export interface MedicRecord {
  readonly incident: string;
  readonly client: string;
  readonly phase: string;
  readonly tier: number;
  readonly reason: string;
  readonly rootCause: string;
  readonly actions: readonly string[];
  readonly costUsd?: number;
  readonly turns?: number;
  readonly escalated: boolean;
  readonly messageSent: boolean;
}

export interface FaultRecord {
  readonly name: string;
  readonly target: number;
  /** What was done, or why it could not be done. */
  readonly detail: string;
  readonly injected: boolean;
  readonly at: string;
}

/** Everything that is known of one build after its end. Times are ISO 8601. */
export interface BuildRecord {
  readonly runId: string;
  readonly namespace: string;
  readonly mode: BuildOptions["mode"];
  readonly medic: "on" | "off";
  /** What tier 2 was; absent without the medic, or with one that somebody else runs. */
  readonly model?: Model;
  readonly seed: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly seconds: number;
  readonly fault?: FaultRecord;
  readonly clients: readonly ClientRecord[];
  readonly incidents: readonly MedicRecord[];
  readonly passed: boolean;
  /** What went wrong outside the clients: preparation, clean-up. */
  readonly problems: readonly string[];
}

export function recordPath(runId: string): string {
  return join(OUT, "builds", `${runId}.json`);
}

export async function saveRecord(record: BuildRecord): Promise<void> {
  await writeJson(recordPath(record.runId), record);
}
