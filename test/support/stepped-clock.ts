import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../src/controllers/ports.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is stepped; timers run in the order of their time. */
export class SteppedClock implements Clock {
  #now: number;
  #timers: Timer[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers are waiting. */
  pending(): number {
    return this.#timers.length;
  }

  /** Moves time forward, runs what falls due, and lets promises settle before, between and after the timers. */
  async step(ms: number): Promise<void> {
    const end = this.#now + ms;
    await setImmediate();
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await setImmediate();
    }
    this.#now = end;
  }

  #next(end: number): Timer | undefined {
    return this.#timers
      .filter((timer) => timer.at <= end)
      .reduce<Timer | undefined>(
        (first, timer) => (first && first.at <= timer.at ? first : timer),
        undefined,
      );
  }
}
