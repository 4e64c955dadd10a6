/** The server's limiter: so many calls of one route in a window, counted from the first of them. */
export class RateLimiter {
  readonly #calls: number;
  readonly #windowMs: number;
  readonly #windows = new Map<string, { used: number; endsAt: number }>();

  constructor(calls: number, windowMs: number) {
    this.#calls = calls;
    this.#windowMs = windowMs;
  }

  /** Counts one call at `now`; the headers are on every answer of a limited route. */
  count(route: string, now: number): { allowed: boolean; headers: Record<string, string>; resetMs: number } {
    const running = this.#windows.get(route);
    const window =
      running !== undefined && running.endsAt > now ? running : { used: 0, endsAt: now + this.#windowMs };
    window.used += 1;
    this.#windows.set(route, window);
    return {
      allowed: window.used <= this.#calls,
      headers: rateLimitHeaders(this.#calls, Math.max(0, this.#calls - window.used), window.endsAt),
      resetMs: window.endsAt - now,
    };
  }
}

/** Rocket.Chat's own headers; there is no Retry-After. `reset` is in epoch milliseconds. */
export function rateLimitHeaders(limit: number, remaining: number, reset: number): Record<string, string> {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
  };
}

export function tooManyRequests(resetMs: number): { success: false; error: string } {
  const seconds = Math.ceil(resetMs / 1000);
  return {
    success: false,
    error: `Error, too many requests. Please slow down. You must wait ${seconds} seconds before trying this endpoint again. [error-too-many-requests]`,
  };
}
