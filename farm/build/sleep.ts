import { setTimeout as delay } from "node:timers/promises";

/** Waits; ends early and quietly when the signal is aborted. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/**
 * Asks again and again until the answer is something else than `undefined`.
 * @returns the answer, or `undefined` when the time was over or the signal aborted.
 */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  limits: { readonly everyMs: number; readonly forMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T | undefined> {
  const end = Date.now() + limits.forMs;
  while (!limits.signal?.aborted) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() + limits.everyMs > end) return undefined;
    await sleep(limits.everyMs, limits.signal);
  }
  return undefined;
}
