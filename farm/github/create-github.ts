import { Octokit } from "@octokit/rest";
import type { BuildRequest, BuildStarter } from "./build-starter.ts";
import { explain } from "./explain.ts";
import { findRun } from "./find-run.ts";
import { GitHubError } from "./github-error.ts";
import { readAnnotation, readJob, readRun } from "./read-answers.ts";
import type { RunAnswer } from "./read-answers.ts";
import type { GitHubSettings } from "./settings.ts";

export interface GitHubOptions {
  /** No answer for so long is none. */
  readonly timeoutMs?: number;
  /** How often, and for how long, a run is looked for where the dispatch did not name it. */
  readonly lookEveryMs?: number;
  readonly lookForMs?: number;
  readonly now?: () => number;
}

/** With 200 the answer names the run; with 204 there is no body. Octokit's types know the latter alone. */
interface DispatchAnswer {
  readonly data: { readonly workflow_run_id: number; readonly html_url: string } | undefined;
  readonly headers: { readonly date?: string };
}

interface Common {
  readonly owner: string;
  readonly repo: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: { readonly signal: AbortSignal };
}

/** The version of the REST API that these calls were checked against. */
const API_VERSION = "2022-11-28";
const PAGE = 100;

/** Starts and watches builds at GitHub, real or local: only the settings differ. */
export function createGitHub(settings: GitHubSettings, options: GitHubOptions = {}): BuildStarter {
  const { owner, repo, workflow, ref } = settings;
  const now = options.now ?? Date.now;
  const octokit = new Octokit({
    auth: settings.token,
    baseUrl: settings.baseUrl,
    userAgent: "build-medic",
    // Octokit's own log names addresses and deprecations; every error is told once, by whoever called.
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  const { actions, checks } = octokit.rest;
  const claimed = new Set<number>();

  /** Makes a call with the parameters that every one has; whatever it throws becomes one sentence. */
  async function attempt<T>(
    doing: string,
    signal: AbortSignal | undefined,
    call: (common: Common) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
    try {
      return await call({
        owner,
        repo,
        headers: { "x-github-api-version": API_VERSION },
        request: { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) },
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw explain(error, { doing, settings, now });
    }
  }

  async function listRuns(limit: number, signal?: AbortSignal): Promise<readonly RunAnswer[]> {
    return attempt("list the builds", signal, async (common) => {
      const { data } = await actions.listWorkflowRuns({
        ...common,
        workflow_id: workflow,
        event: "workflow_dispatch",
        per_page: Math.max(1, Math.min(limit, PAGE)),
      });
      return data.workflow_runs;
    });
  }

  async function dispatch(request: BuildRequest, signal?: AbortSignal): Promise<DispatchAnswer> {
    return attempt("start a build", signal, async (common) =>
      actions.createWorkflowDispatch({
        ...common,
        workflow_id: workflow,
        ref,
        inputs: inputsOf(request),
        return_run_details: true,
      }),
    );
  }

  return {
    workflow: async ({ signal } = {}) =>
      attempt(`find the workflow ${workflow}`, signal, async (common) => {
        const { data } = await actions.getWorkflow({ ...common, workflow_id: workflow });
        return { name: data.name, url: data.html_url };
      }),
    dispatch: async (request, { signal } = {}) => {
      const { data: run, headers } = await dispatch(request, signal);
      if (run?.workflow_run_id !== undefined) {
        claimed.add(run.workflow_run_id);
        return { runId: run.workflow_run_id, url: run.html_url };
      }
      return findRun(async () => listRuns(20, signal), {
        request,
        since: Date.parse(headers.date ?? "") || now(),
        claimed,
        everyMs: options.lookEveryMs ?? 1000,
        forMs: options.lookForMs ?? 20_000,
        signal,
      });
    },
    runs: async (limit, { signal } = {}) => (await listRuns(limit, signal)).map(readRun),
    run: async (runId, { signal } = {}) =>
      attempt(`read build ${runId}`, signal, async (common) =>
        readRun((await actions.getWorkflowRun({ ...common, run_id: runId })).data),
      ),
    jobs: async (runId, { signal } = {}) =>
      attempt(`list the jobs of build ${runId}`, signal, async (common) => {
        const query = { ...common, run_id: runId, filter: "latest", per_page: PAGE } as const;
        return (await actions.listJobsForWorkflowRun(query)).data.jobs.map(readJob);
      }),
    annotations: async (jobId, { signal } = {}) =>
      attempt(`read the annotations of job ${jobId}`, signal, async (common) => {
        const query = { ...common, check_run_id: jobId, per_page: PAGE };
        return (await checks.listAnnotations(query)).data.map(readAnnotation);
      }).catch(noneWhereForbidden),
    log: async (jobId, { signal } = {}) =>
      attempt(`read the log of job ${jobId}`, signal, async (common) =>
        textOf((await actions.downloadJobLogsForWorkflowRun({ ...common, job_id: jobId })).data),
      ),
    cancel: async (runId, { signal } = {}) =>
      attempt(`cancel build ${runId}`, signal, async (common) => {
        await actions.cancelWorkflowRun({ ...common, run_id: runId });
      }),
  };
}

/** GitHub takes strings; what is left out gets the workflow's default. */
function inputsOf({ mode, medic, clients, target, seed, timeout }: BuildRequest): Record<string, string> {
  const optional = Object.entries({ clients, target, seed, timeout }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return { mode, medic: String(medic), ...Object.fromEntries(optional) };
}

/** They are of another API, with a permission of its own; a build is followed without them as well. */
function noneWhereForbidden(error: unknown): readonly [] {
  if (error instanceof GitHubError && error.problem === "forbidden") return [];
  throw error;
}

function textOf(data: unknown): string {
  return data instanceof ArrayBuffer ? new TextDecoder().decode(data) : String(data);
}

function ignore(): void {
  // Nothing to do.
}
