import type { Call, Chat, ChatReceipt } from "../controllers/ports.ts";
import type { EscalationMessage } from "../core/escalation.ts";
import { isJsonObject } from "../core/json.ts";
import type { ChatError } from "./chat-error.ts";
import { type ChatAnswer, type ChatRequest, exchange, headerValue, httpUrl } from "./http-exchange.ts";
import { linksOf } from "./links.ts";
import { formatMessage } from "./message-format.ts";
import { refusal, wording } from "./rocketchat-refusal.ts";

const TIMEOUT_MS = 10_000;

export interface RocketChatAccount {
  /** Address of the server, with its sub-path if it has one. */
  readonly url: string;
  readonly userId: string;
  /** A personal access token of that user. */
  readonly token: string;
  /** Name of a channel or private group, with or without `#`. */
  readonly channel: string;
}

export interface RocketChatOptions {
  /** The address of the medic's own pages. */
  readonly publicUrl?: string;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/**
 * Sends with `chat.sendMessage` and the message's own id, so that a repeat is never shown twice: the server ignores
 * it or answers that it has the message, and both are a success with `duplicate: true`.
 * `send` rejects with a ChatError; it does not retry by itself. Throws a ChatError when the account cannot be used.
 */
export function createRocketChat(account: RocketChatAccount, options: RocketChatOptions = {}): Chat {
  return new RocketChat(account, options);
}

class RocketChat implements Chat {
  readonly channel: string;
  readonly #headers: Readonly<Record<"x-user-id" | "x-auth-token", string>>;
  readonly #base: URL;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #publicUrl: string;
  /** The room's id: the name is looked up once, and again after a failure. */
  #room: Promise<string> | undefined;
  /** Messages that were sent and not answered: they may be there. */
  readonly #unanswered = new Set<string>();

  constructor(
    account: RocketChatAccount,
    { timeoutMs = TIMEOUT_MS, now = Date.now, publicUrl = "" }: RocketChatOptions,
  ) {
    const url = httpUrl(account.url, "ROCKETCHAT_URL");
    this.#base = new URL(`${url.origin}${url.pathname.replace(/\/*$/, "/")}`);
    this.#headers = {
      "x-user-id": headerValue(account.userId, "ROCKETCHAT_USER_ID"),
      "x-auth-token": headerValue(account.token, "ROCKETCHAT_TOKEN"),
    };
    this.channel = `#${account.channel.trim().replace(/^#/, "")}`;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    this.#publicUrl = publicUrl;
  }

  async send(message: EscalationMessage, call: Call): Promise<ChatReceipt> {
    const id = message.messageId;
    const repeat = this.#unanswered.has(id) && (await this.#isThere(id, call));
    const duplicate = repeat || (await this.#post(message, call)) === "duplicate";
    this.#unanswered.delete(id);
    return { channel: this.channel, duplicate };
  }

  async #post(message: EscalationMessage, call: Call): Promise<"sent" | "duplicate"> {
    const rid = await this.#roomId(call);
    const { text, attachments } = formatMessage(message, linksOf(message, this.#publicUrl));
    this.#unanswered.add(message.messageId);
    const answer = await this.#ask(call, "send a message to", "chat.sendMessage", {
      message: { _id: message.messageId, rid, msg: text, attachments },
      // The server is not to fetch previews of addresses that stand in a log line.
      previewUrls: [],
    });
    if (isSuccess(answer)) return isJsonObject(answer.body?.["message"]) ? "sent" : "duplicate";
    // A gateway's error says nothing about what the server behind it did.
    if (answer.status < 500) this.#unanswered.delete(message.messageId);
    if (answer.status === 400 && (await this.#wasRepeat(answer, message.messageId, call))) return "duplicate";
    if (/error-invalid-room/.test(wording(answer))) this.#room = undefined;
    throw this.#refusal(answer, "send a message to");
  }

  /**
   * Whether a 400 means that the message is there. Read in the server's source: `sendMessage` gives nothing back for an
   * `_id` that exists, and the route fails on that nothing ("Cannot read properties of undefined"); two instances at
   * the same moment leave it to the database ("E11000 duplicate key error", RocketChat/Rocket.Chat#14945).
   */
  async #wasRepeat(answer: ChatAnswer, id: string, call: Call): Promise<boolean> {
    return /E11000/.test(wording(answer)) || (await this.#isThere(id, call));
  }

  async #isThere(id: string, call: Call): Promise<boolean> {
    const answer = await this.#ask(
      call,
      "look for a message in",
      `chat.getMessage?msgId=${encodeURIComponent(id)}`,
    );
    // A message that does not exist is a 400 without a reason.
    if (answer.status === 400) return false;
    if (!isSuccess(answer)) throw this.#refusal(answer, "look for a message in");
    return isJsonObject(answer.body?.["message"]);
  }

  async #roomId(call: Call): Promise<string> {
    this.#room ??= this.#findRoom(call);
    try {
      return await this.#room;
    } catch (error) {
      this.#room = undefined;
      throw error;
    }
  }

  async #findRoom(call: Call): Promise<string> {
    const name = encodeURIComponent(this.channel.slice(1));
    const answer = await this.#ask(call, "find the channel", `rooms.info?roomName=${name}`);
    const room = answer.body?.["room"];
    if (isSuccess(answer) && isJsonObject(room) && typeof room["_id"] === "string") return room["_id"];
    throw this.#refusal(answer, "find the channel");
  }

  /** One request to the REST API: a POST when there is a body. */
  #ask(call: Call, what: string, route: string, body?: unknown): Promise<ChatAnswer> {
    const request: ChatRequest = {
      method: body === undefined ? "GET" : "POST",
      url: new URL(`api/v1/${route}`, this.#base),
      headers: this.#headers,
      timeoutMs: this.#timeoutMs,
      attempt: this.#attempt(what),
      secrets: this.#secrets(),
      ...(body === undefined ? {} : { body }),
    };
    return exchange(request, call);
  }

  #refusal(answer: ChatAnswer, what: string): ChatError {
    const context = {
      attempt: this.#attempt(what),
      channel: this.channel,
      secrets: this.#secrets(),
      now: this.#now(),
    };
    return refusal(answer, context);
  }

  #attempt(what: string): string {
    return `${what} ${this.channel} at ${this.#base.origin}`;
  }

  #secrets(): readonly string[] {
    return [this.#headers["x-auth-token"], this.#headers["x-user-id"]];
  }
}

function isSuccess({ status, body }: ChatAnswer): boolean {
  return status === 200 && body?.["success"] === true;
}
