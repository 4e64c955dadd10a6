import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { Clock } from "../controllers/ports.ts";
import type { ClusterAccess } from "./kubeconfig.ts";

/** One HTTP request, with its query already in the path. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly body: string;
  readonly signal: AbortSignal;
  /** How long the answer may take; of a stream only its head. */
  readonly timeoutMs: number;
  readonly stream: boolean;
}

/** No answer came, or it broke off. */
export class NoAnswer extends Error {
  /** True when the request may have reached the server. */
  readonly sent: boolean;
  /** `Silent`: the connection was there, but not a byte came. `Untrusted`: the server's certificate is not to be believed. */
  readonly reason: "" | "Silent" | "Untrusted";

  constructor(message: string, options: { sent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.sent = options.sent;
    this.reason = options.cause instanceof Silence ? "Silent" : isUntrusted(options.cause) ? "Untrusted" : "";
  }
}

/** Node's codes for a certificate that fails the check (OpenSSL's X509_V_ERR_*, and a name that does not match). */
function isUntrusted(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /CERT|UNABLE_TO_VERIFY|INVALID_CA|PATH_LENGTH_EXCEEDED/.test(code);
}

/** Why a stream was cancelled that did not say anything for too long. */
export class Silence extends Error {}

/** An answer whose head has arrived; `cancel` ends it when its body is no longer wanted. */
export interface Incoming {
  readonly message: IncomingMessage;
  readonly cancel: (error: Error) => void;
  /** What it was cancelled with. */
  readonly cancelled: () => Error | undefined;
}

/** Speaks HTTPS with one API server over connections that are kept; adds the account's credentials to each request. */
export class Transport {
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 8 });

  constructor(access: ClusterAccess, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
  }

  /**
   * Sends the request; resolves when the head of the answer is there. The signal ends the body too.
   * Rejects with the signal's reason when aborted, with `NoAnswer` when none came.
   */
  async send(outgoing: Outgoing): Promise<Incoming> {
    const { tls, headers } = await this.#access.credentials();
    const { method, path, body, signal, timeoutMs } = outgoing;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Incoming>();
    let sent = false;
    const client = request(new URL(path, this.#access.server), {
      ...tls,
      method,
      agent: this.#agent,
      headers: { ...headers, ...outgoing.headers, ...lengthOf(body) },
    });
    let cancelled: Error | undefined;
    const cancel = (error: Error): void => {
      cancelled ??= error;
      // Without the error: a request whose answer is complete has nobody left to take it.
      client.destroy();
    };
    const onAbort = (): void => cancel(new Error("aborted"));
    const disarm = this.#clock.after(timeoutMs, () =>
      cancel(new Error(`no answer in ${timeoutMs / 1000} s`)),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("socket", (socket) => {
      // The kernel finds a peer that vanished without a word within half a minute, at no cost to the server.
      socket.setKeepAlive(true, 15_000);
      if (!socket.connecting) sent = true;
      else socket.once("secureConnect", () => (sent = true));
    });
    client.on("response", (message) => {
      if (outgoing.stream) disarm();
      resolve({ message, cancel, cancelled: () => cancelled });
    });
    client.on("error", (cause) => {
      if (signal.aborted) reject(signal.reason);
      else reject(noAnswer(cancelled ?? cause, sent));
    });
    client.on("close", () => {
      disarm();
      signal.removeEventListener("abort", onAbort);
    });
    client.end(body);
    return promise;
  }

  /** Closes every connection. */
  close(): void {
    this.#agent.destroy();
  }
}

function noAnswer(cause: Error, sent: boolean): NoAnswer {
  return new NoAnswer(cause.message || cause.name, { sent, cause });
}

function lengthOf(body: string): Record<string, string> {
  return body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

/**
 * Hands each piece of the body to `onText` as it comes; multi-byte characters are never cut.
 * Resolves at the proper end; rejects with `NoAnswer` when it breaks off, or with what `onText` throws.
 */
export function readBody(incoming: Incoming, onText: (text: string) => void): Promise<void> {
  const { message, cancel, cancelled } = incoming;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const brokeOff = (): void => {
    reject(noAnswer(cancelled() ?? new Error("the answer broke off"), true));
  };
  let refused = false;
  message.setEncoding("utf8");
  message.on("data", (text: string) => {
    if (refused) return;
    try {
      onText(text);
    } catch (error) {
      refused = true;
      reject(error);
      cancel(new Error("refused"));
    }
  });
  message.on("end", () => {
    if (message.complete) resolve();
    else brokeOff();
  });
  message.on("error", brokeOff);
  message.on("close", brokeOff);
  return promise;
}

const full = new Error("enough was read");

/** The body as text, at most so many bytes of it. Rejects like `readBody`. */
export async function readText(
  incoming: Incoming,
  maxBytes: number,
): Promise<{ text: string; truncated: boolean }> {
  const pieces: string[] = [];
  let bytes = 0;
  try {
    await readBody(incoming, (piece) => {
      pieces.push(piece);
      bytes += Buffer.byteLength(piece);
      if (bytes > maxBytes) throw full;
    });
  } catch (error) {
    if (error !== full) throw error;
    const cut = Buffer.from(pieces.join("")).subarray(0, maxBytes);
    // Decoding as a stream leaves out a character that was cut in two.
    return { text: new TextDecoder().decode(cut, { stream: true }), truncated: true };
  }
  return { text: pieces.join(""), truncated: false };
}
