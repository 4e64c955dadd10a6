import { isJsonObject } from "../../core/json.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SetView } from "../../core/stack-view.ts";

/** What a StatefulSet's pods are made of, for reading. Of environment variables only the names are told. */
export function podTemplate({ set, parsed }: SetView): string {
  const spec = object(set.template["spec"]);
  const declared = parsed.intent;
  return [
    `Template of ${set.name}:`,
    ...list(spec["initContainers"]).flatMap((container) => containerLines("init container", container)),
    ...list(spec["containers"]).flatMap((container) => containerLines("container", container)),
    ...rest("node selector", spec["nodeSelector"]),
    ...rest("affinity", spec["affinity"]),
    ...rest("tolerations", spec["tolerations"]),
    ...rest("volumes", spec["volumes"]),
    ...rest("image pull secrets", spec["imagePullSecrets"]),
    ...(declared.image === undefined ? [] : [`  declared image: ${declared.image}`]),
    ...(declared.command === undefined
      ? []
      : [
          `  declared command: ${declared.command.length === 0 ? "the image's own" : JSON.stringify(declared.command)}`,
        ]),
    ...(declared.template === undefined ? [] : ["  the whole template is declared"]),
  ].join("\n");
}

function containerLines(kind: string, container: JsonObject): string[] {
  const env = list(container["env"]).map(({ name, valueFrom }) =>
    isJsonObject(valueFrom) ? `${word(name)} (from ${sourceOf(valueFrom)})` : word(name),
  );
  const ports = list(container["ports"]).map(({ containerPort }) => word(containerPort));
  return [
    `  ${kind} ${word(container["name"])}: image ${word(container["image"])}`,
    ...rest("  command", container["command"]),
    ...rest("  args", container["args"]),
    ...(ports.length === 0 ? [] : [`    ports: ${ports.join(", ")}`]),
    ...rest("  startup probe", container["startupProbe"]),
    ...rest("  readiness probe", container["readinessProbe"]),
    ...rest("  liveness probe", container["livenessProbe"]),
    ...rest("  resources", container["resources"]),
    ...(env.length === 0 ? [] : [`    environment (names only): ${env.join(", ")}`]),
  ];
}

function sourceOf(valueFrom: JsonObject): string {
  const [kind = "", reference] = Object.entries(valueFrom)[0] ?? [];
  const named = object(reference);
  const parts = [named["name"], named["key"] ?? named["fieldPath"]].filter((part) => part !== undefined);
  return [kind.replace(/Ref$/, ""), ...parts.map(word)].join(" ");
}

function rest(what: string, value: Json | undefined): string[] {
  const empty =
    value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (isJsonObject(value) && Object.keys(value).length === 0);
  return empty ? [] : [`  ${what}: ${JSON.stringify(value)}`];
}

function word(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
