import type { RestEndpointMethodTypes } from "@octokit/rest";
import type {
  Annotation,
  Conclusion,
  RunStatus,
  WorkflowJob,
  WorkflowRun,
  WorkflowStep,
} from "./build-starter.ts";
import { readTitle } from "./run-title.ts";

type Actions = RestEndpointMethodTypes["actions"];
export type RunAnswer = Actions["getWorkflowRun"]["response"]["data"];
export type WorkflowAnswer = Actions["getWorkflow"]["response"]["data"];
export type JobAnswer = Actions["listJobsForWorkflowRun"]["response"]["data"]["jobs"][number];
type StepAnswer = NonNullable<JobAnswer["steps"]>[number];
export type AnnotationAnswer =
  RestEndpointMethodTypes["checks"]["listAnnotations"]["response"]["data"][number];

/** GitHub's run in our words. */
export function readRun(run: RunAnswer): WorkflowRun {
  return {
    id: run.id,
    attempt: run.run_attempt ?? 1,
    title: run.display_title,
    ...progressOf(run.status, run.conclusion),
    createdAt: run.created_at,
    updatedAt: run.updated_at,
    ...(run.run_started_at === undefined ? {} : { startedAt: run.run_started_at }),
    url: run.html_url,
    ...readTitle(run.display_title),
  };
}

export function readJob(job: JobAnswer): WorkflowJob {
  return {
    id: job.id,
    name: job.name,
    ...progressOf(job.status, job.conclusion),
    // GitHub gives a queued job a time too; it means nothing yet.
    ...(job.status === "queued" ? {} : timesOf(job.started_at, job.completed_at)),
    ...(job.html_url === null ? {} : { url: job.html_url }),
    steps: (job.steps ?? []).map(readStep),
  };
}

function readStep(step: StepAnswer): WorkflowStep {
  return {
    number: step.number,
    name: step.name,
    ...progressOf(step.status, step.conclusion),
    ...timesOf(step.started_at, step.completed_at),
  };
}

export function readAnnotation(annotation: AnnotationAnswer): Annotation {
  const { annotation_level: level, title, message } = annotation;
  return {
    level: level === "failure" || level === "warning" ? level : "notice",
    ...(title === null || title === "" ? {} : { title }),
    message: message ?? "",
  };
}

const STATUSES: readonly RunStatus[] = [
  "queued",
  "in_progress",
  "completed",
  "waiting",
  "requested",
  "pending",
];

const CONCLUSIONS: readonly Conclusion[] = [
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required",
  "startup_failure",
  "stale",
];

/** A status that we do not know yet is work that waits; a conclusion that we do not know is no success. */
function progressOf(
  status: string | null,
  conclusion: string | null,
): { readonly status: RunStatus; readonly conclusion?: Conclusion } {
  if (status !== "completed") return { status: STATUSES.find((one) => one === status) ?? "pending" };
  return { status, conclusion: CONCLUSIONS.find((one) => one === conclusion) ?? "failure" };
}

function timesOf(
  startedAt: string | null | undefined,
  completedAt: string | null | undefined,
): { readonly startedAt?: string; readonly completedAt?: string } {
  return {
    ...(startedAt ? { startedAt } : {}),
    ...(completedAt ? { completedAt } : {}),
  };
}
