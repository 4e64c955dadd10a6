import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { SSEStreamingApi } from "hono/streaming";
import { problem } from "../../src/api/problem.ts";
import type { Redactor } from "../../src/core/redact.ts";
import { createNudge } from "./nudge.ts";
import type { Nudge } from "./nudge.ts";

/** One thing to send; a newer one with the same key takes the place of one that is not sent yet. */
export interface Piece {
  readonly event: "build" | "gone" | "farm" | "complete";
  readonly key: string;
  readonly data: unknown;
}

export interface StreamSource {
  /** Everything as it is now. */
  all(): readonly Piece[];
  subscribe(listener: (piece: Piece) => void): () => void;
  readonly redactor: Redactor;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

const HEARTBEAT_MS = 10_000;
const RECONNECT_MS = 1500;
const MOST_STREAMS = 32;

/** Server-sent events: everything, then "complete", then every change. One that is slow gets only the newest of each. */
export function createStream(source: StreamSource): (context: Context) => Response {
  let open = 0;
  return (context) => {
    if (open >= MOST_STREAMS) {
      context.header("retry-after", "10");
      const detail = `At most ${MOST_STREAMS} pages are served at once; close one.`;
      return problem(context, 503, "Too many streams", detail);
    }
    if (context.req.method === "HEAD")
      return context.body(null, 200, { "content-type": "text/event-stream" });
    open += 1;
    return streamSSE(context, async (stream) => {
      try {
        await feed(stream, source);
      } finally {
        open -= 1;
      }
    });
  };
}

async function feed(stream: SSEStreamingApi, source: StreamSource): Promise<void> {
  const pending = new Map<string, Piece>();
  const changed = createNudge();
  const unsubscribe = source.subscribe((piece) => {
    pending.delete(piece.key);
    pending.set(piece.key, piece);
    changed.nudge();
  });
  const stop = new AbortController();
  stream.onAbort(() => stop.abort());
  const signal = AbortSignal.any([source.signal, stop.signal]);
  try {
    await stream.write(`retry: ${RECONNECT_MS}\n\n`);
    for (const piece of source.all()) await send(stream, piece, source.redactor);
    await send(stream, { event: "complete", key: "complete", data: {} }, source.redactor);
    while (!signal.aborted && !stream.closed) await feedOnce(stream, { pending, changed, source, signal });
  } finally {
    unsubscribe();
  }
}

interface Feeding {
  readonly pending: Map<string, Piece>;
  readonly changed: Nudge;
  readonly source: StreamSource;
  readonly signal: AbortSignal;
}

async function feedOnce(stream: SSEStreamingApi, feeding: Feeding): Promise<void> {
  const { pending, changed, source, signal } = feeding;
  if (pending.size === 0) {
    await changed.wait(HEARTBEAT_MS, signal);
    if (pending.size === 0 && !signal.aborted) await stream.write(": heartbeat\n\n");
  }
  const pieces = [...pending.values()];
  pending.clear();
  for (const piece of pieces) await send(stream, piece, source.redactor);
}

async function send(stream: SSEStreamingApi, { event, data }: Piece, redactor: Redactor): Promise<void> {
  await stream.writeSSE({ event, data: JSON.stringify(redactor.json(data)) });
}
