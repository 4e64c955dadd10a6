import type { Finding } from "./finding.ts";

/** Where an incident stands. Resolved, Escalated and Gone are final. */
export const Phases = [
  "Detected",
  "Remediating",
  "Investigating",
  "Verifying",
  "Resolved",
  "Escalated",
  "Gone",
] as const;
export type Phase = (typeof Phases)[number];

/** One thing that was tried on the cluster. Written as `pending` before it is done, completed after. */
export interface Attempt {
  readonly action: string;
  /** `StatefulSet/server-0` or `Pod/server-0-0`. */
  readonly target: string;
  readonly by: "playbook" | "agent";
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: "pending" | "applied" | "already" | "refused" | "failed" | "observed";
  /** What changed, or what the server said. */
  readonly detail: string;
}

/** An episode that has no end yet, in this process or in one that died. */
export const RUNNING = "running";

export interface EpisodeRecord {
  readonly model: string;
  readonly turns: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** `running`, how it ended, `interrupted` (the medic died in it), or why there was none: `no-budget`, `not-audited`. */
  readonly outcome: string;
  readonly tools: readonly string[];
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Dollars that the hourly ledger holds for it, while and where its cost is not known. */
  readonly reservedUsd?: number;
  /** What the model wants people to be told, should the stack not become ready. */
  readonly conclusion?: Conclusion;
}

/** The model's account of an outage, already cut and masked. */
export interface Conclusion {
  readonly rootCause: string;
  readonly evidence?: string;
  readonly nextStep?: string;
}

/** The outbox of the one message: present as soon as it is decided, `sentAt` once it is delivered. */
export interface EscalationRecord {
  readonly messageId: string;
  /** What the stack's events said, newest last, already cut and masked. */
  readonly events: readonly string[];
  readonly channel?: string;
  readonly sentAt?: number;
  /** Why the last try to send it failed. */
  readonly lastError?: string;
}

/** What the medic knows of one outage of one stack: everything that decides the future. Times are epoch milliseconds. */
export interface IncidentStatus {
  readonly phase: Phase;
  readonly tier: 1 | 2;
  readonly reason: string;
  readonly rootCause: string;
  readonly findings: readonly Finding[];
  readonly attempts: readonly Attempt[];
  readonly episode?: EpisodeRecord;
  readonly escalation?: EscalationRecord;
  /** It went to people without a model having been asked, only because there is none. */
  readonly wouldInvestigate?: boolean;
  /** Since when the stack is found ready, while Verifying. */
  readonly readySince?: number;
  /** When each phase was entered. */
  readonly times: Partial<Readonly<Record<Phase, number>>>;
}

/** What an incident is about; never changes. */
export interface IncidentSpec {
  readonly namespace: string;
  readonly client: string;
  readonly runId: string;
  readonly statefulSet: string;
  readonly statefulSetUid: string;
  readonly pod: string;
  readonly buildUrl?: string;
}

/** An incident as stored: `resourceVersion` guards every update. */
export interface Incident {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: number;
  readonly spec: IncidentSpec;
  readonly status: IncidentStatus;
}

export function isClosed(phase: Phase): boolean {
  return phase === "Resolved" || phase === "Escalated" || phase === "Gone";
}
