import { isJsonObject, jsonEqual, parseJson } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Reason } from "./finding.ts";
import type { RawIntent, StatefulSetState } from "./snapshot.ts";
import { Keys } from "./contract.ts";

/** What a StatefulSet is declared to be. A member that is not declared is absent. */
export interface Intent {
  readonly image?: string;
  readonly replicas?: number;
  /** `[]` = the image's own default: any set command is drift. */
  readonly command?: readonly string[];
  readonly template?: JsonObject;
}

export interface IntentProblem {
  readonly reason: Extract<Reason, "IntentInvalid" | "IntentAmbiguous" | "IntentConflict">;
  readonly message: string;
}

/** The intent of one StatefulSet, or why it cannot be used. Any problem makes the whole intent unusable: never a guess. */
export interface ParsedIntent {
  readonly declared: boolean;
  readonly intent: Intent;
  readonly problems: readonly IntentProblem[];
}

/** Reads the intent annotations of a StatefulSet. */
export function parseIntent(set: Pick<StatefulSetState, "intent" | "template">): ParsedIntent {
  const { image, replicas, command, template } = set.intent;
  const fields = {
    image: image === undefined ? undefined : parseImage(image),
    replicas: replicas === undefined ? undefined : parseReplicas(replicas),
    command: command === undefined ? undefined : parseCommand(command),
    template: template === undefined ? undefined : parseTemplate(template),
  };
  const invalid = Object.values(fields).flatMap((field) =>
    field && "problem" in field ? [field.problem] : [],
  );
  const intent: Intent = {
    ...valueOf("image", fields.image),
    ...valueOf("replicas", fields.replicas),
    ...valueOf("command", fields.command),
    ...valueOf("template", fields.template),
  };
  const problems = [
    ...invalid.map((message) => ({ reason: "IntentInvalid" as const, message })),
    ...ambiguities(set, intent),
    ...conflicts(intent),
  ];
  return { declared: isDeclared(set.intent), intent, problems };
}

type Field<T> = { readonly value: T } | { readonly problem: string };

function valueOf<K extends string, T>(key: K, field: Field<T> | undefined): Partial<Record<K, T>> {
  return field && "value" in field ? ({ [key]: field.value } as Record<K, T>) : {};
}

function isDeclared(raw: RawIntent): boolean {
  return [raw.image, raw.replicas, raw.command, raw.template].some((text) => text !== undefined);
}

function parseImage(text: string): Field<string> {
  const fits = text !== "" && !/\s/.test(text);
  return fits
    ? { value: text }
    : { problem: `${Keys.expectedImage} is ${quote(text)}; an image reference is needed` };
}

function parseReplicas(text: string): Field<number> {
  return /^\d{1,6}$/.test(text)
    ? { value: Number(text) }
    : { problem: `${Keys.expectedReplicas} is ${quote(text)}; a whole number is needed` };
}

function parseCommand(text: string): Field<readonly string[]> {
  if (text === "") return { value: [] };
  const value = parseJson(text);
  if (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")) {
    return { value };
  }
  return {
    problem: `${Keys.expectedCommand} is ${quote(text)}; a JSON array of strings is needed, or "" for the image's own command`,
  };
}

function parseTemplate(text: string): Field<JsonObject> {
  const value = parseJson(text);
  const wrong = templateProblem(value);
  return wrong === undefined && isJsonObject(value)
    ? { value }
    : { problem: `${Keys.expectedTemplate} ${wrong}; the pod template as JSON is needed` };
}

function templateProblem(value: Json | undefined): string | undefined {
  if (value === undefined) return "is no JSON";
  if (!isJsonObject(value) || !isJsonObject(value["spec"])) return "has no spec";
  const containers = value["spec"]["containers"];
  if (!Array.isArray(containers) || containers.length === 0) return "has no containers";
  const named = containers.every(
    (container) => isJsonObject(container) && typeof container["name"] === "string",
  );
  return named ? undefined : "has a container without a name";
}

function ambiguities(set: Pick<StatefulSetState, "template">, intent: Intent): IntentProblem[] {
  if (intent.template !== undefined) return [];
  if (intent.image === undefined && intent.command === undefined) return [];
  const names = containersOf(set.template).map(nameOf);
  if (names.length === 1) return [];
  const message = `an image or command is declared, but the pod has the containers ${names.join(", ") || "(none)"} and nothing says which one is meant; declare ${Keys.expectedTemplate}`;
  return [{ reason: "IntentAmbiguous", message }];
}

/** With a template declared, image and command must say the same as it does. */
function conflicts(intent: Intent): IntentProblem[] {
  if (intent.template === undefined) return [];
  const containers = containersOf(intent.template);
  const conflict = (what: string): IntentProblem => ({
    reason: "IntentConflict",
    message: `${what} contradicts ${Keys.expectedTemplate}; make them say the same`,
  });
  const problems: IntentProblem[] = [];
  if (intent.image !== undefined && !containers.some((container) => container["image"] === intent.image)) {
    problems.push(conflict(`${Keys.expectedImage} ${quote(intent.image)}`));
  }
  const only = containers.length === 1 ? containers[0] : undefined;
  if (intent.command !== undefined && only && !jsonEqual(only["command"] ?? [], intent.command)) {
    problems.push(conflict(`${Keys.expectedCommand} ${quote(JSON.stringify(intent.command))}`));
  }
  return problems;
}

/** The containers (not the init containers) of a pod template. */
export function containersOf(template: JsonObject): readonly JsonObject[] {
  const spec = template["spec"];
  const containers = isJsonObject(spec) ? spec["containers"] : undefined;
  return Array.isArray(containers) ? containers.filter(isJsonObject) : [];
}

/** A container's name; Kubernetes has none without, a declared template may. */
export function nameOf({ name }: JsonObject): string {
  return typeof name === "string" ? name : "";
}

function quote(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`;
}

/**
 * The template that a repair would write, before the server's defaulting: the declared template, else the live one
 * with the declared image and command. `undefined` when the intent says nothing about it or cannot be used.
 */
export function repairTemplate(set: Pick<StatefulSetState, "intent" | "template">): JsonObject | undefined {
  const { intent, problems } = parseIntent(set);
  if (problems.length > 0) return undefined;
  if (intent.template !== undefined) return intent.template;
  if (intent.image === undefined && intent.command === undefined) return undefined;
  return withContainer(set.template, (container) => ({
    ...container,
    ...(intent.image === undefined ? {} : { image: intent.image }),
    ...(intent.command === undefined
      ? {}
      : { command: intent.command.length > 0 ? intent.command : undefined }),
  }));
}

function withContainer(template: JsonObject, change: (container: JsonObject) => JsonObject): JsonObject {
  // Image and command are usable for a pod of one container only, so there is a spec.
  const spec = template["spec"] as JsonObject;
  const changed = containersOf(template).map(
    (container) => JSON.parse(JSON.stringify(change(container))) as JsonObject,
  );
  return { ...template, spec: { ...spec, containers: changed } };
}
