import type { ActLine } from "./act-line.ts";
import { FollowedJob } from "./followed-job.ts";
import type { WorkflowFile } from "./workflow-file.ts";
import type { WorkflowEvent, WorkflowJob, WorkflowRunResult } from "./workflow-run.ts";

/**
 * Makes jobs, steps and annotations out of act's lines. What act says of a job's end is not believed: it has one result
 * for all jobs of a matrix. A job failed when one of its steps did.
 */
export class FollowedRun {
  readonly #workflow: WorkflowFile;
  readonly #onEvent: (event: WorkflowEvent) => void;
  readonly #jobs = new Map<string, FollowedJob>();
  #cancelled = false;

  constructor(workflow: WorkflowFile, onEvent: (event: WorkflowEvent) => void) {
    this.#workflow = workflow;
    this.#onEvent = onEvent;
  }

  /** The run was told to end: what fails from here on was cancelled. */
  cancel(): void {
    this.#cancelled = true;
    for (const job of this.#jobs.values()) job.cancel();
  }

  take(line: ActLine): void {
    const { job: key, jobID } = line;
    if (key === undefined || jobID === undefined) return;
    let job = this.#jobs.get(key);
    if (job === undefined) {
      job = new FollowedJob(this.#declared(jobID), this.#nameOf(key, line), this.#onEvent);
      this.#jobs.set(key, job);
      job.begin(line.at);
    }
    job.take(line);
  }

  /** The run is over; `exitCode` is act's. */
  end(exitCode: number, now: number): WorkflowRunResult {
    for (const job of this.#jobs.values()) job.end(now);
    const jobs = this.#workflow.jobs.flatMap(({ id, name }): WorkflowJob[] => {
      const seen = [...this.#jobs.values()].filter((job) => job.id === id).map((job) => job.result());
      return seen.length > 0 ? seen : [skipped(name, now)];
    });
    const failed = exitCode !== 0 || jobs.some(({ conclusion }) => conclusion === "failure");
    const conclusion = this.#cancelled ? "cancelled" : failed ? "failure" : "success";
    return { conclusion, jobs };
  }

  #declared(id: string) {
    return this.#workflow.jobs.find((job) => job.id === id) ?? { id, name: id, steps: [] };
  }

  /** act puts the workflow's name before a job's, and a number behind the jobs of a matrix. */
  #nameOf(key: string, { jobID = "", matrix }: ActLine): string {
    const prefix = `${this.#workflow.name}/`;
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    const values = Object.values(matrix);
    if (values.length === 0) return name;
    const plain = name.replace(/-\d+$/, "");
    return plain === jobID ? `${jobID} (${values.map(String).join(", ")})` : plain;
  }
}

function skipped(name: string, now: number): WorkflowJob {
  const times = { startedAt: now, completedAt: now };
  return { name, conclusion: "skipped", ...times, steps: [], annotations: [] };
}
