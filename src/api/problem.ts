import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error as RFC 9457 has it; `detail` says what to do. */
export function problem(
  context: Context,
  status: ContentfulStatusCode,
  title: string,
  detail: string,
): Response {
  return context.body(JSON.stringify({ title, status, detail }), status, {
    "content-type": "application/problem+json",
  });
}
