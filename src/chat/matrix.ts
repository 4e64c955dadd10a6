import type { Call, Chat, ChatReceipt } from "../controllers/ports.ts";
import type { EscalationMessage } from "../core/escalation.ts";
import { ChatError, type ChatErrorCode } from "./chat-error.ts";
import { type ChatAnswer, exchange, headerValue, httpUrl } from "./http-exchange.ts";
import { commonRefusal, saidOf } from "./http-refusal.ts";
import { linksOf } from "./links.ts";
import { matrixContent } from "./matrix-content.ts";

const TIMEOUT_MS = 10_000;

export interface MatrixOptions {
  /** Address of the homeserver. */
  readonly url: string;
  /** An access token of the medic's own account. */
  readonly token: string;
  /** A room's id or alias. */
  readonly room: string;
  readonly publicUrl?: string;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/**
 * Sends with the message's own id as the transaction id: the homeserver answers a repeat with the event that it has, so
 * a message is shown once and `duplicate` is never true. Rejects with a ChatError; does not retry by itself.
 */
export function createMatrix(options: MatrixOptions): Chat {
  return new Matrix(options);
}

class Matrix implements Chat {
  readonly channel: string;
  readonly #base: URL;
  readonly #token: string;
  readonly #options: MatrixOptions;
  /** The room's id, once joined. */
  #roomId: string | undefined;

  constructor(options: MatrixOptions) {
    const url = httpUrl(options.url, "MATRIX_URL");
    this.#base = new URL(`${url.origin}${url.pathname.replace(/\/*$/, "/")}`);
    this.#token = headerValue(options.token, "MATRIX_TOKEN");
    this.channel = options.room.trim();
    this.#options = options;
  }

  async send(message: EscalationMessage, call: Call): Promise<ChatReceipt> {
    const room = encodeURIComponent(await this.#room(call));
    const route = `rooms/${room}/send/m.room.message/${encodeURIComponent(message.messageId)}`;
    const content = matrixContent(message, linksOf(message, this.#options.publicUrl));
    const answer = await this.#ask("PUT", route, content, call);
    if (answer.status === 200 && typeof answer.body?.["event_id"] === "string")
      return { channel: this.channel, duplicate: false };
    // Perhaps it was put out of the room: join again with the next try.
    if (answer.status === 403) this.#roomId = undefined;
    throw this.#refused(answer, "send a message to");
  }

  /** Joining a room that one is in changes nothing, and tells the id behind an alias. */
  async #room(call: Call): Promise<string> {
    if (this.#roomId !== undefined) return this.#roomId;
    const answer = await this.#ask("POST", `join/${encodeURIComponent(this.channel)}`, {}, call);
    const id = answer.body?.["room_id"];
    if (answer.status !== 200 || typeof id !== "string") throw this.#refused(answer, "join");
    this.#roomId = id;
    return id;
  }

  #ask(method: "PUT" | "POST", route: string, body: object, call: Call): Promise<ChatAnswer> {
    return exchange(
      {
        method,
        url: new URL(`_matrix/client/v3/${route}`, this.#base),
        headers: { authorization: `Bearer ${this.#token}` },
        body,
        timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
        attempt: this.#attempt(method === "PUT" ? "send a message to" : "join"),
        secrets: [this.#token],
      },
      call,
    );
  }

  #attempt(what: string): string {
    return `${what} ${this.channel} at ${this.#base.origin}`;
  }

  #refused(answer: ChatAnswer, what: string): ChatError {
    const { now = Date.now } = this.#options;
    const attempt = this.#attempt(what);
    const context = { attempt, variable: "MATRIX_URL", secrets: [this.#token], now: now() };
    const common = commonRefusal(answer, context);
    if (common !== undefined) return common;
    const [code, advice] = adviceOn(answer, this.channel);
    return new ChatError(code, `${attempt}: ${advice}${saidOf(answer, context)}`, { retriable: false });
  }
}

function adviceOn({ status, body }: ChatAnswer, room: string): readonly [ChatErrorCode, string] {
  if (body?.["errcode"] === undefined)
    return [
      "chat-unexpected-answer",
      `${status} and no answer of Matrix: check that MATRIX_URL is a homeserver's address`,
    ];
  switch (status) {
    case 401:
      return ["chat-unauthorized", "the homeserver does not accept the account: check MATRIX_TOKEN"];
    case 403:
      return ["chat-forbidden", `the account may not write to ${room}: invite it and let it post there`];
    case 404:
      return ["chat-channel-unknown", `there is no room ${room}: create it or correct MATRIX_ROOM`];
    default:
      return ["chat-refused", `refused with ${status}`];
  }
}
