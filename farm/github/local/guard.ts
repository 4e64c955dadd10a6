import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { hostName } from "../../../src/api/guard.ts";
import { isSameSecret } from "../../build/same-secret.ts";

/** An error as GitHub words it. */
export function refuse(context: Context, status: ContentfulStatusCode, message: string): Response {
  return context.json(
    { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
    status,
  );
}

export function notFound(context: Context): Response {
  return refuse(context, 404, "Not Found");
}

/** Only programs of this machine that hold the token: no page of a browser, whatever name it goes by. */
export function guard(token: string): MiddlewareHandler {
  return async (context, next) => {
    context.header("x-content-type-options", "nosniff");
    context.header("cache-control", "no-store");
    const refusal = refusalOf(context, token);
    if (refusal !== undefined) return refusal;
    await next();
  };
}

function refusalOf(context: Context, token: string): Response | undefined {
  const host = hostName(context.req.header("host") ?? "");
  // A page of another site can make its own name point to 127.0.0.1, but not our Host header.
  if (!["localhost", "127.0.0.1", "[::1]"].includes(host)) {
    return refuse(context, 421, "This server answers to localhost alone.");
  }
  if (context.req.header("origin") !== undefined || context.req.header("sec-fetch-site") !== undefined) {
    return refuse(context, 403, "This server does not answer to pages in a browser.");
  }
  const given = /^(?:bearer|token) (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (given === undefined) return refuse(context, 401, "Requires authentication");
  return isSameSecret(given, token) ? undefined : refuse(context, 401, "Bad credentials");
}
