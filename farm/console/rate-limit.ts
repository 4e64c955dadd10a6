/** Lets `burst` through at once, and one more every `everyMs` after that. */
export interface RateLimit {
  /** Takes one: 0, or how many milliseconds to wait for the next. */
  readonly take: (key?: string) => number;
}

/** Who is not known any more has a full bucket anyway. */
const MOST_KEYS = 1000;

export function createRateLimit(limit: {
  readonly burst: number;
  readonly everyMs: number;
  readonly now: () => number;
}): RateLimit {
  const { burst, everyMs, now } = limit;
  const fullAt = new Map<string, number>();
  return {
    take(key = "") {
      const at = now();
      const empty = Math.max(fullAt.get(key) ?? at, at);
      const wait = empty + everyMs - (at + burst * everyMs);
      if (wait > 0) return wait;
      fullAt.delete(key);
      fullAt.set(key, empty + everyMs);
      const [oldest] = fullAt.keys();
      if (fullAt.size > MOST_KEYS && oldest !== undefined) fullAt.delete(oldest);
      return 0;
    },
  };
}
