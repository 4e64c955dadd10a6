import type { Call, Chat, ChatReceipt } from "../controllers/ports.ts";
import type { EscalationMessage } from "../core/escalation.ts";
import { ChatError } from "./chat-error.ts";
import { type ChatAnswer, exchange, httpUrl, scrub } from "./http-exchange.ts";
import { linksOf } from "./links.ts";
import { formatMessage } from "./message-format.ts";
import { retryAfterMs } from "./rate-limit.ts";
import { wording } from "./rocketchat-refusal.ts";

const TIMEOUT_MS = 10_000;

export interface RocketChatWebhookOptions {
  /** The address of an incoming webhook; its path is a secret. */
  readonly url: string;
  /** Another channel than the webhook's own; the integration must allow that. */
  readonly channel?: string;
  /** The address of the medic's own pages. */
  readonly publicUrl?: string;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/**
 * Sends through an incoming webhook. It takes no message id: after a timeout nobody can tell whether the message is
 * there, so a repeat may show it twice, and `duplicate` is never true. Rejects with a ChatError.
 */
export function createRocketChatWebhook({
  url,
  channel,
  publicUrl,
  timeoutMs = TIMEOUT_MS,
  now = Date.now,
}: RocketChatWebhookOptions): Chat {
  const target = httpUrl(url, "ROCKETCHAT_WEBHOOK_URL");
  const attempt = `send a message to the webhook at ${target.origin}`;
  const secrets = target.pathname.split("/").filter((part) => part.length > 4);
  return {
    channel: "webhook",
    async send(message: EscalationMessage, call: Call): Promise<ChatReceipt> {
      const text = formatMessage(message, linksOf(message, publicUrl));
      const body = { ...text, ...(channel === undefined ? {} : { channel }) };
      const answer = await exchange({ method: "POST", url: target, body, timeoutMs, attempt, secrets }, call);
      if (answer.status === 200 && answer.body?.["success"] === true)
        return { channel: "webhook", duplicate: false };
      throw refused(answer, { attempt, secrets, now: now() });
    },
  };
}

interface Context {
  readonly attempt: string;
  readonly secrets: readonly string[];
  readonly now: number;
}

function refused(answer: ChatAnswer, { attempt, secrets, now }: Context): ChatError {
  const { status } = answer;
  const words = scrub(wording(answer), secrets);
  const said = words === "" ? "" : ` (${words})`;
  if (status === 429) {
    const wait = retryAfterMs(answer.headers, now);
    const message = `${attempt}: too many requests, next try in ${Math.ceil(wait / 1000)} s`;
    return new ChatError("chat-rate-limited", message, { retriable: true, retryAfterMs: wait });
  }
  if (/overriding destination channel/.test(words)) {
    const advice =
      "this webhook has its own channel: unset ROCKETCHAT_CHANNEL or let the integration override it";
    return new ChatError("chat-channel-unknown", `${attempt}: ${advice}`, { retriable: false });
  }
  if (status >= 500) {
    const advice =
      "is Rocket.Chat up, and is the integration of ROCKETCHAT_WEBHOOK_URL still there and enabled?";
    return new ChatError("chat-server-error", `${attempt}: the server answers ${status}${said}; ${advice}`, {
      retriable: true,
    });
  }
  const advice = "check ROCKETCHAT_WEBHOOK_URL against the integration's page";
  return new ChatError("chat-refused", `${attempt}: refused with ${status}${said}; ${advice}`, {
    retriable: false,
  });
}
