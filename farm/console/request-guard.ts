import type { Context, MiddlewareHandler } from "hono";
import { hostOf, securityHeaders, strangeHost } from "../../src/api/guard.ts";
import { problem } from "../../src/api/problem.ts";

/** A browser sends this for a page of another site only after asking us, and we never allow it. */
const CONSOLE_HEADER = "x-farm-console";

/** Headers for every answer, and the refusal of what a browser was tricked into sending. */
export function requestGuard(host: string): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    const refused = wrongHost(context, host) ?? wrongMethod(context) ?? foreign(context);
    if (refused !== undefined) return refused;
    await next();
    return undefined;
  };
}

function wrongHost(context: Context, host: string): Response | undefined {
  const name = strangeHost(context, host);
  if (name === undefined) return undefined;
  const detail = `This console answers to localhost, not to ${JSON.stringify(name.slice(0, 100))}.`;
  return problem(context, 421, "Misdirected request", detail);
}

function wrongMethod(context: Context): Response | undefined {
  if (["GET", "HEAD", "POST"].includes(context.req.method)) return undefined;
  context.header("allow", "GET, HEAD, POST");
  return problem(context, 405, "Method not allowed", "Use GET or POST.");
}

/** Whatever changes something comes from our own page, or from a program that names our header. */
function foreign(context: Context): Response | undefined {
  if (context.req.method !== "POST") return undefined;
  const origin = context.req.header("origin");
  const site = context.req.header("sec-fetch-site");
  const ours = origin === undefined || isOwnOrigin(origin, hostOf(context));
  const fromHere = site === undefined || site === "same-origin" || site === "none";
  if (!ours || !fromHere)
    return problem(context, 403, "Forbidden", "A page of another site must not use this console.");
  if (context.req.header(CONSOLE_HEADER) !== "1")
    return problem(context, 403, "Forbidden", `Send the header ${CONSOLE_HEADER}: 1.`);
  if (!/^application\/json\b/i.test(context.req.header("content-type") ?? ""))
    return problem(context, 415, "Unsupported media type", "Send JSON, with content-type: application/json.");
  return undefined;
}

function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
