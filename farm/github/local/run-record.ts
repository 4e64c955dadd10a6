import type {
  Conclusion,
  WorkflowAnnotation,
  WorkflowEvent,
  WorkflowJob,
  WorkflowRunResult,
  WorkflowStep,
} from "../../workflow/workflow-run.ts";

/** A job as far as it is known; the third one of run 5 has the id 5003. */
export interface JobRecord {
  readonly name: string;
  readonly status: "in_progress" | "completed";
  readonly conclusion?: Conclusion;
  readonly startedAt: number;
  readonly completedAt?: number;
  readonly steps: readonly WorkflowStep[];
  readonly annotations: readonly WorkflowAnnotation[];
  readonly summary?: string;
}

/** All that is kept of a run. Times are milliseconds since 1970. */
export interface RunRecord {
  readonly id: number;
  /** Counts the runs of this local GitHub. */
  readonly number: number;
  /** The workflow's file name, and the name in it. */
  readonly workflow: string;
  readonly workflowName: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly sha: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion?: "success" | "failure" | "cancelled";
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly updatedAt: number;
  readonly jobs: readonly JobRecord[];
}

type EventWithout<T extends WorkflowEvent["type"]> = Exclude<WorkflowEvent, { readonly type: T }>;

/** The run after something happened in it. */
export function afterEvent(run: RunRecord, event: EventWithout<"log">): RunRecord {
  const job = run.jobs.find(({ name }) => name === event.job) ?? newJob(event.job, event.at);
  return withJob({ ...run, updatedAt: event.at }, jobAfter(job, event));
}

function newJob(name: string, startedAt: number): JobRecord {
  return { name, status: "in_progress", startedAt, steps: [], annotations: [] };
}

function jobAfter(job: JobRecord, event: EventWithout<"log">): JobRecord {
  switch (event.type) {
    case "job-started":
      return { ...job, startedAt: event.at };
    case "job-completed":
      return { ...job, status: "completed", conclusion: event.conclusion, completedAt: event.at };
    case "step-started":
      return withStep(job, {
        number: event.number,
        name: event.step,
        status: "in_progress",
        startedAt: event.at,
      });
    case "step-completed":
      return withStep(job, {
        ...job.steps.find(({ number }) => number === event.number),
        number: event.number,
        name: event.step,
        status: "completed",
        conclusion: event.conclusion,
        completedAt: event.at,
      });
    case "annotation": {
      const { level, title, message } = event;
      const annotation = { level, ...(title === undefined ? {} : { title }), message };
      return { ...job, annotations: [...job.annotations, annotation] };
    }
    case "summary":
      return { ...job, summary: `${job.summary ?? ""}${event.markdown}` };
  }
}

function withStep(job: JobRecord, step: WorkflowStep): JobRecord {
  const others = job.steps.filter(({ number }) => number !== step.number);
  return { ...job, steps: [...others, step].sort((left, right) => left.number - right.number) };
}

/** Jobs keep their place, as it is in their ids. */
function withJob(run: RunRecord, job: JobRecord): RunRecord {
  const known = run.jobs.some(({ name }) => name === job.name);
  const jobs = known ? run.jobs.map((one) => (one.name === job.name ? job : one)) : [...run.jobs, job];
  return { ...run, jobs };
}

/** The run after it ended; what the result says of a job replaces what was seen of it. */
export function afterResult(run: RunRecord, result: WorkflowRunResult, at: number): RunRecord {
  const told = result.jobs.reduce((sum, job) => withJob(sum, { ...job, status: "completed" }), run);
  return ended(told, result.conclusion, at);
}

/** The run when it could not be started at all: GitHub would show nothing, people here are told why. */
export function afterFailedStart(run: RunRecord, message: string, at: number): RunRecord {
  const job: WorkflowJob = {
    name: "start the workflow",
    conclusion: "failure",
    startedAt: run.startedAt ?? at,
    completedAt: at,
    steps: [],
    annotations: [{ level: "failure", title: "The workflow could not be started", message }],
  };
  return ended(withJob(run, { ...job, status: "completed" }), "failure", at);
}

/** The run when nobody works on it any more. */
export function afterCancel(run: RunRecord, at: number): RunRecord {
  return ended(run, "cancelled", at);
}

/** Whatever was still open ends with the run. */
function ended(run: RunRecord, conclusion: "success" | "failure" | "cancelled", at: number): RunRecord {
  const jobs = run.jobs.map((job): JobRecord => {
    const steps = job.steps.map((step) => closed(step, at));
    return job.status === "completed" ? { ...job, steps } : { ...closed(job, at), steps };
  });
  return { ...run, status: "completed", conclusion, updatedAt: at, jobs };
}

function closed<T extends { readonly status: string }>(part: T, at: number): T {
  return part.status === "completed"
    ? part
    : { ...part, status: "completed", conclusion: "cancelled", completedAt: at };
}
