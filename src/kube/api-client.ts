import type { Clock } from "../controllers/ports.ts";
import { isJsonObject } from "../core/json.ts";
import { ApiError, failureOf, refusal } from "./api-error.ts";
import { goJson } from "./go-json.ts";
import { JsonLines } from "./json-lines.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import { requestName } from "./request-name.ts";
import { readBody, readText, Silence, Transport } from "./transport.ts";
import type { Incoming } from "./transport.ts";
import { Backoff, wait } from "./wait.ts";

export { ApiError, isConflict, isNotFound } from "./api-error.ts";

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root, e.g. `/api/v1/namespaces/x/pods/y`. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** How long one attempt may take (10 000 unless told); all attempts together at most three times that. */
  readonly timeoutMs?: number;
}

export interface TextRequest {
  readonly path: string;
  readonly query?: Query;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** Reading stops after so many bytes. */
  readonly maxBytes: number;
}

/** `type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR; the object of an ERROR is a Status. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

export interface WatchRequest {
  readonly path: string;
  readonly query?: Query;
  readonly signal: AbortSignal;
  /** The watch ends with an error when not a byte came for so long; 100 000 unless told (an idle server speaks every minute). */
  readonly silenceMs?: number;
  /** The server accepted the watch. */
  readonly onOpen?: () => void;
  readonly onEvent: (event: WatchEvent) => void;
}

export interface ApiClientOptions {
  readonly access: ClusterAccess;
  /** Of this program, for the server's log. */
  readonly version: string;
  readonly clock: Clock;
  /** From 0 to below 1, for the backoff. */
  readonly random?: () => number;
}

const defaultTimeoutMs = 10_000;
const watchHeadTimeoutMs = 30_000;
const defaultSilenceMs = 100_000;
const maxAttempts = 5;

/** Talks JSON with one API server. Every method rejects with an `ApiError`, or with the signal's reason once aborted. */
export class ApiClient {
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #transport: Transport;
  readonly #userAgent: string;

  constructor(options: ApiClientOptions) {
    this.#access = options.access;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#transport = new Transport(options.access, options.clock);
    this.#userAgent = `build-medic/${options.version}`;
  }

  get server(): string {
    return this.#access.server;
  }

  /**
   * The parsed answer (`undefined` when it is empty). Repeats a few times what the server turned away (429), and what
   * changes nothing (reads, dry runs) also after a 5xx or no answer; a write without an answer is never repeated.
   */
  async request<T = unknown>(request: ApiRequest): Promise<T> {
    const what = requestName(request.method, request.path);
    return this.#withRetries(request, what, async () => {
      const incoming = await this.#open(request, what, { accept: "application/json" });
      const { text } = await readText(incoming, Infinity);
      // oxlint-disable-next-line no-unsafe-type-assertion
      return (text === "" ? undefined : JSON.parse(text)) as T;
    });
  }

  /** A plain text answer (a log), at most `maxBytes` of it from its beginning. Repeated like a read. */
  getText(request: TextRequest): Promise<{ text: string; truncated: boolean }> {
    const read: ApiRequest = { ...request, method: "GET" };
    const what = requestName("GET", request.path);
    return this.#withRetries(read, what, async () => {
      const incoming = await this.#open(read, what, { accept: "*/*" });
      return readText(incoming, request.maxBytes);
    });
  }

  /**
   * Hands out the events of a watch, one by one, as they come. Resolves when the server ends it properly; rejects when it
   * is refused, breaks off, falls silent or sends a line that is no event. Throws what `onEvent` throws.
   */
  async watch(request: WatchRequest): Promise<void> {
    const { path, signal, silenceMs = defaultSilenceMs } = request;
    const what = requestName("GET", path, true);
    const query = { ...request.query, watch: true };
    const read: ApiRequest = { method: "GET", path, query, signal, timeoutMs: watchHeadTimeoutMs };
    try {
      const incoming = await this.#reloadingOnce(() =>
        this.#open(read, what, { accept: "application/json", stream: true }),
      );
      request.onOpen?.();
      await this.#stream(incoming, request, silenceMs);
    } catch (error) {
      throw failureOf(error, { what, signal, writes: false });
    }
  }

  async #stream(incoming: Incoming, request: WatchRequest, silenceMs: number): Promise<void> {
    const lines = new JsonLines((value) => request.onEvent(watchEventIn(value)));
    const watchdog = this.#watchdog(silenceMs, () =>
      incoming.cancel(new Silence(`not a byte came in ${silenceMs / 1000} s`)),
    );
    try {
      await readBody(incoming, (text) => {
        watchdog.alive();
        lines.push(text);
      });
      lines.end();
    } finally {
      watchdog.stop();
    }
  }

  /** Closes every connection. */
  close(): void {
    this.#transport.close();
  }

  async #withRetries<T>(request: ApiRequest, what: string, attempt: () => Promise<T>): Promise<T> {
    const { timeoutMs = defaultTimeoutMs, signal } = request;
    const deadline = this.#clock.now() + 3 * timeoutMs;
    const backoff = new Backoff({ firstMs: 200, maxMs: 5000, random: this.#random });
    for (let count = 1; ; count += 1) {
      try {
        return await this.#reloadingOnce(attempt);
      } catch (error) {
        const failure = failureOf(error, { what, signal, writes: writes(request) });
        if (!(failure instanceof ApiError) || !mayRepeat(failure, request)) throw failure;
        const delayMs = Math.max(backoff.next(), failure.retryAfterMs ?? 0);
        if (count === maxAttempts || this.#clock.now() + delayMs > deadline) throw failure;
        await wait(this.#clock, delayMs, signal);
      }
    }
  }

  /** A token may have been replaced since it was read: only the second 401 in a row is final. */
  async #reloadingOnce<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      await this.#access.reload();
      return attempt();
    }
  }

  /** Sends it; resolves with the head of a good answer. */
  async #open(
    request: ApiRequest,
    what: string,
    { accept, stream = false }: { accept: string; stream?: boolean },
  ): Promise<Incoming> {
    const { method, path, query, body, contentType = "application/json", signal } = request;
    const type: Record<string, string> = body === undefined ? {} : { "content-type": contentType };
    const incoming = await this.#transport.send({
      method,
      path: path + search(query),
      headers: { accept, "user-agent": this.#userAgent, ...type },
      body: body === undefined ? "" : goJson(body),
      signal,
      timeoutMs: request.timeoutMs ?? defaultTimeoutMs,
      stream,
    });
    const status = incoming.message.statusCode ?? 0;
    if (status >= 200 && status < 300) return incoming;
    const { text } = await readText(incoming, 65_536);
    throw refusal(what, text, {
      status,
      writes: writes(request),
      retryAfter: incoming.message.headers["retry-after"],
    });
  }

  /** Calls `onSilence` when `alive` was not called for so long. */
  #watchdog(silenceMs: number, onSilence: () => void): { alive: () => void; stop: () => void } {
    let last = this.#clock.now();
    const check = (): void => {
      const left = last + silenceMs - this.#clock.now();
      if (left <= 0) onSilence();
      else stop = this.#clock.after(left, check);
    };
    let stop = this.#clock.after(silenceMs, check);
    return {
      alive: () => {
        last = this.#clock.now();
      },
      stop: () => stop(),
    };
  }
}

function search(query: Query = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** True when the request may change something on the server. */
function writes({ method, query }: ApiRequest): boolean {
  return method !== "GET" && query?.["dryRun"] !== "All";
}

/** A request that was turned away was not carried out; what changes nothing may always be repeated. */
function mayRepeat(failure: ApiError, request: ApiRequest): boolean {
  return failure.status === 429 || (failure.retriable && !writes(request));
}

function watchEventIn(value: unknown): WatchEvent {
  if (!isJsonObject(value) || typeof value["type"] !== "string") throw new SyntaxError("a line is no event");
  return { type: value["type"], object: value["object"] };
}
