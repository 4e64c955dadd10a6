import { randomInt } from "node:crypto";

const SUFFIX_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** A short name for a build: sorts by time, is unique, fits into a DNS label. Takes the time in milliseconds. */
export function newRunId(now: number, random: (below: number) => number = randomInt): string {
  const seconds = Math.floor(now / 1000).toString(36);
  const suffix = Array.from({ length: 3 }, () => SUFFIX_CHARACTERS[random(SUFFIX_CHARACTERS.length)]);
  return `${seconds.padStart(7, "0")}-${suffix.join("")}`;
}

export function newSeed(): number {
  return randomInt(2 ** 32);
}
