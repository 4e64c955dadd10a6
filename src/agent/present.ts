import { capText } from "../core/cap-text.ts";
import { isJsonObject } from "../core/json.ts";
import type { Json } from "../core/json.ts";
import { neutralise } from "../core/neutralise.ts";
import { createRedactor } from "../core/redact.ts";
import type { Redactor } from "../core/redact.ts";
import { isSecretName } from "../core/secret-name.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** Bytes of one tool's answer. */
export const ANSWER_BYTES = 8000;

/** Text of the cluster as a model may see it: secrets masked, markup and control characters made harmless, cut to a size. */
export function present(text: string, redactor: Redactor, maxBytes = ANSWER_BYTES): string {
  return capText(neutralise(redactor.text(text)), maxBytes);
}

/** The last lines that fit, oldest first, with what was left out announced. */
export function lastLines(text: string, maxBytes: number): string {
  const lines = text.split("\n");
  const kept: string[] = [];
  let size = 0;
  for (const line of lines.toReversed()) {
    size += Buffer.byteLength(line) + 1;
    if (size > maxBytes) break;
    kept.unshift(line);
  }
  const left = lines.length - kept.length;
  if (kept.length === 0) return capText(lines.at(-1) ?? "", maxBytes);
  return left === 0 ? text : `[cut: ${left} earlier lines are left out]\n${kept.join("\n")}`;
}

/** Masks what is secret everywhere, and the values that this stack's own templates give to variables with a secret's name. */
export function redactorFor(snapshot: Snapshot, known: readonly string[]): Redactor {
  const own = snapshot.statefulSets.flatMap(({ template }) => secretsIn(template));
  return createRedactor({ known: [...new Set([...known, ...own])] });
}

/** A container may print a value without its name, where nothing else would tell that it is one. */
function secretsIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap((entry: Json) => secretsIn(entry));
  if (!isJsonObject(value)) return [];
  const { name, value: own } = value;
  const secret = typeof name === "string" && typeof own === "string" && isSecretName(name) ? [own] : [];
  return [...secret, ...Object.values(value).flatMap((entry) => secretsIn(entry))];
}
