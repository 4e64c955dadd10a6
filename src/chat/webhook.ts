import { createHmac } from "node:crypto";
import type { Call, Chat, ChatReceipt } from "../controllers/ports.ts";
import type { EscalationMessage } from "../core/escalation.ts";
import { ChatError } from "./chat-error.ts";
import { type ChatAnswer, exchange, httpUrl } from "./http-exchange.ts";
import { commonRefusal, type HttpRefusalContext, saidOf } from "./http-refusal.ts";
import { linksOf } from "./links.ts";
import { webhookBody } from "./webhook-body.ts";

const TIMEOUT_MS = 10_000;

export interface WebhookOptions {
  /** Where to post; its path and query may be a secret. */
  readonly url: string;
  /** What requests are signed with. */
  readonly secret?: string;
  readonly publicUrl?: string;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/**
 * Posts the message as JSON (docs/webhook-schema.json). A repeat carries the same `Idempotency-Key`: a receiver that
 * minds it shows a message once. Any 2xx is a success. Rejects with a ChatError.
 */
export function createWebhook(options: WebhookOptions): Chat {
  const { secret = "", publicUrl, timeoutMs = TIMEOUT_MS, now = Date.now } = options;
  const url = httpUrl(options.url, "WEBHOOK_URL");
  const attempt = `send a message to the webhook at ${url.origin}`;
  const hidden = [...url.pathname.split("/"), ...url.searchParams.values()].filter((part) => part.length > 4);
  const secrets = [...hidden, secret];
  return {
    channel: "webhook",
    async send(message: EscalationMessage, call: Call): Promise<ChatReceipt> {
      const body = JSON.stringify(webhookBody(message, linksOf(message, publicUrl)));
      const headers = { "idempotency-key": message.messageId, ...signature(body, secret, now()) };
      const answer = await exchange(
        { method: "POST", url, headers, body, timeoutMs, attempt, secrets },
        call,
      );
      if (answer.status >= 200 && answer.status < 300) return { channel: "webhook", duplicate: false };
      throw refused(answer, { attempt, variable: "WEBHOOK_URL", secrets, now: now() });
    },
  };
}

/** Over the time and the body, so that neither can be replayed with another. */
function signature(body: string, secret: string, now: number): Readonly<Record<string, string>> {
  if (secret === "") return {};
  const timestamp = String(Math.floor(now / 1000));
  const hmac = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { "x-medic-timestamp": timestamp, "x-medic-signature": `v1=${hmac}` };
}

function refused(answer: ChatAnswer, context: HttpRefusalContext): ChatError {
  const common = commonRefusal(answer, context);
  if (common !== undefined) return common;
  const denied = answer.status === 401 || answer.status === 403;
  const advice = denied ? "check WEBHOOK_URL and WEBHOOK_SECRET" : "check WEBHOOK_URL";
  return new ChatError(
    denied ? "chat-unauthorized" : "chat-refused",
    `${context.attempt}: refused with ${answer.status}${saidOf(answer, context)}; ${advice}`,
    { retriable: false },
  );
}
