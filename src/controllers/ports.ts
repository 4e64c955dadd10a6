import type { Action } from "../core/action.ts";
import type { Announcement } from "../core/announcement.ts";
import type { ToolCall } from "../core/episode.ts";
import type { EscalationMessage } from "../core/escalation.ts";
import type { Finding } from "../core/finding.ts";
import type { Conclusion, Incident, IncidentSpec, IncidentStatus } from "../core/incident.ts";
import type { Wish } from "../core/propose.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { StackId } from "../core/stack.ts";

/** What the controllers need of the outside world. Adapters implement these; only `app.ts` joins the two. */

/** Everything asynchronous takes one: aborted when the medic stops or the work is no longer wanted. */
export interface Call {
  readonly signal: AbortSignal;
}

/** Epoch milliseconds and timers; tests step it. */
export interface Clock {
  now(): number;
  /** Runs `callback` once after `delayMs`; returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The one door to the cluster. */
export interface Cluster {
  /** Every watched stack in the caches. No I/O. */
  stacks(): readonly StackId[];
  /** What the caches say of a stack (no events, no dry runs), or `undefined` when it is gone or not watched. No I/O. */
  peek(stack: StackId): Snapshot | undefined;
  /** The stack read fresh from the API server, with events and dry runs. `undefined` when it is gone. */
  gather(stack: StackId, call: Call): Promise<Snapshot | undefined>;
  /** Like `gather`, with what an episode wants to know besides: nodes, claims and earlier revisions, all read fresh. */
  examine(stack: StackId, call: Call): Promise<Snapshot | undefined>;
  /** The end of a container's log. Rejects when the server gives none, with its reason. */
  logs(request: LogRequest, call: Call): Promise<string>;
  /**
   * Carries out one action that was permitted for exactly this snapshot: the server refuses it when the target changed
   * since. Resolves with what the server said; rejects when no answer came (it may or may not have taken effect).
   */
  execute(action: Action, snapshot: Snapshot, call: Call): Promise<ActionResult>;
}

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Of the container's last run instead of the present one. */
  readonly previous: boolean;
  /** Lines from the end. */
  readonly lines: number;
}

/** What the server made of an action. `already`: the wanted state was there; `conflict`: it changed under us, look again. */
export interface ActionResult {
  readonly outcome: "applied" | "already" | "conflict" | "failed";
  readonly detail: string;
}

/** Incidents as custom resources: creating one is the lock, every update carries the resourceVersion. */
export interface Incidents {
  /** All incidents in the cache. No I/O. */
  list(): readonly Incident[];
  /** Creates it with its status; the existing one (read fresh) when another was quicker, with `created: false`. */
  create(
    name: string,
    spec: IncidentSpec,
    status: IncidentStatus,
    call: Call,
  ): Promise<{ incident: Incident; created: boolean }>;
  /** Replaces the status; `undefined` when it changed meanwhile (read it again) or is gone. */
  update(incident: Incident, status: IncidentStatus, call: Call): Promise<Incident | undefined>;
  read(name: string, call: Call): Promise<Incident | undefined>;
  remove(incident: Incident, call: Call): Promise<void>;
}

/** One line of the audit log, without what the log adds itself (seq, time, prev, hash). */
export interface AuditEntry {
  readonly run: string;
  readonly namespace: string;
  readonly client: string;
  readonly incident: string;
  readonly actor: "playbook" | "agent" | "medic";
  readonly action: string;
  readonly arguments: unknown;
  /** `intent` is written before the act, `outcome` after it, `refused` when it is not done. */
  readonly stage: "intent" | "outcome" | "refused";
  readonly decision: { readonly allowed: boolean; readonly why: string };
  readonly result?: string;
}

/** Append-only and hash-chained. Rejects when the record could not be stored: then nothing may be done. */
export interface Audit {
  append(entry: AuditEntry): Promise<void>;
}

/** Where the one message of an incident goes. */
export interface Chat {
  /** For people and the Incident: `#channel`, `webhook`, `log`. */
  readonly channel: string;
  /**
   * Delivers it; sending the same `messageId` again must not show it twice where the service allows that.
   * Rejects with a MedicError when it was not accepted (`retriable` says whether to try again).
   */
  send(message: EscalationMessage, call: Call): Promise<ChatReceipt>;
}

export interface ChatReceipt {
  readonly channel: string;
  /** True when the service said that it had the message already. */
  readonly duplicate: boolean;
}

/** Says on the stack's own StatefulSet what the medic does there. Never rejects, and never says the same twice. */
export interface Announcer {
  announce(incident: Incident, announcement: Announcement, call: Call): Promise<void>;
}

/** Records decisions so that they can be decided again (`replay`). */
export interface Decisions {
  record(incident: string, decision: unknown): Promise<void>;
}

/** Names of things that happened, for metrics and logs; labels come from closed sets. */
export interface Telemetry {
  decided(plan: string, reason: string): void;
  acted(action: string, outcome: string): void;
  refused(action: string, code: string): void;
  incidentClosed(phase: string, reason: string, tier: number, seconds: number): void;
  escalated(outcome: "sent" | "failed" | "duplicate"): void;
  reconciled(seconds: number, outcome: "ok" | "error"): void;
  toolCalled(tool: string, outcome: "answered" | "refused" | "failed"): void;
  episodeEnded(outcome: string, cost: { seconds: number; usd: number; turns: number; tokens: number }): void;
}

/** Structured log: a constant message and fields. */
export interface Log {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  debug(message: string, fields?: object): void;
  child(fields: object): Log;
}

/** What bounds one episode. */
export interface EpisodeLimits {
  /** The full id of the model; an alias may move to another model. */
  readonly model: string;
  readonly maxTurns: number;
  /** Dollars. Checked by the SDK after each answer, so the last turn may exceed it. */
  readonly maxBudgetUsd: number;
  /** Wall clock, in milliseconds. */
  readonly timeoutMs: number;
}

/** How an episode ended. `completed` says only that the model stopped by itself. */
export type EpisodeEnd =
  | "completed"
  | "max-turns"
  | "budget"
  | "deadline"
  | "aborted"
  | "refusal"
  | "api-error"
  | "wrong-tools"
  | "crashed";

/** What an episode came to. Whether the stack is healthy is for later reconciles to find. */
export interface EpisodeOutcome {
  readonly end: EpisodeEnd;
  /** Model requests that were answered. */
  readonly turns: number;
  /** Input, output and cached tokens together. */
  readonly tokens: number;
  /** Dollars by the SDK's own account; what is known of them when the episode was cut off. */
  readonly costUsd: number;
  /** False when it was cut off, so that the last request may have cost more than is known. */
  readonly costKnown: boolean;
  /** One sentence on how it ended, masked; empty when the model stopped by itself. */
  readonly detail: string;
  /** The model's last words. */
  readonly lastText: string;
}

/** A tool call with the arguments that decide what it reaches. */
export interface ScopedCall extends ToolCall {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
  readonly pod?: string;
  readonly statefulSet?: string;
}

/**
 * All that a model's tools can do: bound to one stack, each call asked for first. The tools have no other way to the
 * cluster, the Incident or the chat.
 */
export interface EpisodeHands {
  /** Why the call may not go on, or `undefined`. Counts it, and audits a refused one. Rejects when that cannot be audited. */
  admit(call: ScopedCall): Promise<string | undefined>;
  /** The stack read closely. Rejects when it is gone. */
  look(call: Call): Promise<Snapshot>;
  logs(request: Omit<LogRequest, "namespace">, call: Call): Promise<string>;
  /** These nodes were shown as cordoned. */
  showed(cordonedNodes: readonly string[]): void;
  /** Carries a wish through the one way to a write. */
  carryOut(wish: Wish, reason: string, call: Call): Promise<{ readonly done: boolean; readonly why: string }>;
  /** Notes what people are to be told, should the stack not become ready. */
  conclude(conclusion: Conclusion, call: Call): Promise<string>;
}

export interface Investigation {
  readonly incident: Incident;
  readonly snapshot: Snapshot;
  readonly findings: readonly Finding[];
  readonly hands: EpisodeHands;
  readonly limits: EpisodeLimits;
  /** Closes the episode's latch at once: no tool acts from here on. */
  readonly onLatch: (because: string) => void;
}

/** Runs one episode with a model. Never rejects: every end is an outcome. */
export interface Investigator {
  investigate(investigation: Investigation, call: Call): Promise<EpisodeOutcome>;
}
