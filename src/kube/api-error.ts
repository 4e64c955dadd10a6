import { isJsonObject, parseJson } from "../core/json.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import { NoAnswer } from "./transport.ts";

export interface ApiFailure {
  /** HTTP code; 0 when no answer came. */
  readonly status: number;
  readonly reason?: string;
  readonly details?: unknown;
  readonly outcomeUnknown?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** The API server refused or did not answer. The message says what was attempted and what the server said. */
export class ApiError extends MedicError {
  /** HTTP code; 0 when no answer came (network, timeout, an answer that ends in the middle). */
  readonly status: number;
  /** Kubernetes' reason, e.g. NotFound, Conflict, Invalid, Forbidden, Expired; "" without one. */
  readonly reason: string;
  /** `details` of the server's Status. */
  readonly details: unknown;
  /** True when a write may or may not have taken effect: look before doing it again. */
  readonly outcomeUnknown: boolean;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: ApiFailure) {
    const { status } = failure;
    super("kube-api", message, {
      retriable: status === 0 || status === 429 || status >= 500,
    });
    this.status = status;
    this.reason = failure.reason ?? "";
    this.details = failure.details;
    this.outcomeUnknown = failure.outcomeUnknown ?? false;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404;
}

export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409;
}

/** What a Status object (the body of a refusal, or the object of an ERROR watch event) says. */
export interface SaidStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: unknown;
}

/** Reads a Kubernetes Status; `undefined` when it is none. */
export function statusIn(body: unknown): SaidStatus | undefined {
  if (!isJsonObject(body) || body["kind"] !== "Status") return undefined;
  const { code, reason, message, details } = body;
  return {
    code: typeof code === "number" ? code : 0,
    reason: typeof reason === "string" ? reason : "",
    message: typeof message === "string" ? message : "",
    details,
  };
}

/** The error for an answer of 300 or above. */
export function refusal(
  what: string,
  body: string,
  answer: {
    readonly status: number;
    readonly writes: boolean;
    readonly retryAfter: string | undefined;
  },
): ApiError {
  const { status, writes, retryAfter } = answer;
  const said = statusIn(parseJson(body));
  const message = said?.message || body.trim().slice(0, 200) || `HTTP ${status}`;
  const seconds = Number(retryAfter ?? Number.NaN);
  return new ApiError(`${what}: ${message}`, {
    status,
    reason: said?.reason ?? "",
    details: said?.details,
    outcomeUnknown: writes && status >= 500,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  });
}

/** What to throw for anything that went wrong during a request: the signal's reason when that was aborted. */
export function failureOf(
  error: unknown,
  request: { readonly what: string; readonly signal: AbortSignal; readonly writes: boolean },
): unknown {
  const { what, signal, writes } = request;
  if (signal.aborted) return signal.reason;
  if (error instanceof NoAnswer) {
    return new ApiError(`${what}: no answer (${error.message})`, {
      status: 0,
      reason: error.reason,
      outcomeUnknown: writes && error.sent,
    });
  }
  if (error instanceof SyntaxError) {
    return new ApiError(`${what}: an answer that is no JSON (${messageOf(error)})`, {
      status: 0,
      outcomeUnknown: writes,
    });
  }
  return error;
}
