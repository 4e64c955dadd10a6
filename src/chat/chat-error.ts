import { MedicError } from "../lib/medic-error.ts";

export type ChatErrorCode =
  | "chat-unreachable"
  | "chat-timeout"
  | "chat-aborted"
  | "chat-server-error"
  | "chat-rate-limited"
  | "chat-unexpected-answer"
  | "chat-redirected"
  | "chat-unauthorized"
  | "chat-forbidden"
  | "chat-channel-unknown"
  | "chat-refused"
  | "chat-misconfigured";

/** A message that was not accepted. Its text never names a token, a user id or the path of a webhook. */
export class ChatError extends MedicError {
  /** How long the chat asks to be left alone, in milliseconds; only with `chat-rate-limited`. */
  readonly retryAfterMs?: number;

  constructor(code: ChatErrorCode, message: string, options: { retriable: boolean; retryAfterMs?: number }) {
    super(code, message, { retriable: options.retriable });
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}
