import type { Clock } from "../controllers/ports.ts";

const farAway = 2_147_483_647;

/**
 * Resolves after `delayMs` on that clock; rejects with the signal's reason as soon as it is aborted.
 * Keeps the process alive meanwhile, which the clock's own timers do not.
 */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const keepAlive = setInterval(() => undefined, farAway);
  const cancel = clock.after(delayMs, resolve);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    cancel();
    clearInterval(keepAlive);
    signal.removeEventListener("abort", onAbort);
  });
}

/** Waiting times that double from `firstMs` up to `maxMs`, each drawn between half of that and all of it. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: { firstMs: number; maxMs: number; random: () => number }) {
    this.#firstMs = options.firstMs;
    this.#maxMs = options.maxMs;
    this.#random = options.random;
  }

  /** How long to wait after one more failure, in milliseconds. */
  next(): number {
    const full = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return full * (0.5 + this.#random() / 2);
  }

  /** It worked: the next failure is a first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
