const LEAST_MS = 1_000;
const MOST_MS = 5 * 60_000;
const UNKNOWN_MS = 60_000;

/**
 * How long to wait after a 429, in milliseconds, between one second and five minutes: `Retry-After` (seconds or a date)
 * where there is one. Rocket.Chat sends `X-RateLimit-Reset` instead, in epoch milliseconds of its own clock: so it is
 * compared with the answer's own Date, as the two machines' clocks may differ.
 */
export function retryAfterMs(headers: Headers, now: number): number {
  const serverNow = Date.parse(headers.get("date") ?? "");
  const since = Number.isFinite(serverNow) ? serverNow : now;
  const retryAfter = headers.get("retry-after") ?? "";
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  const waits = [
    retryAfter === "" ? Number.NaN : Number(retryAfter) * 1000,
    Date.parse(retryAfter) - since,
    reset > 0 ? reset - since : Number.NaN,
  ];
  return withinReason(waits.find(Number.isFinite));
}

/** A wait that a service asks for: no less than a second, no more than five minutes, a minute where it does not say. */
export function withinReason(waitMs: number | undefined): number {
  return waitMs === undefined ? UNKNOWN_MS : Math.min(MOST_MS, Math.max(LEAST_MS, Math.ceil(waitMs)));
}
