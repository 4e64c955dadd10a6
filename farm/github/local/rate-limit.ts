const MINUTE = 60_000;

/** Lets so many through in any minute; answers the seconds to wait, or 0. */
export function createRateLimit(perMinute: number, now: () => number): () => number {
  let taken: readonly number[] = [];
  return () => {
    const at = now();
    taken = taken.filter((one) => one > at - MINUTE);
    if (taken.length >= perMinute) return Math.max(1, Math.ceil(((taken[0] ?? at) + MINUTE - at) / 1000));
    taken = [...taken, at];
    return 0;
  };
}
