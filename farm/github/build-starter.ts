import type { Mode } from "../faults/catalogue.ts";

/** What people choose when they start a build. What is left out the workflow chooses itself. */
export interface BuildRequest {
  readonly mode: Mode;
  readonly medic: boolean;
  readonly clients?: number;
  readonly target?: number;
  readonly seed?: number;
  /** Seconds that a client waits for its stack. */
  readonly timeout?: number;
}

/** Where GitHub's work stands; only `completed` has a conclusion. */
export type RunStatus = "queued" | "in_progress" | "completed" | "waiting" | "requested" | "pending";

export type Conclusion =
  | "success"
  | "failure"
  | "neutral"
  | "cancelled"
  | "skipped"
  | "timed_out"
  | "action_required"
  | "startup_failure"
  | "stale";

interface Progress {
  readonly status: RunStatus;
  readonly conclusion?: Conclusion;
  /** ISO 8601, as all times here. */
  readonly startedAt?: string;
}

export interface WorkflowRun extends Progress {
  readonly id: number;
  readonly attempt: number;
  /** The workflow's `run-name`. */
  readonly title: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly url: string;
  /** Read from the title, as GitHub does not tell a run's inputs. Absent where the title says nothing of it. */
  readonly mode?: Mode;
  readonly medic?: boolean;
}

export interface WorkflowStep extends Progress {
  readonly number: number;
  readonly name: string;
  readonly completedAt?: string;
}

export interface WorkflowJob extends Progress {
  /** Also the id of its check run, which has the annotations. */
  readonly id: number;
  readonly name: string;
  readonly completedAt?: string;
  readonly url?: string;
  readonly steps: readonly WorkflowStep[];
}

export interface Annotation {
  readonly level: "notice" | "warning" | "failure";
  readonly title?: string;
  readonly message: string;
}

interface Call {
  readonly signal?: AbortSignal;
}

/** What the console needs of GitHub, real or local. Everything rejects with a `GitHubError`, or with the reason of an abort. */
export interface BuildStarter {
  /** The workflow that builds are runs of; rejects when the token or the settings do not lead to it. */
  workflow(call?: Call): Promise<{ readonly name: string; readonly url: string }>;
  dispatch(request: BuildRequest, call?: Call): Promise<{ readonly runId: number; readonly url: string }>;
  /** Newest first; at most 100. */
  runs(limit: number, call?: Call): Promise<readonly WorkflowRun[]>;
  run(runId: number, call?: Call): Promise<WorkflowRun>;
  /** Of the latest attempt. */
  jobs(runId: number, call?: Call): Promise<readonly WorkflowJob[]>;
  /** None where the token may not read them. */
  annotations(jobId: number, call?: Call): Promise<readonly Annotation[]>;
  /** The whole log of a job that has ended. */
  log(jobId: number, call?: Call): Promise<string>;
  /** Asks for it; the run ends a little later. */
  cancel(runId: number, call?: Call): Promise<void>;
}
