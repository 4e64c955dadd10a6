import { MedicError } from "../lib/medic-error.ts";

const FIRST_DELAY_MS = 2_000;
/** How late a message may be because the chat was away: people wait for it. */
const LONGEST_DELAY_MS = 60_000;
/** Nobody but a person can put a refusal right. */
const REFUSED_DELAY_MS = 5 * 60_000;

interface Tried {
  readonly failures: number;
  readonly at: number;
  readonly notBefore: number;
}

/**
 * When a message may be tried. A chat that is away, slow or limits requests is left alone for all messages alike, and then
 * asked with one of them; a refusal is about that message only. Once one is delivered no other has to wait.
 */
export class OutboxPace {
  readonly #tried = new Map<string, Tried>();
  #failures = 0;
  #notBefore = 0;

  /** Those of the owed messages that may be tried now, the one that waited longest first. */
  due(names: readonly string[], now: number): readonly string[] {
    const due = names
      .filter((name) => this.mayTry(name, now))
      .toSorted((left, right) => this.#triedAt(left) - this.#triedAt(right));
    return this.#failures > 0 ? due.slice(0, 1) : due;
  }

  #triedAt(name: string): number {
    return this.#tried.get(name)?.at ?? -1;
  }

  mayTry(name: string, now: number): boolean {
    return this.#notBefore <= now && (this.#tried.get(name)?.notBefore ?? 0) <= now;
  }

  failed(name: string, error: unknown, now: number): void {
    const failures = (this.#tried.get(name)?.failures ?? 0) + 1;
    const refused = error instanceof MedicError && !error.retriable;
    const delay = refused ? REFUSED_DELAY_MS : backOff(failures);
    this.#tried.set(name, { failures, at: now, notBefore: now + delay });
    if (refused) return;
    this.#failures += 1;
    this.#notBefore = Math.max(this.#notBefore, now + Math.max(toldBy(error), backOff(this.#failures)));
  }

  delivered(name: string): void {
    this.#failures = 0;
    this.#tried.delete(name);
    for (const [other, tried] of this.#tried) this.#tried.set(other, { ...tried, notBefore: 0 });
  }
}

function backOff(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
}

/** How long the service asks to be left alone, in milliseconds. */
function toldBy(error: unknown): number {
  return error instanceof MedicError && "retryAfterMs" in error ? Number(error.retryAfterMs) || 0 : 0;
}
