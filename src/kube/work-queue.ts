import type { Clock, Log } from "../controllers/ports.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How many keys are worked on at once; 8 unless told. */
  readonly concurrency?: number;
  /** The wait after the first failure of a key, doubled with every further one up to a maximum. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/** Handles one key; the signal is aborted when the queue stops. */
export type Worker<K> = (key: K, signal: AbortSignal) => Promise<void>;

interface Delayed {
  readonly at: number;
  readonly cancel: () => void;
}

/**
 * Keys that wait to be worked on: each at most once in the queue and never by two workers at once. A key that is
 * added while it is being worked on comes again afterwards, so no change is lost.
 */
export class WorkQueue<K extends string> {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #concurrency: number;
  readonly #backoff: { readonly firstMs: number; readonly maxMs: number };
  /** In the order of arrival. */
  readonly #ready = new Set<K>();
  readonly #active = new Set<K>();
  /** Added while active. */
  readonly #again = new Set<K>();
  readonly #delayed = new Map<K, Delayed>();
  readonly #failures = new Map<K, number>();
  #open = true;
  #start: ((key: K) => void) | undefined;
  #idle = Promise.withResolvers<void>();

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#concurrency = options.concurrency ?? 8;
    this.#backoff = options.backoff ?? { firstMs: 500, maxMs: 60_000 };
  }

  /** Works on the key as soon as a worker is free; a later deadline of it is dropped. */
  add(key: K): void {
    if (!this.#open) return;
    this.#cancelDelay(key);
    if (this.#active.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#dispatch();
  }

  /** Adds the key in `delayMs`; of several deadlines the earliest holds. */
  addAfter(key: K, delayMs: number): void {
    if (!this.#open) return;
    if (!(delayMs > 0)) {
      this.add(key);
      return;
    }
    if (this.#ready.has(key) || this.#again.has(key)) return;
    const at = this.#clock.now() + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined && waiting.at <= at) return;
    waiting?.cancel();
    this.#delayed.set(key, { at, cancel: this.#clock.after(delayMs, () => this.add(key)) });
  }

  /**
   * Hands keys to the worker until the signal is aborted or the queue is shut down; resolves when no worker is active.
   * A worker that rejects is logged and its key tried again later, unless the error says that this cannot help.
   */
  async run(worker: Worker<K>, signal: AbortSignal): Promise<void> {
    if (this.#start !== undefined) throw new Error("the work queue runs already");
    this.#start = (key) => void this.#work(key, worker, signal);
    const onAbort = (): void => this.#stop();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) this.#stop();
    this.#dispatch();
    await this.#idle.promise;
    signal.removeEventListener("abort", onAbort);
  }

  /** Takes nothing new, drops what is delayed, works off what is ready; resolves when the last worker is done. */
  async shutDown(): Promise<void> {
    this.#close();
    this.#dispatch();
    if (this.#start !== undefined) await this.#idle.promise;
  }

  /** How many keys wait for a worker, wait for their time, and are being worked on. */
  stats(): { readonly ready: number; readonly delayed: number; readonly active: number } {
    return {
      ready: this.#ready.size + this.#again.size,
      delayed: this.#delayed.size,
      active: this.#active.size,
    };
  }

  #dispatch(): void {
    if (this.#start === undefined) return;
    for (const key of this.#ready) {
      if (this.#active.size >= this.#concurrency) return;
      this.#ready.delete(key);
      this.#active.add(key);
      this.#start(key);
    }
    if (!this.#open && this.#active.size === 0) this.#idle.resolve();
  }

  async #work(key: K, worker: Worker<K>, signal: AbortSignal): Promise<void> {
    try {
      await worker(key, signal);
      this.#failures.delete(key);
    } catch (error) {
      this.#failed(key, error, signal);
    }
    this.#active.delete(key);
    if (this.#again.delete(key)) {
      this.#cancelDelay(key);
      this.#ready.add(key);
    }
    this.#dispatch();
  }

  #failed(key: K, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const failures = this.#failures.get(key) ?? 0;
    const terminal = error instanceof MedicError && !error.retriable;
    if (terminal) {
      this.#failures.delete(key);
      this.#log.error("work on a key failed for good", { key, error: messageOf(error) });
      return;
    }
    const delayMs = Math.min(this.#backoff.maxMs, this.#backoff.firstMs * 2 ** Math.min(failures, 30));
    this.#failures.set(key, failures + 1);
    this.#log.warn("work on a key failed, trying again", {
      key,
      error: messageOf(error),
      failures: failures + 1,
      delayMs,
    });
    this.addAfter(key, delayMs);
  }

  #cancelDelay(key: K): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }

  /** Aborted: what has not begun is dropped, for whoever starts next looks at everything anyway. */
  #stop(): void {
    this.#close();
    this.#ready.clear();
    this.#again.clear();
    this.#dispatch();
  }

  #close(): void {
    this.#open = false;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
  }
}
