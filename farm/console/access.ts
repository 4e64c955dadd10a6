import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { problem } from "../../src/api/problem.ts";
import type { RateLimit } from "./rate-limit.ts";
import { SESSION_HOURS } from "./sessions.ts";
import type { Sessions } from "./sessions.ts";

export interface Access {
  /** Lets nobody past without the token, where one is needed. */
  readonly check: MiddlewareHandler;
  /** Whether a token is needed, and whether this browser has given it. */
  readonly show: (context: Context) => Response;
  readonly open: (context: Context) => Promise<Response>;
  readonly close: (context: Context) => Response;
}

/** `sessions`: absent on loopback, where whoever reaches the console may use it. */
export function createAccess(options: {
  readonly sessions: Sessions | undefined;
  /** Wrong tokens, by the address they come from. */
  readonly attempts: RateLimit;
  /** Browsers keep cookies by name and host, whatever the port. */
  readonly cookie: string;
}): Access {
  const { sessions, attempts, cookie } = options;
  const isOpen = (context: Context): boolean =>
    sessions === undefined || sessions.isOpen(getCookie(context, cookie) ?? "");

  /** The answer to somebody who has guessed too often; else `undefined`. */
  function tooMany(context: Context): Response | undefined {
    const waitMs = attempts.take(addressOf(context));
    if (waitMs === 0) return undefined;
    context.header("retry-after", String(Math.ceil(waitMs / 1000)));
    return problem(context, 429, "Too many attempts", "Too many wrong tokens; wait a little.");
  }

  function keep(context: Context, session: string, maxAge: number): void {
    const secure = context.req.header("x-forwarded-proto") === "https";
    setCookie(context, cookie, session, { path: "/", httpOnly: true, sameSite: "Strict", maxAge, secure });
  }

  return {
    check: async (context, next) => {
      if (isOpen(context)) return next();
      const given = /^Bearer (\S+)$/.exec(context.req.header("authorization") ?? "")?.[1];
      if (given !== undefined && sessions?.isToken(given) === true) return next();
      if (given !== undefined) {
        const refused = tooMany(context);
        if (refused !== undefined) return refused;
      }
      return problem(context, 401, "Unauthorised", "This console asks for its token.");
    },
    show: (context) => context.json({ needed: sessions !== undefined, open: isOpen(context) }),
    open: async (context) => {
      if (sessions === undefined) return context.json({ needed: false, open: true });
      const body: unknown = await context.req.json().catch(() => undefined);
      const token = typeof body === "object" && body !== null && "token" in body ? body.token : undefined;
      const session = typeof token === "string" ? sessions.open(token.trim()) : undefined;
      if (session === undefined)
        return tooMany(context) ?? problem(context, 401, "Unauthorised", "That is not the console's token.");
      keep(context, session, SESSION_HOURS * 3600);
      return context.json({ needed: true, open: true });
    },
    close: (context) => {
      sessions?.close(getCookie(context, cookie) ?? "");
      keep(context, "", 0);
      return context.json({ needed: sessions !== undefined, open: sessions === undefined });
    },
  };
}

function addressOf(context: Context): string {
  try {
    return getConnInfo(context).remote.address ?? "";
  } catch {
    // Called without a socket, as tests do.
    return "";
  }
}
