import { Hono } from "hono";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { dispatchRoute } from "./dispatch-route.ts";
import type { DispatchDeps } from "./dispatch-route.ts";
import { guard, notFound, refuse } from "./guard.ts";
import type { RunRecord } from "./run-record.ts";
import type { RunStore } from "./run-store.ts";
import type { Runs } from "./runs.ts";
import { annotationShape, jobShape, placeOf, runShape, workflowId, workflowShape } from "./shapes.ts";
import { pageOf, selectRuns } from "./select-runs.ts";
import { findWorkflow } from "./workflow-file.ts";

export interface RouteDeps extends DispatchDeps {
  readonly token: string;
  readonly store: RunStore;
  readonly runs: Runs;
}

const MOST_BYTES = 100_000;
const REPOSITORY = "/repos/:owner/:repo";
const ACTIONS = `${REPOSITORY}/actions`;

/** The part of GitHub's REST API that is used here, under the same paths and with the same shapes. */
export function createRoutes(deps: RouteDeps): Hono {
  const { repository, store, runs } = deps;
  const app = new Hono();
  app.use(guard(deps.token));
  app.use(
    bodyLimit({ maxSize: MOST_BYTES, onError: (context) => refuse(context, 413, "Payload too large") }),
  );
  app.use(`${REPOSITORY}/*`, async (context, next) => {
    const { owner, repo } = context.req.param();
    if (!isSame(owner, repository.owner) || !isSame(repo, repository.repo)) return notFound(context);
    await next();
  });

  app.get(`${ACTIONS}/workflows/:workflow`, async (context) => {
    const workflow = await findWorkflow(deps.workflows, context.req.param("workflow"), workflowId);
    return workflow === undefined ? notFound(context) : context.json(workflowShape(workflow, repository));
  });
  app.post(`${ACTIONS}/workflows/:workflow/dispatches`, async (context) => dispatchRoute(context, deps));
  app.get(`${ACTIONS}/workflows/:workflow/runs`, async (context) => {
    const workflow = await findWorkflow(deps.workflows, context.req.param("workflow"), workflowId);
    if (workflow === undefined) return notFound(context);
    const own = store.list().filter((run) => run.workflow === workflow.file);
    const chosen = selectRuns(own, context.req.query(), repository.branch);
    if (typeof chosen === "string") return refuse(context, 422, chosen);
    return context.json({
      total_count: chosen.length,
      workflow_runs: pageOf(chosen, context.req.query()).map((run) => runShape(run, repository)),
    });
  });
  app.get(`${ACTIONS}/runs/:run`, (context) => {
    const run = runOf(context);
    return run === undefined ? notFound(context) : context.json(runShape(run, repository));
  });
  app.get(`${ACTIONS}/runs/:run/jobs`, (context) => {
    const run = runOf(context);
    if (run === undefined) return notFound(context);
    const jobs = run.jobs.flatMap((_, index) => jobShape(run, index, repository) ?? []);
    return context.json({ total_count: jobs.length, jobs: pageOf(jobs, context.req.query()) });
  });
  app.post(`${ACTIONS}/runs/:run/cancel`, (context) => {
    const run = runOf(context);
    if (run === undefined) return notFound(context);
    return runs.cancel(run)
      ? context.json({}, 202)
      : refuse(context, 409, "Cannot cancel a workflow run that is completed.");
  });
  app.get(`${ACTIONS}/jobs/:job/logs`, (context) => {
    const place = jobOf(context);
    // GitHub has no log of a job before it has ended.
    if (place?.run.jobs[place.index]?.status !== "completed") return notFound(context);
    return context.redirect(`${repository.baseUrl}${context.req.path}/content`, 302);
  });
  app.get(`${ACTIONS}/jobs/:job/logs/content`, (context) => {
    const place = jobOf(context);
    return place === undefined ? notFound(context) : context.text(store.jobLog(place.run.id, place.index));
  });
  app.get(`${REPOSITORY}/check-runs/:job/annotations`, (context) => {
    const place = jobOf(context);
    if (place === undefined) return notFound(context);
    const annotations = place.run.jobs[place.index]?.annotations ?? [];
    return context.json(
      pageOf(annotations, context.req.query()).map((one) => annotationShape(one, place.run, repository)),
    );
  });
  app.notFound(notFound);
  app.onError((_, context) => refuse(context, 500, "Server Error"));
  return app;

  function runOf(context: Context): RunRecord | undefined {
    const id = idOf(context.req.param("run"));
    return id === undefined ? undefined : store.get(id);
  }

  function jobOf(context: Context): { readonly run: RunRecord; readonly index: number } | undefined {
    const id = idOf(context.req.param("job"));
    if (id === undefined) return undefined;
    const { runId, index } = placeOf(id);
    const run = store.get(runId);
    return run?.jobs[index] === undefined ? undefined : { run, index };
  }
}

function idOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}

/** Names of GitHub do not care about case. */
function isSame(left: string | undefined, right: string): boolean {
  return left?.toLowerCase() === right.toLowerCase();
}
