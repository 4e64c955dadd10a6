const LEAST_MS = 1_000;
const MOST_MS = 5 * 60_000;
const UNKNOWN_MS = 60_000;

/**
 * How long to wait after a 429, in milliseconds, between one second and five minutes.
 * Rocket.Chat sends no Retry-After but `X-RateLimit-Reset`, in epoch milliseconds of its own clock: so it is compared
 * with the answer's own Date, as the two machines' clocks may differ.
 */
export function retryAfterMs(headers: Headers, now: number): number {
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  const serverNow = Date.parse(headers.get("date") ?? "");
  const wait =
    Number.isFinite(reset) && reset > 0
      ? reset - (Number.isFinite(serverNow) ? serverNow : now)
      : retryAfter * 1000;
  return Number.isFinite(wait) ? Math.min(MOST_MS, Math.max(LEAST_MS, Math.ceil(wait))) : UNKNOWN_MS;
}
