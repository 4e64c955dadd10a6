import type { Clock, EpisodeLimits, Log } from "../controllers/ports.ts";
import type { Incident } from "../core/incident.ts";
import type { Json } from "../core/json.ts";
import type { Budget } from "../core/ledger.ts";
import type { RecordedDecision } from "../core/recorded-decision.ts";
import type { Redactor } from "../core/redact.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Totals } from "../core/totals.ts";

/** An incident after the change, or as it last was. */
export interface IncidentChange {
  readonly type: "incident-changed" | "incident-removed";
  readonly incident: Incident;
}

/** What the medic is, and what it may do and spend. */
export interface About {
  readonly version: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly mode: "act" | "observe";
  /** Why it only observes although it was told to act. */
  readonly modeBecause?: string;
  /** Absent: playbook only. */
  readonly model?: string;
  /** Whether this process leads; another one acts when it does not. */
  readonly leader: boolean;
  /** Where messages go: `#channel`, `webhook`, `log`. */
  readonly chat: string;
  readonly limits: Omit<EpisodeLimits, "model"> &
    Budget & { readonly maxConcurrentEpisodes: number; readonly maxActionsPerStack: number };
  readonly totals: Totals;
}

/** What is kept of an incident beside the Incident itself. */
export interface KeptRecords {
  /** Audit records, oldest first. */
  readonly audit: readonly Json[];
  /** Recorded decisions in short, oldest first. */
  readonly decisions: readonly RecordedDecision[];
}

/** The one message of an incident as its sink words it. */
export interface MessageText {
  readonly text: string;
  /** What a chat shows beside the text. */
  readonly attachments?: readonly {
    readonly title?: string;
    readonly text: string;
    readonly fields: readonly { readonly title: string; readonly value: string }[];
  }[];
}

/** What the HTTP server shows. Nothing in it can change anything. */
export interface ApiDeps {
  listIncidents(): readonly Incident[];
  /** What the caches say of every watched stack. */
  listStacks(): readonly Snapshot[];
  /** `checks`: true, or what is wrong. */
  ready(): { readonly ready: boolean; readonly checks: Readonly<Record<string, boolean | string>> };
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Returns what ends the subscription. */
  subscribe(listener: (change: IncidentChange) => void): () => void;
  /** Told when anything about a stack changed; returns what ends the subscription. */
  subscribeStacks(listener: () => void): () => void;
  about(): About;
  /** The full message log of an incident's episode. */
  transcript?(incident: string): Promise<readonly Json[] | undefined>;
  records?(incident: string): Promise<KeptRecords>;
  /** `undefined` for an incident without a message. */
  message?(incident: Incident): MessageText | undefined;
  readonly clock: Clock;
  /** The address the server listens on: a loopback address is guarded against DNS rebinding. */
  readonly host: string;
  readonly redactor?: Redactor;
  /** Streams at the same time; 32 unless told otherwise. */
  readonly maxStreams?: number;
  readonly log?: Log;
}
