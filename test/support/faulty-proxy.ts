import { readFile, writeFile } from "node:fs/promises";
import { createServer, Agent, request } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { issueCertificate } from "../../farm/cluster/certificates.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";

/**
 * What is to go wrong. `status`: the proxy itself answers so. `error-event`: a watch is accepted and told of an error.
 * `cut`: the connection breaks after so long. `break-line`: a watch breaks in the middle of an event. `garbage`: a line
 * that is no JSON comes before the next event. `end`: a watch ends properly after so long. `silent`: nothing comes through any more,
 * the connection stays. `refuse`: connections are not accepted. `lose-answer`: the request reaches the API server,
 * its answer never arrives. `trickle`: the answer comes in pieces of a few bytes. `slow`: the request is passed on after so long.
 */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: "error-event"; readonly code: number }
  | { readonly kind: "cut" | "end" | "slow"; readonly afterMs: number }
  | { readonly kind: "break-line" | "garbage" | "silent" | "refuse" | "lose-answer" | "trickle" };

/** Which requests a fault is for; everything unless told. */
export interface Aim {
  readonly on?: "watch" | "list" | "write" | "any";
  /** Only paths that contain this. */
  readonly path?: string;
  /** It goes away after so many requests. */
  readonly times?: number;
}

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly kind: "watch" | "list" | "write" | "get";
}

interface Exchange {
  readonly seen: SeenRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
  fault: Fault | undefined;
}

interface ActiveFault {
  readonly fault: Fault;
  readonly aim: Aim;
  left: number;
}

/** A TLS-terminating proxy in front of a real API server, in which things can be made to go wrong. */
export class FaultyProxy {
  #target: ApiAccess;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<Exchange>();
  #faults: ActiveFault[] = [];
  readonly requests: SeenRequest[] = [];
  url = "";
  kubeconfig = "";

  constructor(target: ApiAccess, certificate: { readonly cert: string; readonly key: string }) {
    this.#target = target;
    this.#server = createServer({ cert: certificate.cert, key: certificate.key, keepAliveTimeout: 60_000 });
    this.#server.on("connection", (socket: Socket) => {
      if (this.#faults.some(({ fault }) => fault.kind === "refuse")) socket.destroy();
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("tlsClientError", () => undefined);
    this.#server.on("request", (incoming, response) => this.#handle(incoming, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Makes something go wrong from now on, also for watches that are open; returns how to end it. */
  inject(fault: Fault, aim: Aim = {}): () => void {
    const active: ActiveFault = { fault, aim, left: aim.times ?? Infinity };
    this.#faults.push(active);
    if (fault.kind === "refuse") this.dropConnections();
    for (const exchange of this.#exchanges) {
      if (active.left <= 0 || !isFor(aim, exchange.seen)) continue;
      active.left -= 1;
      this.#afflict(exchange, fault);
    }
    return () => {
      this.#faults = this.#faults.filter((other) => other !== active);
    };
  }

  /** Everything works again; connections that were broken or silenced stay so. */
  clear(): void {
    this.#faults = [];
  }

  /** Breaks every connection that is open now. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on requests go to another API server; connections that are open break. */
  retarget(target: ApiAccess): void {
    this.#target = target;
    this.dropConnections();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(incoming: IncomingMessage, response: ServerResponse): void {
    const seen = seenRequest(incoming);
    this.requests.push(seen);
    const exchange: Exchange = { seen, response, socket: incoming.socket, fault: undefined };
    this.#exchanges.add(exchange);
    response.on("close", () => this.#exchanges.delete(exchange));
    const active = this.#faults.find(({ aim, left }) => left > 0 && isFor(aim, seen));
    if (active !== undefined) {
      active.left -= 1;
      if (this.#answer(exchange, active.fault)) return;
      this.#afflict(exchange, active.fault);
    }
    if (exchange.fault?.kind !== "slow") return this.#forward(incoming, exchange);
    setTimeout(() => {
      if (!response.destroyed) this.#forward(incoming, exchange);
    }, exchange.fault.afterMs);
  }

  /** True when the proxy answered by itself. */
  #answer({ response, seen }: Exchange, fault: Fault): boolean {
    if (fault.kind === "status") {
      const retry = fault.retryAfterSeconds;
      response.writeHead(fault.status, {
        "content-type": "application/json",
        ...(retry === undefined ? {} : { "retry-after": String(retry) }),
      });
      response.end(JSON.stringify(statusObject(fault.status)));
      return true;
    }
    if (fault.kind === "error-event" && seen.kind === "watch") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`${JSON.stringify({ type: "ERROR", object: statusObject(fault.code) })}\n`);
      return true;
    }
    return false;
  }

  #afflict(exchange: Exchange, fault: Fault): void {
    exchange.fault = fault;
    if (fault.kind === "cut") setTimeout(() => exchange.socket.destroy(), fault.afterMs);
    if (fault.kind === "end" && exchange.seen.kind === "watch") {
      setTimeout(() => exchange.response.end(), fault.afterMs);
    }
  }

  #forward(incoming: IncomingMessage, exchange: Exchange): void {
    const { response, socket } = exchange;
    const { server, ca, cert, key } = this.#target;
    // A client certificate does not pass through the proxy: who brings no token is the administrator.
    const own = incoming.headers.authorization === undefined && cert && key ? { cert, key } : {};
    const upstream = request(new URL(incoming.url ?? "/", server), {
      method: incoming.method ?? "GET",
      ca,
      ...own,
      agent: this.#agent,
      headers: { ...incoming.headers, host: new URL(server).host },
    });
    upstream.on("error", () => {
      if (!response.writableEnded) socket.destroy();
    });
    upstream.on("response", (answer) => {
      if (exchange.fault?.kind === "lose-answer") {
        socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on("data", (chunk: Buffer) => passOn(exchange, chunk));
      answer.on("end", () => {
        if (exchange.fault?.kind !== "silent") response.end();
      });
      answer.on("error", () => {
        if (!response.writableEnded) socket.destroy();
      });
    });
    response.on("close", () => upstream.destroy());
    incoming.pipe(upstream);
  }
}

/** Starts one in front of a control plane, with a kubeconfig of its own: that of the administrator unless told. */
export async function startFaultyProxy(
  plane: Pick<ControlPlane, "admin" | "authority" | "directory" | "kubeconfig">,
  kubeconfig = plane.kubeconfig,
): Promise<FaultyProxy> {
  const file = `proxy-${Math.random().toString(36).slice(2)}`;
  const subject = { file, commonName: "faulty-proxy", hosts: ["127.0.0.1"] };
  const proxy = new FaultyProxy(plane.admin, await issueCertificate(plane.authority, subject));
  await proxy.listen();
  const original = await readFile(kubeconfig, "utf8");
  proxy.kubeconfig = join(plane.directory, `${file}.kubeconfig`);
  await writeFile(proxy.kubeconfig, original.replaceAll(plane.admin.server, proxy.url), { mode: 0o600 });
  return proxy;
}

function passOn({ fault, response, socket }: Exchange, chunk: Buffer): void {
  if (response.writableEnded) return;
  switch (fault?.kind) {
    case "silent":
      return;
    case "break-line":
      response.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => socket.destroy());
      return;
    case "garbage":
      response.write('{"type":"MODIFIED","object":{"metadata"\n');
      response.write(chunk);
      return;
    case "trickle":
      for (let at = 0; at < chunk.length; at += 7) response.write(chunk.subarray(at, at + 7));
      return;
    default:
      response.write(chunk);
  }
}

function seenRequest({ method = "GET", url = "/" }: IncomingMessage): SeenRequest {
  const { searchParams, pathname } = new URL(url, "https://localhost");
  return { method, path: url, kind: kindOf(method, searchParams, pathname) };
}

function kindOf(method: string, query: URLSearchParams, path: string): SeenRequest["kind"] {
  if (method !== "GET") return "write";
  if (query.get("watch") === "true" || query.get("watch") === "1") return "watch";
  const [, root, ...rest] = path.split("/");
  if (root !== "api" && root !== "apis") return "get";
  // What follows the version comes in pairs of a collection and a name.
  return rest.slice(root === "api" ? 1 : 2).length % 2 === 1 ? "list" : "get";
}

function isFor({ on = "any", path = "" }: Aim, seen: SeenRequest): boolean {
  return (on === "any" || on === seen.kind) && seen.path.includes(path);
}

function statusObject(code: number): object {
  const reasons: Record<number, string> = {
    401: "Unauthorized",
    403: "Forbidden",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `the proxy says ${code}`,
    reason: reasons[code] ?? "",
    code,
  };
}
