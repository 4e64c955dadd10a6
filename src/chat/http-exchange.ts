import type { Call } from "../controllers/ports.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import { ChatError } from "./chat-error.ts";

/** Answers of a chat are small; more than this is none. */
const MAX_ANSWER_BYTES = 1_000_000;

export interface ChatRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, all else as JSON. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** What the request is for: "send a message to Rocket.Chat at https://chat.example.com". */
  readonly attempt: string;
  /** Words that never leave this process. */
  readonly secrets: readonly string[];
}

export interface ChatAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** `undefined` when the answer is no JSON object. */
  readonly body: JsonObject | undefined;
}

/**
 * One request and its whole answer. Redirects are not followed: they would carry the token to another host.
 * Throws a retriable ChatError when no answer came (unreachable, timeout, aborted).
 */
export async function exchange(request: ChatRequest, { signal }: Call): Promise<ChatAnswer> {
  const limit = AbortSignal.timeout(request.timeoutMs);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { accept: "application/json", "content-type": "application/json", ...request.headers },
      ...bodyOf(request),
      redirect: "manual",
      signal: AbortSignal.any([signal, limit]),
    });
    const json = parseJson(await text(response));
    return {
      status: response.status,
      headers: response.headers,
      body: isJsonObject(json) ? json : undefined,
    };
  } catch (error) {
    throw noAnswer(request, signal.aborted ? "aborted" : limit.aborted ? "timeout" : error);
  }
}

function bodyOf({ body }: ChatRequest): { body?: string } {
  if (body === undefined) return {};
  return { body: typeof body === "string" ? body : JSON.stringify(body) };
}

async function text(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function noAnswer(request: ChatRequest, why: unknown): ChatError {
  const { attempt, timeoutMs } = request;
  if (why === "aborted")
    return new ChatError("chat-aborted", `${attempt}: given up, the medic stops`, { retriable: true });
  if (why === "timeout") {
    return new ChatError("chat-timeout", `${attempt}: no answer within ${timeoutMs / 1000} s`, {
      retriable: true,
    });
  }
  return new ChatError("chat-unreachable", `${attempt}: ${scrub(reasonOf(why), request.secrets)}`, {
    retriable: true,
  });
}

/** fetch hides the cause ("ECONNREFUSED 127.0.0.1:3000") behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause.message === "" ? error.message : cause.message;
}

/** The text without the secrets, cut to what people read. */
export function scrub(text: string, secrets: readonly string[]): string {
  const clean = secrets
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return clean.length > 300 ? `${clean.slice(0, 297)}...` : clean;
}

/** The address from a variable. Throws a ChatError that names the variable but not its value. */
export function httpUrl(value: string, variable: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new ChatError("chat-misconfigured", `${variable} is no http or https address: correct it`, {
    retriable: false,
  });
}

/** The value as it may stand in a header. Throws a ChatError that names the variable but not its value. */
export function headerValue(value: string, variable: string): string {
  const trimmed = value.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  const problem = trimmed === "" ? "is empty" : "has characters in it that no token has";
  throw new ChatError("chat-misconfigured", `${variable} ${problem}: set it anew`, { retriable: false });
}
