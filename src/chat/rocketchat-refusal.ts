import { ChatError } from "./chat-error.ts";
import { type ChatAnswer, scrub } from "./http-exchange.ts";
import { retryAfterMs } from "./rate-limit.ts";

/** What a refusal is judged with. */
export interface RefusalContext {
  readonly attempt: string;
  readonly channel: string;
  readonly secrets: readonly string[];
  readonly now: number;
}

interface Known {
  readonly pattern: RegExp;
  readonly code: "chat-channel-unknown" | "chat-forbidden" | "chat-refused" | "chat-unauthorized";
  readonly advice: (channel: string) => string;
}

/** Refusals that no retry gets past, as Rocket.Chat words them in `error` and `errorType`. First match wins. */
const KNOWN: readonly Known[] = [
  {
    pattern: /error-room-not-found|invalid-channel|error-invalid-room/,
    code: "chat-channel-unknown",
    advice: (channel) => `Rocket.Chat has no channel ${channel}: create it or correct ROCKETCHAT_CHANNEL`,
  },
  {
    pattern: /error-room-archived/,
    code: "chat-channel-unknown",
    advice: (channel) =>
      `the channel ${channel} is archived: unarchive it or set ROCKETCHAT_CHANNEL to another one`,
  },
  {
    pattern: /not-?allowed|readonly|muted|room_is_blocked|error-action-not-allowed/i,
    code: "chat-forbidden",
    advice: (channel) =>
      `its user may not write to ${channel}: invite it to the channel and let it post there`,
  },
  {
    pattern: /message-size-exceeded/,
    code: "chat-refused",
    advice: () => "the message is too long: an administrator must set Message_MaxAllowedSize to 5000 or more",
  },
];

/** The error of an answer that is no success. */
export function refusal(answer: ChatAnswer, context: RefusalContext): ChatError {
  const { attempt } = context;
  if (answer.status === 429) {
    const wait = retryAfterMs(answer.headers, context.now);
    const message = `${attempt}: too many requests, next try in ${Math.ceil(wait / 1000)} s; the role bot lifts this limit`;
    return new ChatError("chat-rate-limited", message, { retriable: true, retryAfterMs: wait });
  }
  if (answer.status >= 500) {
    return new ChatError(
      "chat-server-error",
      `${attempt}: the server answers ${answer.status}${said(answer, context)}`,
      {
        retriable: true,
      },
    );
  }
  if (answer.status >= 300 && answer.status < 400) return redirected(answer, context);
  return denied(answer, context);
}

function denied(answer: ChatAnswer, context: RefusalContext): ChatError {
  const { attempt, channel } = context;
  const missing = answer.status === 200 && answer.body?.["room"] === null;
  const words = missing ? "error-room-not-found" : wording(answer);
  const known = KNOWN.find(({ pattern }) => pattern.test(words));
  if (answer.status === 401) {
    const advice = "the server does not accept the account: check ROCKETCHAT_USER_ID and ROCKETCHAT_TOKEN";
    return new ChatError("chat-unauthorized", `${attempt}: ${advice}`, { retriable: false });
  }
  if (known !== undefined)
    return new ChatError(known.code, `${attempt}: ${known.advice(channel)}`, { retriable: false });
  if (answer.status === 403) {
    const advice = `the account may not do this${said(answer, context)}: give the user of ROCKETCHAT_USER_ID the role bot`;
    return new ChatError("chat-forbidden", `${attempt}: ${advice}`, { retriable: false });
  }
  if (answer.body === undefined) {
    // A maintenance page passes; a wrong address is seen at once by its sentence. So it is worth another try.
    const advice = `${answer.status} and no answer of Rocket.Chat: check that ROCKETCHAT_URL is its address`;
    return new ChatError("chat-unexpected-answer", `${attempt}: ${advice}`, {
      retriable: answer.status < 400,
    });
  }
  return new ChatError("chat-refused", `${attempt}: refused with ${answer.status}${said(answer, context)}`, {
    retriable: false,
  });
}

function redirected(answer: ChatAnswer, context: RefusalContext): ChatError {
  const location = answer.headers.get("location") ?? "";
  const to = URL.canParse(location) ? ` to ${new URL(location).origin}` : "";
  const advice = `the server redirects${to}: set ROCKETCHAT_URL to the final address`;
  return new ChatError("chat-redirected", `${context.attempt}: ${advice}`, { retriable: false });
}

/** What the server gave as its reason, for matching. */
export function wording(answer: ChatAnswer): string {
  const { error, errorType, message } = answer.body ?? {};
  return [error, errorType, message].filter((part) => typeof part === "string").join(" ");
}

function said(answer: ChatAnswer, context: RefusalContext): string {
  const words = scrub(wording(answer).replaceAll(/\s+/g, " ").trim(), context.secrets);
  return words === "" ? "" : ` (${words})`;
}
