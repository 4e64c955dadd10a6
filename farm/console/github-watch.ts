import type { BuildStarter, WorkflowJob } from "../github/build-starter.ts";
import { GitHubError } from "../github/github-error.ts";
import type { Board } from "./board.ts";
import { buildId } from "./build-facts.ts";
import type { BuildFacts } from "./build-facts.ts";
import type { Nudge } from "./nudge.ts";

export interface GitHubWatch {
  /** Why GitHub is not seen, one sentence. */
  problem(): string | undefined;
  /** Ends when aborted; rejects only for a bug. */
  readonly ended: Promise<void>;
}

export interface GitHubWatchOptions {
  readonly starter: BuildStarter;
  readonly board: Board;
  /** Cuts a wait short after a build was started or cancelled. */
  readonly nudge: Nudge;
  readonly signal: AbortSignal;
  /** Called after every round. */
  readonly onRound: () => void;
  /** How long to wait between two rounds while so many builds are under way. */
  readonly paceMs: (active: number) => number;
}

const RUNS = 30;

/** GitHub allows 5000 requests an hour: some 3000 of them are ours, one a round and one for each build under way. */
export function gitHubPaceMs(active: number): number {
  return Math.max(active === 0 ? 10_000 : 3000, (1 + active) * 1200);
}

/** Follows the runs of the workflow, and jobs and annotations of those under way. */
export function watchGitHub(options: GitHubWatchOptions): GitHubWatch {
  const watch = { problem: undefined as string | undefined };
  return { problem: () => watch.problem, ended: follow(options, watch) };
}

async function follow(options: GitHubWatchOptions, watch: { problem: string | undefined }): Promise<void> {
  const { board, nudge, signal, onRound, paceMs } = options;
  while (!signal.aborted) {
    let pauseMs = 0;
    try {
      await round(options);
      watch.problem = undefined;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof GitHubError)) throw error;
      watch.problem = error.message;
      pauseMs = (error.retryAfterSeconds ?? 5) * 1000;
    }
    onRound();
    const active = board.facts().filter(isUnderWay).length;
    await nudge.wait(Math.max(paceMs(active), pauseMs), signal);
  }
}

async function round({ starter, board, signal }: GitHubWatchOptions): Promise<void> {
  const open = board.facts().filter(needsJobs);
  board.takeRuns(await starter.runs(RUNS, { signal }));
  const builds = board.facts().filter((facts) => needsJobs(facts) || open.some((one) => same(one, facts)));
  for (const facts of builds) {
    const id = buildId(facts.run);
    const jobs = await starter.jobs(facts.run.id, { signal });
    board.takeJobs(id, jobs);
    for (const job of jobs.filter((one) => needsAnnotations(one, board.get(id)))) {
      board.takeAnnotations(id, job.id, await starter.annotations(job.id, { signal }));
    }
  }
}

function isUnderWay({ run }: BuildFacts): boolean {
  return run.status !== "completed";
}

/** Also of a run that is over already when it is first seen, or whose last jobs were not seen ending. */
function needsJobs({ run, jobs }: BuildFacts): boolean {
  return run.status !== "completed" || jobs.length === 0 || jobs.some(({ status }) => status !== "completed");
}

function needsAnnotations({ id, status, conclusion }: WorkflowJob, facts: BuildFacts | undefined): boolean {
  return status === "completed" && conclusion === "failure" && facts?.annotations[id] === undefined;
}

function same(left: BuildFacts, right: BuildFacts): boolean {
  return buildId(left.run) === buildId(right.run);
}
