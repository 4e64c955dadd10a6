import { ChatError } from "./chat-error.ts";
import { type ChatAnswer, scrub } from "./http-exchange.ts";
import { retryAfterMs, withinReason } from "./rate-limit.ts";

export interface HttpRefusalContext {
  readonly attempt: string;
  /** The variable that holds the address. */
  readonly variable: string;
  readonly secrets: readonly string[];
  readonly now: number;
}

/** What any HTTP service may answer instead of doing what was asked; `undefined` for a refusal of its own kind. */
export function commonRefusal(answer: ChatAnswer, context: HttpRefusalContext): ChatError | undefined {
  const { status } = answer;
  const { attempt, variable } = context;
  if (status === 429) {
    const told = answer.body?.["retry_after_ms"];
    const wait = typeof told === "number" ? withinReason(told) : retryAfterMs(answer.headers, context.now);
    const message = `${attempt}: too many requests, next try in ${Math.ceil(wait / 1000)} s`;
    return new ChatError("chat-rate-limited", message, { retriable: true, retryAfterMs: wait });
  }
  if (status >= 500 || status === 408 || status === 425) {
    const message = `${attempt}: the server answers ${status}${saidOf(answer, context)}`;
    return new ChatError("chat-server-error", message, { retriable: true });
  }
  if (status >= 300 && status < 400) {
    const location = answer.headers.get("location") ?? "";
    const to = URL.canParse(location) ? ` to ${new URL(location).origin}` : "";
    const message = `${attempt}: the server redirects${to}: set ${variable} to the final address`;
    return new ChatError("chat-redirected", message, { retriable: false });
  }
  return undefined;
}

/** The reason that the answer gives, in brackets and without the secrets. */
export function saidOf({ body }: ChatAnswer, { secrets }: Pick<HttpRefusalContext, "secrets">): string {
  const words = [body?.["errcode"], body?.["error"], body?.["message"]].filter(
    (word) => typeof word === "string",
  );
  const said = scrub(words.join(" ").replaceAll(/\s+/g, " ").trim(), secrets);
  return said === "" ? "" : ` (${said})`;
}
