import { isJsonObject, parseJson } from "./json.ts";
import type { Json } from "./json.ts";
import { isSecretName } from "./secret-name.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The values that a stack's own templates give to variables with a secret's name: as they are, as they are declared, and as
 * they were, for a pod may still run on an earlier one. A program may print such a value without its name, where nothing
 * else would tell that it is a secret.
 */
export function stackSecrets(
  snapshot: Pick<Snapshot, "statefulSets" | "dryRuns" | "revisions">,
): readonly string[] {
  const { statefulSets, dryRuns, revisions = [] } = snapshot;
  const templates = [
    ...statefulSets.flatMap(({ template, intent }) => [template, parseJson(intent.template ?? "")]),
    ...dryRuns.map((dryRun) => (dryRun.ok ? dryRun.template : undefined)),
    ...revisions.map(({ template }) => template),
  ];
  return [...new Set(templates.flatMap((template) => secretsIn(template)))];
}

function secretsIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap((entry: Json) => secretsIn(entry));
  if (!isJsonObject(value)) return [];
  const { name, value: own } = value;
  const secret = typeof name === "string" && typeof own === "string" && isSecretName(name) ? [own] : [];
  return [...secret, ...Object.values(value).flatMap((entry) => secretsIn(entry))];
}
