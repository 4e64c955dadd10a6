import type { Json } from "./json.ts";
import { maskAssignments } from "./mask-assignments.ts";
import { maskJson } from "./mask-json.ts";
import { maskShapes } from "./mask-shapes.ts";
import { maskUrls } from "./mask-urls.ts";
import { isMask, type Mask } from "./mask.ts";

/** Masks secrets before anything is written, shown or sent. Masking twice changes nothing more. */
export interface Redactor {
  text(text: string): string;
  /** A deep copy as JSON. */
  json(value: unknown): Json;
}

/** What a mask is when no other is asked for. */
const plainMask: Mask = () => "[masked]";
/** Shorter values would mask ordinary text. */
const shortestKnown = 6;

/** `known`: exact values that are masked wherever they stand. `mask`: what to write instead, see `numberedMask`. */
export function createRedactor(options: { known?: readonly string[]; mask?: Mask } = {}): Redactor {
  const write = options.mask ?? plainMask;
  const mask: Mask = (secret) => (isMask(secret) ? secret : write(secret));
  const known = [...(options.known ?? [])]
    .filter((secret) => secret.length >= shortestKnown)
    .sort((left, right) => right.length - left.length);
  const text = (original: string): string => {
    let masked = original;
    for (const secret of known) masked = masked.split(secret).join(mask(secret));
    return settled(masked, (seen) => maskAssignments(maskUrls(maskShapes(seen, mask), mask), mask));
  };
  return { text, json: (value) => maskJson(value, { text, mask }) };
}

/** What one rule masked can complete another rule's pattern in contrived text; ordinary text settles at once. */
function settled(text: string, pass: (text: string) => string): string {
  let before = text;
  let after = pass(before);
  for (let round = 0; round < 8 && after !== before; round++) {
    before = after;
    after = pass(before);
  }
  return after;
}

/** The same secret gets the same number and another one another number, so that "equal" and "different" survive. */
export function numberedMask(): Mask {
  const numbers = new Map<string, number>();
  return (secret) => {
    const number = numbers.get(secret) ?? numbers.size + 1;
    numbers.set(secret, number);
    return `[masked-${number}]`;
  };
}

const defaultRedactor = createRedactor();

/** The text with recognisable secrets masked. */
export function redact(text: string): string {
  return defaultRedactor.text(text);
}

/** The value as JSON with recognisable secrets masked, deeply. */
export function redactJson(value: unknown): Json {
  return defaultRedactor.json(value);
}
