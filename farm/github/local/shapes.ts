import { createHash } from "node:crypto";
import type { WorkflowAnnotation, WorkflowStep } from "../../workflow/workflow-run.ts";
import type { AnnotationAnswer, JobAnswer, RunAnswer, WorkflowAnswer } from "../read-answers.ts";
import { apiUrl, repositoryShape, userShape } from "./repository-shape.ts";
import type { Repository } from "./repository-shape.ts";
import type { JobRecord, RunRecord } from "./run-record.ts";
import type { WorkflowFile } from "./workflow-file.ts";

const JOBS_PER_RUN = 1000;

/** A job's id holds its run and its place in it. */
function jobId(run: RunRecord, index: number): number {
  return run.id * JOBS_PER_RUN + index + 1;
}

export function placeOf(id: number): { readonly runId: number; readonly index: number } {
  return { runId: Math.floor(id / JOBS_PER_RUN), index: (id % JOBS_PER_RUN) - 1 };
}

/** The same number for the same file for good. */
export function workflowId(file: string): number {
  return createHash("sha256").update(file).digest().readUInt32BE() >>> 1;
}

export function pageOf(repository: Repository, runId: number): string {
  return `${apiUrl(repository)}/actions/runs/${runId}`;
}

export function workflowShape(workflow: WorkflowFile, repository: Repository): WorkflowAnswer {
  const id = workflowId(workflow.file);
  const url = `${apiUrl(repository)}/actions/workflows/${id}`;
  return {
    id,
    node_id: `local-workflow-${id}`,
    name: workflow.name,
    path: `.github/workflows/${workflow.file}`,
    state: "active",
    created_at: stamp(workflow.changedAt),
    updated_at: stamp(workflow.changedAt),
    url,
    html_url: url,
    badge_url: `${url}/badge.svg`,
  };
}

export function runShape(run: RunRecord, repository: Repository): RunAnswer {
  const url = `${apiUrl(repository)}/actions/runs/${run.id}`;
  const account = userShape(repository);
  const id = workflowId(run.workflow);
  return {
    id: run.id,
    node_id: `local-run-${run.id}`,
    name: run.workflowName,
    display_title: run.title,
    head_branch: repository.branch,
    head_sha: run.sha,
    head_commit: null,
    path: `.github/workflows/${run.workflow}`,
    run_number: run.number,
    run_attempt: 1,
    event: "workflow_dispatch",
    status: run.status,
    conclusion: run.conclusion ?? null,
    workflow_id: id,
    check_suite_id: run.id,
    check_suite_node_id: `local-suite-${run.id}`,
    pull_requests: [],
    referenced_workflows: [],
    previous_attempt_url: null,
    created_at: stamp(run.createdAt),
    updated_at: stamp(run.updatedAt),
    run_started_at: stamp(run.startedAt ?? run.createdAt),
    actor: account,
    triggering_actor: account,
    url,
    html_url: pageOf(repository, run.id),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${apiUrl(repository)}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${apiUrl(repository)}/actions/workflows/${id}`,
    repository: repositoryShape(repository),
    head_repository: repositoryShape(repository),
  };
}

export function jobShape(run: RunRecord, index: number, repository: Repository): JobAnswer | undefined {
  const job = run.jobs[index];
  if (job === undefined) return undefined;
  const id = jobId(run, index);
  const runUrl = `${apiUrl(repository)}/actions/runs/${run.id}`;
  return {
    id,
    node_id: `local-job-${id}`,
    run_id: run.id,
    run_attempt: 1,
    run_url: runUrl,
    head_sha: run.sha,
    head_branch: repository.branch,
    workflow_name: run.workflowName,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion ?? null,
    created_at: stamp(job.startedAt),
    started_at: stamp(job.startedAt),
    completed_at: completion(job),
    steps: job.steps.map(stepShape),
    labels: ["farm-runners"],
    runner_id: 1,
    runner_name: "local",
    runner_group_id: 1,
    runner_group_name: "Default",
    url: `${apiUrl(repository)}/actions/jobs/${id}`,
    html_url: `${runUrl}/job/${id}`,
    check_run_url: `${apiUrl(repository)}/check-runs/${id}`,
  };
}

function stepShape(step: WorkflowStep): NonNullable<JobAnswer["steps"]>[number] {
  return {
    number: step.number,
    name: step.name,
    status: step.status,
    conclusion: step.conclusion ?? null,
    started_at: step.startedAt === undefined ? null : stamp(step.startedAt),
    completed_at: completion(step),
  };
}

export function annotationShape(
  annotation: WorkflowAnnotation,
  run: RunRecord,
  repository: Repository,
): AnnotationAnswer {
  return {
    path: ".github",
    blob_href: `${apiUrl(repository)}/blob/${run.sha}/.github`,
    start_line: 1,
    end_line: 1,
    start_column: null,
    end_column: null,
    annotation_level: annotation.level,
    title: annotation.title ?? "",
    message: annotation.message,
    raw_details: null,
  };
}

function completion({ completedAt }: JobRecord | WorkflowStep): string | null {
  return completedAt === undefined ? null : stamp(completedAt);
}

/** GitHub's times are whole seconds. */
function stamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}
