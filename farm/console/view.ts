import type { Mode } from "../faults/catalogue.ts";

// What the page is shown, as types alone. Times are epoch milliseconds.

/** Who plays tier 2. */
export type TierTwo = "none" | "rehearsal" | "real";

/** Where one client of a build stands. `queued`: its job has not begun. */
export const CLIENT_STATES = [
  "queued",
  "deploying",
  "waiting",
  "ready",
  "testing",
  "passed",
  "failed",
  "cancelled",
] as const;
export type ClientState = (typeof CLIENT_STATES)[number];

/** Whose fault a red client is. `unknown`: nothing says so. */
export type FailureKind = "environment" | "tests" | "unknown";

/** A stretch of a client's time in one state; the last one of a build under way has no end. */
export interface Span {
  readonly state: ClientState;
  readonly from: number;
  readonly to?: number;
  /** What it waited for, newest words last, each with the time from which it did. */
  readonly waits: readonly Wait[];
}

interface Wait {
  readonly at: number;
  /** In kubectl's words: `server-2-0 ImagePullBackOff`. */
  readonly words: string;
}

export interface PodView {
  readonly name: string;
  /** As `kubectl get pods` has it: `Running`, `Pending`, `ImagePullBackOff`. */
  readonly words: string;
  readonly ready: boolean;
  readonly node?: string;
  /** Of the image only what tells one from another. */
  readonly image: string;
}

/** One thing that the medic did, or saw, on the time line. */
export interface MedicMark {
  readonly kind: "detected" | "acted" | "verifying" | "resolved" | "episode" | "turn" | "escalated" | "gone";
  readonly at: number;
  /** Only an episode lasts. */
  readonly to?: number;
  readonly words: string;
}

export interface EpisodeView {
  readonly model: string;
  readonly turns: number;
  readonly tokens: number;
  readonly costUsd: number;
  readonly outcome: string;
  readonly tools: readonly string[];
}

export interface IncidentView {
  readonly name: string;
  readonly client: string;
  readonly phase: string;
  readonly tier: 1 | 2;
  readonly reason: string;
  readonly rootCause: string;
  readonly marks: readonly MedicMark[];
  readonly episode?: EpisodeView;
  readonly messageSent: boolean;
  /** The incident on the medic's dashboard; absent while no medic answers. */
  readonly storyUrl?: string;
}

export interface ClientView {
  readonly client: number;
  /** The seed put the fault here; absent where nobody knows. */
  readonly faulted?: boolean;
  /** When the fault was in place. */
  readonly faultAt?: number;
  readonly state: ClientState;
  readonly spans: readonly Span[];
  readonly failure?: FailureKind;
  /** Why it failed, one sentence. */
  readonly why?: string;
  readonly pods: readonly PodView[];
  readonly incidents: readonly IncidentView[];
}

export type BuildStatus = "queued" | "running" | "passed" | "failed" | "cancelled";

export interface JobView {
  readonly name: string;
  readonly status: string;
  readonly conclusion?: string;
  /** The step that runs now, or the one that failed. */
  readonly step?: string;
}

export interface BuildView {
  /** `<run>-<attempt>`, the value of the namespace's label `medic/run-id`. */
  readonly id: string;
  readonly runId: number;
  readonly title: string;
  readonly mode?: Mode;
  readonly medic?: boolean;
  readonly seed?: number;
  /** What the seed drew: told here, never to the cluster. */
  readonly fault?: string;
  /** What tier 2 was; absent where the medic is somebody else's, or there was none. */
  readonly model?: TierTwo;
  /** The run at GitHub; absent for the local one, which has no pages. */
  readonly url?: string;
  readonly namespace?: string;
  readonly status: BuildStatus;
  readonly cancelling: boolean;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly clients: readonly ClientView[];
  readonly jobs: readonly JobView[];
  /** What went wrong outside the clients. */
  readonly problems: readonly string[];
}

/** The same mode without the medic and with it, by id of the builds. */
export interface PairView {
  readonly mode: Mode;
  readonly without?: string;
  readonly with?: string;
  /** Both had the same seed, so the same client was hit by the same fault. */
  readonly sameSeed: boolean;
}

export interface TotalsView {
  readonly builds: number;
  readonly repaired: number;
  readonly escalated: number;
  readonly dollars: number;
  readonly minutesSaved: number;
}

/** Whether the console sees what it looks at; `problem` is a sentence for people. */
export interface SourceView {
  readonly well: boolean;
  readonly problem?: string;
}

export interface FarmView {
  readonly github: SourceView & { readonly kind: "local" | "github"; readonly name: string };
  readonly cluster: SourceView & {
    readonly nodes: readonly { readonly name: string; readonly ready: boolean; readonly cordoned: boolean }[];
  };
  readonly medic: SourceView & {
    readonly url?: string;
    /** Who plays tier 2; absent where the medic is somebody else's. */
    readonly model?: TierTwo;
  };
  readonly pairs: readonly PairView[];
  readonly totals: TotalsView;
  /** Builds under way at the same time at most. */
  readonly mostBuilds: number;
  /** What a build without `clients` has. */
  readonly defaultClients: number;
  readonly now: number;
}
