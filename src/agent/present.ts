import { capText } from "../core/cap-text.ts";
import { neutralise } from "../core/neutralise.ts";
import { createRedactor } from "../core/redact.ts";
import type { Redactor } from "../core/redact.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { stackSecrets } from "../core/stack-secrets.ts";

/** Bytes of one tool's answer. */
export const ANSWER_BYTES = 8000;

/** Text of the cluster as a model may see it: secrets masked, markup and control characters made harmless, cut to a size. */
export function present(text: string, redactor: Redactor, maxBytes = ANSWER_BYTES): string {
  return capText(harmless(text, redactor), maxBytes);
}

/** Secrets masked, markup and control characters made harmless. Done twice it changes nothing more. */
export function harmless(text: string, redactor: Redactor): string {
  // Masked once more: invisible characters may have stood within a secret.
  return redactor.text(neutralise(redactor.text(text)));
}

/** The last lines that fit, oldest first. */
export function lastThatFit(lines: readonly string[], maxBytes: number): readonly string[] {
  const kept: string[] = [];
  let size = 0;
  for (const line of lines.toReversed()) {
    size += Buffer.byteLength(line) + 1;
    if (size > maxBytes) break;
    kept.unshift(line);
  }
  return kept;
}

/** The last lines that fit, oldest first, with what was left out announced. */
export function lastLines(text: string, maxBytes: number): string {
  const lines = text.split("\n");
  const kept = lastThatFit(lines, maxBytes);
  const left = lines.length - kept.length;
  if (kept.length === 0) return capText(lines.at(-1) ?? "", maxBytes);
  return left === 0 ? text : `[cut: ${left} earlier lines are left out]\n${kept.join("\n")}`;
}

/** Masks what is secret everywhere, and what this stack's own templates give to variables with a secret's name. */
export function redactorFor(snapshot: Snapshot, known: readonly string[]): Redactor {
  return createRedactor({ known: [...new Set([...known, ...stackSecrets(snapshot)])] });
}
