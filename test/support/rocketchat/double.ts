import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Account,
  ChatServer,
  type ChatServerOptions,
  type RepeatAnswer,
  type Request,
  type Room,
  type StoredMessage,
} from "./chat-server.ts";
import { type Fault, Faults } from "./faults.ts";
import { RateLimiter, rateLimitHeaders, tooManyRequests } from "./rate-limiter.ts";
import type { Reply } from "./reply.ts";
import { answer, read } from "./wire.ts";
import { loadValidators, type Validators } from "./validators.ts";

export interface RocketChatDoubleOptions {
  /** 0 (the default): any free port of the loopback interface. */
  readonly port?: number;
  /** Loopback unless told: the farm's own bridge, for a medic in a pod. */
  readonly host?: string;
  /** Where escalations go; `builds` when left out. More rooms may be added. */
  readonly channel?: string;
  readonly rooms?: readonly Room[];
  readonly account?: Partial<Account>;
  readonly repeats?: RepeatAnswer;
  /** Message_MaxAllowedSize; 5000 is the server's default. */
  readonly maxMessageSize?: number;
  /** None when left out: the role bot lifts the limit. The server's default is 10 calls in 60 s. */
  readonly rateLimit?: { readonly calls: number; readonly windowMs: number };
  readonly webhookOverridable?: boolean;
  /** By how much the server's clock is ahead of ours, in milliseconds. */
  readonly clockSkewMs?: number;
}

/** One request as it was answered; `status` 0: it was not. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

export interface RocketChatDouble {
  readonly url: string;
  readonly webhookUrl: string;
  /** The ROCKETCHAT_* variables that make the medic use it. */
  readonly env: Readonly<
    Record<"ROCKETCHAT_URL" | "ROCKETCHAT_USER_ID" | "ROCKETCHAT_TOKEN" | "ROCKETCHAT_CHANNEL", string>
  >;
  /** What people would see, oldest first. */
  messages(): readonly StoredMessage[];
  requests(): readonly SeenRequest[];
  inject(fault: Fault): void;
  /** Forgets the faults that wait for a request. */
  calm(): void;
  /** Forgets messages, requests and faults. */
  reset(): void;
  /** Lets the port go: connections are refused until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a stand-in for Rocket.Chat on the loopback interface. Requests are judged by the validators that the real
 * server publishes; everything else follows its source as read. It is no Rocket.Chat.
 */
export async function startRocketChatDouble(
  options: RocketChatDoubleOptions = {},
): Promise<RocketChatDouble> {
  const double = new Double(options, await loadValidators());
  await double.accept();
  return double;
}

class Double implements RocketChatDouble {
  readonly #chat: ChatServer;
  readonly #server: ChatServerOptions;
  readonly #validators: Validators;
  readonly #faults = new Faults();
  readonly #limiter: RateLimiter | undefined;
  readonly #skewMs: number;
  readonly #channel: string;
  #seen: SeenRequest[] = [];
  #http: Server | undefined;
  readonly #host: string;
  #port: number;

  constructor(options: RocketChatDoubleOptions, validators: Validators) {
    const { rateLimit, channel = "builds" } = options;
    this.#channel = channel;
    this.#server = serverOptions(options, channel);
    this.#validators = validators;
    this.#chat = new ChatServer(this.#server, validators);
    this.#limiter =
      rateLimit === undefined ? undefined : new RateLimiter(rateLimit.calls, rateLimit.windowMs);
    this.#skewMs = options.clockSkewMs ?? 0;
    this.#port = options.port ?? 0;
    this.#host = options.host ?? "127.0.0.1";
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get webhookUrl(): string {
    const { id, token } = this.#server.webhook;
    return `${this.url}/hooks/${id}/${token}`;
  }

  get env(): RocketChatDouble["env"] {
    const { userId, token } = this.#server.account;
    return {
      ROCKETCHAT_URL: this.url,
      ROCKETCHAT_USER_ID: userId,
      ROCKETCHAT_TOKEN: token,
      ROCKETCHAT_CHANNEL: `#${this.#channel}`,
    };
  }

  messages(): readonly StoredMessage[] {
    return [...this.#chat.messages.values()];
  }

  requests(): readonly SeenRequest[] {
    return this.#seen;
  }

  inject(fault: Fault): void {
    this.#faults.add(fault);
  }

  calm(): void {
    this.#faults.clear();
  }

  reset(): void {
    this.#chat.messages.clear();
    this.#seen = [];
    this.#faults.clear();
  }

  async accept(): Promise<void> {
    if (this.#http !== undefined) return;
    const http = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) =>
      http.once("error", reject).listen(this.#port, this.#host, resolve),
    );
    this.#port = (http.address() as AddressInfo).port;
    this.#http = http;
  }

  async refuse(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    if (http === undefined) return;
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }

  stop(): Promise<void> {
    return this.refuse();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    const control = this.#control(request);
    if (control !== undefined) return answer(response, control);
    const route = request.path.startsWith("/hooks/") ? "hooks" : request.path.replace("/api/v1/", "");
    const fault = this.#faults.take(route);
    const reply = await this.#reply(request, route, fault);
    this.#seen.push({
      method: request.method,
      path: request.path,
      status: reply?.status ?? 0,
      body: request.body,
    });
    if (reply === undefined) {
      if (fault?.kind === "drop") response.destroy();
      return;
    }
    if (!response.destroyed) answer(response, this.#stamped(reply));
  }

  /** `undefined`: no answer is given. */
  async #reply(request: Request, route: string, fault: Fault | undefined): Promise<Reply | undefined> {
    const limited = this.#limiter?.count(route, Date.now() + this.#skewMs);
    if (limited?.allowed === false) {
      return { status: 429, headers: limited.headers, body: tooManyRequests(limited.resetMs) };
    }
    const right =
      fault === undefined || fault.kind === "slow" || fault.effect === true
        ? this.#judged(request)
        : undefined;
    const reply = fault === undefined ? right : await this.#faulty(fault, right);
    return reply === undefined ? undefined : { ...reply, headers: { ...limited?.headers, ...reply.headers } };
  }

  async #faulty(fault: Fault, right: Reply | undefined): Promise<Reply | undefined> {
    switch (fault.kind) {
      case "hang":
      case "drop":
        return undefined;
      case "slow":
        await delay(fault.ms ?? 1000);
        return right;
      case "status":
        return { status: fault.status ?? 500, body: fault.body ?? "", headers: fault.headers ?? {} };
      case "rate-limit": {
        const ms = fault.ms ?? 60_000;
        const headers = rateLimitHeaders(10, 0, Date.now() + this.#skewMs + ms);
        return { status: 429, headers: { ...headers, ...fault.headers }, body: tooManyRequests(ms) };
      }
    }
  }

  /** The answer of the chat, which must itself be one that the real server could give. */
  #judged(request: Request): Reply {
    const reply = this.#chat.handle(request);
    const validator =
      reply.status === 400
        ? this.#validators.badRequest
        : reply.status === 401
          ? this.#validators.unauthorized
          : undefined;
    if (validator === undefined || validator(reply.body)) return reply;
    throw new Error(`the double gave an answer that Rocket.Chat cannot give: ${JSON.stringify(reply)}`);
  }

  #stamped(reply: Reply): Reply {
    return {
      ...reply,
      headers: { date: new Date(Date.now() + this.#skewMs).toUTCString(), ...reply.headers },
    };
  }

  /** For tests in other processes: read and steer the double by HTTP. */
  #control({ method, path, body }: Request): Reply | undefined {
    switch (`${method} ${path}`) {
      case "GET /double/messages":
        return { status: 200, body: { messages: this.messages() } };
      case "GET /double/requests":
        return { status: 200, body: { requests: this.requests() } };
      case "POST /double/faults":
        this.inject(body as Fault);
        return { status: 204, body: "" };
      case "POST /double/reset":
        this.reset();
        return { status: 204, body: "" };
      default:
        return undefined;
    }
  }
}

function serverOptions(options: RocketChatDoubleOptions, channel: string): ChatServerOptions {
  const account = {
    userId: secret(17),
    token: secret(43),
    username: "build-medic",
    roles: ["bot"],
    ...options.account,
  };
  return {
    account,
    rooms: [{ _id: secret(17), name: channel, t: "c" }, ...(options.rooms ?? [])],
    webhook: {
      id: secret(24),
      token: secret(43),
      room: channel,
      overridable: options.webhookOverridable ?? false,
    },
    repeats: options.repeats ?? "undefined-error",
    maxMessageSize: options.maxMessageSize ?? 5000,
  };
}

function secret(length: number): string {
  return randomBytes(length).toString("hex").slice(0, length);
}
