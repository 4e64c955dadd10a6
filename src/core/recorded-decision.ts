import { isJsonObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

/** A recorded decision in short: for people, who can decide it again from its file. */
export interface RecordedDecision {
  /** In `stateDir/decisions`. */
  readonly file: string;
  /** When the snapshot was taken that it was made from, epoch milliseconds. */
  readonly at?: number;
  /** remediate, investigate, escalate, … */
  readonly plan: string;
  readonly reason: string;
  /** What is to be done, or what people are told. */
  readonly what: string;
  /** Why it may not be done, where it is refused. */
  readonly refused?: string;
}

/** `undefined` for what is no recorded decision. */
export function inShort(file: string, value: Json | undefined): RecordedDecision | undefined {
  const decision = isJsonObject(value) ? value["decision"] : undefined;
  if (!isJsonObject(value) || !isJsonObject(decision) || !isJsonObject(decision["plan"])) return undefined;
  const { plan } = decision;
  const { at } = objectOf(value["snapshot"]);
  const permission = objectOf(objectOf(plan["refused"])["permission"]);
  const refused = textOf(permission["why"]);
  return {
    file,
    ...(typeof at === "number" ? { at } : {}),
    plan: textOf(plan["kind"]),
    reason: textOf(plan["reason"]) || textOf(objectOf(plan["finding"])["reason"]),
    what: textOf(plan["rootCause"]) || textOf(plan["why"]) || actionWords(objectOf(plan["action"])),
    ...(refused === "" ? {} : { refused }),
  };
}

function actionWords(action: JsonObject): string {
  const target = textOf(action["pod"]) || textOf(action["node"]) || textOf(action["statefulSet"]);
  const changes = Array.isArray(action["changes"]) ? action["changes"].map(textOf) : [];
  return `${textOf(action["kind"])} ${target}${changes.length === 0 ? "" : `: ${changes.join("; ")}`}`.trim();
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
