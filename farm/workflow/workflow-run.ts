/**
 * The port between whoever starts runs of a workflow (the local GitHub, a test) and whoever executes them. GitHub's own
 * words: a run has jobs (a matrix makes several), a job has steps, annotations and a summary.
 */
export interface WorkflowRunRequest {
  readonly runId: number;
  readonly runAttempt: number;
  /** Inputs of `workflow_dispatch`, as strings. Whoever starts the run has checked them against the workflow. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The workflow's file; `.github/workflows/build.yml` of this repository when absent. */
  readonly workflow?: string | undefined;
  /** More environment for every step. `FARM_RUN_URL`: the run's page, which the build's namespace then links to. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** The workflow's secrets by name. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Aborted: cancels the run as GitHub does; steps with `always()` still run. */
  readonly signal: AbortSignal;
  /** Called in order as things happen; must not throw. */
  readonly onEvent?: ((event: WorkflowEvent) => void) | undefined;
  /** Every line of the run goes here as well. */
  readonly logFile: string;
}

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

export interface WorkflowAnnotation {
  readonly level: "notice" | "warning" | "failure";
  readonly title?: string;
  readonly message: string;
}

interface InJob {
  /** The job's name as people see it, unique in the run: `prepare`, `client (2)`. */
  readonly job: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The number is the step's place in its job, from 1, as GitHub counts: the first sets up the job. */
interface InStep extends InJob {
  readonly number: number;
  readonly step: string;
}

export type WorkflowEvent =
  | ({ readonly type: "job-started" } & InJob)
  | ({ readonly type: "job-completed"; readonly conclusion: Conclusion } & InJob)
  | ({ readonly type: "step-started" } & InStep)
  | ({ readonly type: "step-completed"; readonly conclusion: Conclusion } & InStep)
  | ({ readonly type: "annotation" } & WorkflowAnnotation & InJob)
  | ({ readonly type: "summary"; readonly markdown: string } & InJob)
  | ({ readonly type: "log"; readonly line: string } & InJob);

export interface WorkflowStep {
  readonly number: number;
  readonly name: string;
  readonly status: "queued" | "in_progress" | "completed";
  /** Absent until it is completed. */
  readonly conclusion?: Conclusion;
  readonly startedAt?: number;
  readonly completedAt?: number;
}

export interface WorkflowJob {
  readonly name: string;
  readonly conclusion: Conclusion;
  readonly startedAt: number;
  readonly completedAt: number;
  readonly steps: readonly WorkflowStep[];
  readonly annotations: readonly WorkflowAnnotation[];
  /** Everything that its steps wrote to the job's summary, as Markdown. */
  readonly summary?: string;
}

export interface WorkflowRunResult {
  readonly conclusion: "success" | "failure" | "cancelled";
  readonly jobs: readonly WorkflowJob[];
}

/** `runWorkflow` in run-workflow.ts is one. Rejects only when the run could not be started at all. */
export type RunWorkflow = (request: WorkflowRunRequest) => Promise<WorkflowRunResult>;
