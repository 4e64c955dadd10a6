import { Hono } from "hono";
import type { Context } from "hono";
import { Phases } from "../core/incident.ts";
import { createRedactor } from "../core/redact.ts";
import { messageOf } from "../lib/medic-error.ts";
import { buildsOf } from "./builds.ts";
import type { ApiDeps } from "./deps.ts";
import { guard } from "./guard.ts";
import { incidentFile } from "./incident-file.ts";
import { incidentJson, newestFirst } from "./incident-json.ts";
import { addPage } from "./pages.ts";
import { problem } from "./problem.ts";
import { statusJson } from "./status-json.ts";
import { createStream } from "./stream.ts";

const defaultLimit = 200;
const mostIncidents = 1000;

/** The HTTP surface: read-only, masked, no way to act through it. */
export function createApi(deps: ApiDeps): Hono {
  const redactor = deps.redactor ?? createRedactor();
  const api = new Hono();
  api.use(guard(deps.host));
  api.get("/healthz", (context) => context.text("ok\n"));
  api.get("/readyz", (context) => {
    const { ready, checks } = deps.ready();
    return context.json(redactor.json({ ready, checks }), ready ? 200 : 503);
  });
  api.get("/metrics", async (context) => {
    const { text, contentType } = await deps.metrics();
    return context.body(text, 200, { "content-type": contentType });
  });
  addPage(api, "dashboard");
  api.get("/api/v1/builds", (context) =>
    context.json(redactor.json({ builds: buildsOf(deps.listStacks(), deps.listIncidents()) })),
  );
  api.get("/api/v1/incidents", (context) => {
    const selected = selectIncidents(context, deps);
    return typeof selected === "string"
      ? problem(context, 400, "Bad request", selected)
      : context.json(redactor.json({ incidents: selected.map(incidentJson) }));
  });
  api.get("/api/v1/incidents/:name", async (context) => {
    const name = context.req.param("name");
    const incident = deps.listIncidents().find((candidate) => candidate.name === name);
    if (incident === undefined) {
      return problem(
        context,
        404,
        "Not found",
        `There is no incident ${JSON.stringify(redactor.text(name))}; /api/v1/incidents lists them.`,
      );
    }
    const without = context.req.query("transcript");
    return without === undefined || without === "no"
      ? context.json(redactor.json(await incidentFile(incident, { deps, raw: without === undefined })))
      : problem(context, 400, "Bad request", "transcript accepts no, which leaves the raw messages out.");
  });
  api.get("/api/v1/status", (context) =>
    context.json(redactor.json(statusJson(deps, buildsOf(deps.listStacks(), deps.listIncidents())))),
  );
  api.get("/api/v1/stream", createStream(deps));
  api.notFound((context) =>
    problem(context, 404, "Not found", "There is nothing here; the API is under /api/v1."),
  );
  api.onError((error, context) => {
    deps.log?.error("http request failed", { path: context.req.path, error: messageOf(error) });
    return problem(context, 500, "Internal error", "The request failed; the log says why.");
  });
  return api;
}

/** The incidents a query asks for, newest first, or what is wrong with the query. */
function selectIncidents(context: Context, deps: ApiDeps): ReturnType<ApiDeps["listIncidents"]> | string {
  const { phase, namespace, runId, limit } = context.req.query();
  const phases = phase?.split(",");
  const unknown = phases?.find((name) => !Phases.some((known) => known === name));
  if (unknown !== undefined) return `phase accepts ${Phases.join(", ")}, one or several with commas between.`;
  const most = limit === undefined ? defaultLimit : Number(limit);
  if (!Number.isInteger(most) || most < 1 || most > mostIncidents)
    return `limit accepts a whole number from 1 to ${mostIncidents}.`;
  return newestFirst(deps.listIncidents())
    .filter(({ status }) => phases === undefined || phases.includes(status.phase))
    .filter(({ spec }) => namespace === undefined || spec.namespace === namespace)
    .filter(({ spec }) => runId === undefined || spec.runId === runId)
    .slice(0, most);
}
