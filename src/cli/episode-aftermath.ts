import { isJsonObject } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import type { EpisodeRecord } from "../core/episode-record.ts";
import type { CallPart } from "../core/episode-steps.ts";
import { fieldRows, INDENT, setIn, wrap } from "./page-text.ts";
import type { PageOptions } from "./page-text.ts";
import { oneLine } from "../core/transcript-values.ts";

/** The tool that speaks to people. */
export const CONCLUDES = "rocketchat";

/** By the audit log, which knows more than the transcript: a call without an answer may have been carried out. */
export function aftermathRows(
  { about }: EpisodeRecord,
  conclusion: CallPart | undefined,
  { audit, width, paint, namespace }: PageOptions,
): string[] {
  const acts = audit.filter(({ actor, action }) => actor === "agent" && action !== CONCLUDES);
  const told = acts.filter(({ stage }) => stage !== "intent");
  const open = acts.filter((act) => act["stage"] === "intent" && !hasOutcome(act, acts));
  const rows = [...told, ...open].map((act): [string, string] => [timeOf(act), actWords(act)]);
  const changed = rows.length === 0 ? setIn([nothingWords(audit)]) : fieldRows(rows, width, paint);
  const words = [
    ...(conclusion === undefined
      ? []
      : ["The conclusion is sent once, after the episode, unless the stack has become ready."]),
    "Whether the stack became ready is not the episode's to say; the Incident says it:",
  ];
  const command = `kubectl get incident ${about["incident"] ?? "NAME"} -n ${namespace} -o yaml`;
  return [
    ...changed,
    "",
    ...words.flatMap((text) => setIn(wrap(text, width - 2))),
    `${INDENT}${INDENT}${command}`,
  ];
}

function nothingWords(audit: readonly JsonObject[]): string {
  return audit.length === 0
    ? "No audit log with records of this incident lies beside the transcript."
    : "By the audit log nothing was changed, and nothing that was asked for was refused.";
}

function hasOutcome(intent: JsonObject, acts: readonly JsonObject[]): boolean {
  const later = acts.slice(acts.indexOf(intent) + 1);
  return later.some(({ stage, action }) => stage === "outcome" && action === intent["action"]);
}

function timeOf({ time }: JsonObject): string {
  return oneLine(time).slice(11, 19);
}

function actWords({ action, stage, decision, result, arguments: given }: JsonObject): string {
  const args = isJsonObject(given) ? given : {};
  const target = [args["node"], args["pod"], args["statefulSet"] ?? args["statefulset"]].find(
    (name): name is string => typeof name === "string",
  );
  const what = [action, target]
    .map((word) => oneLine(word))
    .filter((word) => word !== "")
    .join(" ");
  const why = isJsonObject(decision) ? oneLine(decision["why"]) : "";
  if (stage === "refused") return `${what}: refused. ${why}`;
  if (stage === "intent") return `${what}: begun; no outcome is recorded, so look it up in the cluster`;
  return `${what}: ${oneLine(result)}`;
}
