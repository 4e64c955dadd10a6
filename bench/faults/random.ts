import { fnv1a128 } from "../../src/core/message-id.ts";

/** Numbers that are the same for the same seed and stream (mulberry32), and what is chosen with them. */
export class Random {
  #state: number;

  constructor(seed: number, stream: string) {
    this.#state = Number(BigInt.asUintN(32, fnv1a128(`${seed}/${stream}`)));
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number of both ends and what is between. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)] as T;
  }

  /** One of them, as often as its share of all shares says. */
  weighted<T extends { readonly share: number }>(from: readonly T[]): T {
    let left = this.next() * from.reduce((sum, { share }) => sum + share, 0);
    return from.find(({ share }) => (left -= share) < 0) ?? (from.at(-1) as T);
  }

  shuffled<T>(from: readonly T[]): T[] {
    return from
      .map((value) => ({ value, rank: this.next() }))
      .toSorted((left, right) => left.rank - right.rank)
      .map(({ value }) => value);
  }
}
