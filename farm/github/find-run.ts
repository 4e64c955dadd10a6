import { poll } from "../build/sleep.ts";
import type { BuildRequest } from "./build-starter.ts";
import { GitHubError } from "./github-error.ts";
import { fits } from "./run-title.ts";

interface Candidate {
  readonly id: number;
  readonly created_at: string;
  readonly display_title: string;
  readonly html_url: string;
}

export interface Search {
  readonly request: BuildRequest;
  /** When the dispatch was answered, by GitHub's clock. */
  readonly since: number;
  /** Runs that are another dispatch's already; what is found is added. */
  readonly claimed: Set<number>;
  readonly everyMs: number;
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Times of runs are whole seconds, and a run may be stamped a moment before the dispatch is answered. */
const SLACK_MS = 2000;

/**
 * Looks for the run of a dispatch that was answered without a run id: the oldest new one that fits and that nobody has.
 * When two people start the very same build in the same seconds it may be the other's, which is no worse a match.
 */
export async function findRun(
  list: () => Promise<readonly Candidate[]>,
  search: Search,
): Promise<{ readonly runId: number; readonly url: string }> {
  const found = await poll(async () => {
    const fitting = (await list()).filter((run) => isCandidate(run, search));
    return fitting.sort((left, right) => left.id - right.id)[0];
  }, search);
  if (found === undefined) {
    throw new GitHubError(
      "unknown-run",
      "GitHub took the build but its run did not appear in time; look at the repository's Actions page before starting it again.",
    );
  }
  search.claimed.add(found.id);
  return { runId: found.id, url: found.html_url };
}

function isCandidate(run: Candidate, { request, since, claimed }: Search): boolean {
  return (
    !claimed.has(run.id) && Date.parse(run.created_at) >= since - SLACK_MS && fits(run.display_title, request)
  );
}
