import type { Context, MiddlewareHandler, Next } from "hono";
import { problem } from "./problem.ts";

/** With every answer of ours, a page's or not. Trusted Types: no text ever becomes HTML or a script. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Only reading, only under our own names, and nothing a browser could be tricked into. */
export function guard(host: string): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    return refusal(context, host) ?? (await pass(next));
  };
}

async function pass(next: Next): Promise<undefined> {
  await next();
  return undefined;
}

function refusal(context: Context, host: string): Response | undefined {
  if (context.req.method !== "GET" && context.req.method !== "HEAD") {
    context.header("allow", "GET, HEAD");
    return problem(context, 405, "Method not allowed", "Build Medic can only be read through HTTP; use GET.");
  }
  const name = strangeHost(context, host);
  return name === undefined
    ? undefined
    : problem(
        context,
        421,
        "Misdirected request",
        `This server answers to localhost, not to ${JSON.stringify(name)}.`,
      );
}

/**
 * The name that a request to a loopback address was sent to, when it is no loopback name. A page of another site can make its
 * own name point to 127.0.0.1, but not our Host header.
 */
export function strangeHost(context: Context, host: string): string | undefined {
  const name = hostName(hostOf(context));
  return isLoopback(host) && !isLoopback(name) ? name : undefined;
}

/** The Host header, which HTTP/1.0 may leave out. */
export function hostOf(context: Context): string {
  return context.req.header("host") ?? new URL(context.req.url).host;
}

/** A Host header without its port. */
export function hostName(header: string): string {
  return header.replace(/:\d*$/, "").toLowerCase();
}

export function isLoopback(name: string): boolean {
  return name === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(name) || name === "::1" || name === "[::1]";
}
