import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { fileName } from "./file-name.ts";

/** A recorded decision in short: for people, who can decide it again from its file. */
export interface RecordedDecision {
  /** In `stateDir/decisions`. */
  readonly file: string;
  /** When the snapshot was taken that it was made from, epoch milliseconds. */
  readonly at: number | undefined;
  /** remediate, investigate, escalate, … */
  readonly plan: string;
  readonly reason: string;
  /** What is to be done, or what people are told. */
  readonly what: string;
  /** Why it may not be done, where it is refused. */
  readonly refused?: string;
}

const mostShown = 20;

/** The newest decisions about an incident, oldest first; none when none is kept. */
export async function recordedDecisions(
  stateDir: string,
  incident: string,
): Promise<readonly RecordedDecision[]> {
  const folder = join(stateDir, "decisions");
  const stem = fileName(incident);
  const numbers = (await readdir(folder).catch(() => [])).flatMap((name) => {
    const [, of, number] = /^(.*)-(\d+)\.json$/.exec(name) ?? [];
    return of === stem ? [Number(number)] : [];
  });
  const newest = numbers.sort((left, right) => left - right).slice(-mostShown);
  const read = await Promise.all(newest.map((number) => readDecision(folder, `${stem}-${number}.json`)));
  return read.flatMap((decision) => decision ?? []);
}

/** `undefined` for one that is gone meanwhile, or no decision. */
async function readDecision(folder: string, file: string): Promise<RecordedDecision | undefined> {
  const value = parseJson(await readFile(join(folder, file), "utf8").catch(() => ""));
  const decision = isJsonObject(value) ? value["decision"] : undefined;
  if (!isJsonObject(value) || !isJsonObject(decision) || !isJsonObject(decision["plan"])) return undefined;
  const { plan } = decision;
  const at = objectOf(value["snapshot"])["at"];
  const permission = objectOf(objectOf(plan["refused"])["permission"]);
  const refused = textOf(permission["why"]);
  return {
    file,
    at: typeof at === "number" ? at : undefined,
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
