import type { Clock, Log } from "../controllers/ports.ts";
import type { Incident } from "../core/incident.ts";
import type { Redactor } from "../core/redact.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** An incident after the change, or as it last was. */
export interface IncidentChange {
  readonly type: "incident-changed" | "incident-removed";
  readonly incident: Incident;
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
  /** The full message log of an incident's episode. */
  transcript?(incident: string): Promise<readonly unknown[] | undefined>;
  readonly clock: Clock;
  /** The address the server listens on: a loopback address is guarded against DNS rebinding. */
  readonly host: string;
  readonly redactor?: Redactor;
  /** Streams at the same time; 32 unless told otherwise. */
  readonly maxStreams?: number;
  readonly log?: Log;
}
