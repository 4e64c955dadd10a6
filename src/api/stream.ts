import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { SSEStreamingApi } from "hono/streaming";
import type { Incident } from "../core/incident.ts";
import { createRedactor } from "../core/redact.ts";
import { createBoard } from "./board.ts";
import type { Board } from "./board.ts";
import type { ApiDeps } from "./deps.ts";
import { incidentJson } from "./incident-json.ts";
import { problem } from "./problem.ts";

const heartbeatMs = 15_000;
const reconnectMs = 2000;

/**
 * Server-sent events: first every incident as it is now, then every change, `id` being the incident's name and version. With
 * `?include=board` also every build with its stacks and the status, each as `build-changed`, `build-removed` or
 * `status-changed`; the first status comes when everything else has been told.
 *
 * A client that comes back gets everything again, so it cannot miss anything; one that is slow gets only the newest state
 * of each part, so it cannot fill the memory.
 */
export function createStream(deps: ApiDeps): (context: Context) => Response {
  const limit = deps.maxStreams ?? 32;
  const board = createBoard(deps);
  const write = incidentWriter(deps);
  let open = 0;
  return (context) => {
    const include = context.req.query("include");
    if (include !== undefined && include !== "board")
      return problem(context, 400, "Bad request", "include accepts board.");
    if (open >= limit) {
      context.header("retry-after", "10");
      return problem(
        context,
        503,
        "Too many streams",
        `At most ${limit} streams are served at once; close one.`,
      );
    }
    if (context.req.method === "HEAD")
      return context.body(null, 200, { "content-type": "text/event-stream" });
    open += 1;
    return streamSSE(context, async (stream) => {
      try {
        await feed(stream, { deps, write, board: include === undefined ? undefined : board });
      } finally {
        open -= 1;
      }
    });
  };
}

interface Told {
  readonly event: string;
  readonly id?: string;
  readonly data: string;
}

/** An incident is masked once for all streams. */
function incidentWriter(deps: ApiDeps): (event: string, incident: Incident) => Told {
  const redactor = deps.redactor ?? createRedactor();
  const written = new WeakMap<Incident, string>();
  return (event, incident) => {
    const data = written.get(incident) ?? JSON.stringify(redactor.json(incidentJson(incident)));
    written.set(incident, data);
    return { event, id: `${incident.name}/${incident.resourceVersion}`, data };
  };
}

interface Feed {
  readonly deps: ApiDeps;
  readonly write: (event: string, incident: Incident) => Told;
  readonly board: Board | undefined;
}

async function feed(stream: SSEStreamingApi, { deps, write, board }: Feed): Promise<void> {
  const pending = new Map<string, () => Told>();
  const signal = new Signal();
  const queue = (key: string, told: () => Told): void => {
    pending.set(key, told);
    signal.raise();
  };
  const queueIncident = (event: string, incident: Incident): void =>
    queue(`incident ${incident.name}`, () => write(event, incident));
  const stops = [deps.subscribe(({ type, incident }) => queueIncident(type, incident))];
  stream.onAbort(() => signal.raise());
  for (const incident of deps.listIncidents()) queueIncident("incident-changed", incident);
  if (board !== undefined)
    stops.push(
      board.watch((change) =>
        queue(change.event === "status-changed" ? "status" : `build ${change.key}`, () => change),
      ),
    );
  try {
    await stream.write(`retry: ${reconnectMs}\n\n`);
    while (!stream.aborted && !stream.closed) {
      const changes = [...pending.values()];
      pending.clear();
      for (const told of changes) {
        const { event, id, data } = told();
        await stream.writeSSE({ event, data, ...(id === undefined ? {} : { id }) });
      }
      if (pending.size > 0) continue;
      const cancel = deps.clock.after(heartbeatMs, () => signal.raise("beat"));
      const why = await signal.next();
      cancel();
      if (why === "beat") await stream.write(": heartbeat\n\n");
    }
  } finally {
    for (const stop of stops) stop();
  }
}
/** Wakes one waiter; a raise that nobody waits for is kept. */
class Signal {
  #raised: "change" | "beat" | undefined;
  #wake: (() => void) | undefined;

  raise(why: "change" | "beat" = "change"): void {
    this.#raised = why;
    this.#wake?.();
  }

  async next(): Promise<"change" | "beat"> {
    if (this.#raised === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    const why = this.#raised ?? "change";
    this.#raised = undefined;
    this.#wake = undefined;
    return why;
  }
}
