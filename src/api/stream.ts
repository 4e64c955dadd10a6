import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { SSEStreamingApi } from "hono/streaming";
import { createRedactor } from "../core/redact.ts";
import type { ApiDeps, IncidentChange } from "./deps.ts";
import { incidentJson } from "./incident-json.ts";
import { problem } from "./problem.ts";

const heartbeatMs = 15_000;
const reconnectMs = 2000;

/**
 * Server-sent events: first every incident as it is now, then every change, `id` being the incident's name and version.
 * A client that comes back gets everything again, so it cannot miss anything; one that is slow gets only the newest state
 * of each incident, so it cannot fill the memory.
 */
export function createStream(deps: ApiDeps): (context: Context) => Response {
  const limit = deps.maxStreams ?? 32;
  let open = 0;
  return (context) => {
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
        await feed(stream, deps);
      } finally {
        open -= 1;
      }
    });
  };
}

async function feed(stream: SSEStreamingApi, deps: ApiDeps): Promise<void> {
  const redactor = deps.redactor ?? createRedactor();
  const pending = new Map<string, IncidentChange>();
  const signal = new Signal();
  const queue = (change: IncidentChange): void => {
    pending.set(change.incident.name, change);
    signal.raise();
  };
  const unsubscribe = deps.subscribe(queue);
  stream.onAbort(() => signal.raise());
  for (const incident of deps.listIncidents()) queue({ type: "incident-changed", incident });
  try {
    await stream.write(`retry: ${reconnectMs}\n\n`);
    while (!stream.aborted && !stream.closed) {
      const changes = [...pending.values()];
      pending.clear();
      for (const { type, incident } of changes) {
        const data = JSON.stringify(redactor.json(incidentJson(incident)));
        await stream.writeSSE({ event: type, id: `${incident.name}/${incident.resourceVersion}`, data });
      }
      if (pending.size > 0) continue;
      const cancel = deps.clock.after(heartbeatMs, () => signal.raise("beat"));
      const why = await signal.next();
      cancel();
      if (why === "beat") await stream.write(": heartbeat\n\n");
    }
  } finally {
    unsubscribe();
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
