import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dialectOf, type Dialect } from "./dialect.ts";
import type { Block, ModelReply, ModelRequest, ModelRequestBody } from "./model-request.ts";
import { answerTo, eventsOf, messageOf } from "./stream-events.ts";
import { createUsageEstimate } from "./usage.ts";

export type { Block, ModelReply, ModelRequest, ModelRequestBody } from "./model-request.ts";

/** A loopback server that plays the model's API to the real SDK: the rehearsal. No model is behind it. */
export interface MessagesApi {
  readonly url: string;
  /** What was asked of the model so far. */
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

type Respond = (request: ModelRequest, index: number) => ModelReply | Promise<ModelReply>;

/** Starts the rehearsal on 127.0.0.1, or on the farm's own bridge (`host`) for a medic in a pod; `respond` is asked what the model answers to each request. */
export async function startMessagesApi(options: {
  readonly respond: Respond;
  readonly port?: number;
  readonly host?: string;
}): Promise<MessagesApi> {
  const requests: ModelRequest[] = [];
  const estimate = createUsageEstimate();
  const server = createServer((incoming, response) => {
    // The client may be gone, or killed in the middle: there is nobody to tell.
    response.on("error", () => {});
    void serve(incoming, response).catch(() => response.destroy());
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(incoming);
    const path = incoming.url ?? "/";
    const dialect = incoming.method === "POST" ? dialectOf(path) : undefined;
    if (dialect === undefined) return answerOther(incoming, response);
    const body = parse(text, dialect);
    if (body === undefined) return sendError(response, invalid("The body is no JSON object."));
    const request = { path, headers: flat(incoming), body };
    const index = requests.push(request) - 1;
    const reply = await replyOf(options.respond, request, index);
    send(response, reply, { body, dialect, serial: index + 1, usage: estimate(body, contentOf(reply)) });
  }

  const host = options.host ?? "127.0.0.1";
  const port = await listen(server, options.port ?? 0, host);
  return { url: `http://${host}:${port}`, requests, close: () => close(server) };
}

interface Asked {
  readonly body: ModelRequestBody;
  readonly dialect: Dialect;
  readonly serial: number;
  readonly usage: ReturnType<ReturnType<typeof createUsageEstimate>>;
}

function send(response: ServerResponse, reply: ModelReply, asked: Asked): void {
  if (reply.kind === "hang") return;
  if (reply.kind === "error") return sendError(response, reply);
  response.setHeader("request-id", `req_rehearsal_${asked.serial}`);
  if (reply.kind === "raw") {
    response.writeHead(reply.status, { "content-type": reply.contentType }).end(reply.body);
    return;
  }
  const given = reply.kind === "message" ? reply.usage : undefined;
  const usage = { ...(given === undefined ? asked.usage : noTokens), ...given };
  const answer = answerTo(asked.body, reply, { serial: asked.serial, usage });
  const half = reply.kind === "half";
  if (!asked.body.stream) return sendWhole(response, JSON.stringify(messageOf(answer)), half);
  response.writeHead(200, { "content-type": asked.dialect.contentType, "cache-control": "no-cache" });
  const frames = eventsOf(answer, half).map((event) => Buffer.from(asked.dialect.frame(event)));
  if (!half) {
    response.end(Buffer.concat(frames));
    return;
  }
  // The reset must not overtake what was written before it.
  response.write(Buffer.concat(frames), () => setImmediate(() => response.destroy()));
}

const noTokens = {
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};

function sendWhole(response: ServerResponse, text: string, half: boolean): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  if (half) response.write(text.slice(0, text.length / 2), () => setImmediate(() => response.destroy()));
  else response.end(text);
}

type ErrorReply = Extract<ModelReply, { kind: "error" }>;

function invalid(message: string): ErrorReply {
  return { kind: "error", status: 400, type: "invalid_request_error", message };
}

function sendError(response: ServerResponse, { status, type, message, headers }: ErrorReply): void {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify({ type: "error", error: { type, message }, message }));
}

/** Bedrock's clients list the inference profiles at start. Nothing else exists here. */
function answerOther(incoming: IncomingMessage, response: ServerResponse): void {
  if (incoming.method === "GET" && incoming.url?.startsWith("/inference-profiles") === true) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ inferenceProfileSummaries: [] }));
    return;
  }
  sendError(response, { kind: "error", status: 404, type: "not_found_error", message: "Not found" });
}

async function replyOf(respond: Respond, request: ModelRequest, index: number): Promise<ModelReply> {
  try {
    return await respond(request, index);
  } catch (error) {
    return {
      kind: "error",
      status: 500,
      type: "api_error",
      message: `The rehearsal failed: ${String(error)}`,
    };
  }
}

function contentOf(reply: ModelReply): readonly Block[] {
  return reply.kind === "message" || reply.kind === "half" ? reply.content : [];
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string, dialect: Dialect): ModelRequestBody | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== "object" || body === null) return undefined;
  const { model, stream } = dialect;
  return {
    tools: [],
    messages: [],
    max_tokens: 0,
    model: "",
    ...body,
    stream: stream ?? ("stream" in body && body.stream === true),
    ...(model === undefined ? {} : { model }),
  };
}

function flat(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]),
  );
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
