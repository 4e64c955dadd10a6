import type { IncomingMessage, ServerResponse } from "node:http";
import type { Request } from "./chat-server.ts";
import type { Reply } from "./reply.ts";

/** The whole request. */
export async function read(incoming: IncomingMessage): Promise<Request> {
  const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = "GET", headers } = incoming;
  const text = Buffer.concat(chunks).toString("utf8");
  return {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body: parseBody(text),
  };
}

/** As the server does it: a body that cannot be read is an empty one. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Writes the whole answer. */
export function answer(response: ServerResponse, { status, headers, body }: Reply): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/html" : "application/json";
  response
    .writeHead(status, { "content-type": type, "cache-control": "no-store", ...headers })
    .end(status === 204 ? undefined : text);
}
