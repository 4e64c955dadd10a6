import { Keys } from "../core/contract.ts";
import { isJsonObject } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { KubeEvent, NamespaceState, NodeState, RawIntent, StatefulSetState } from "../core/snapshot.ts";
import { entries, millis, millisOf, number, numberOf, objects, record, text, textOf } from "./raw.ts";

/** Raw Kubernetes objects to the slim types of the core. `undefined`: not one of ours, or without what makes it usable. */
export function slimNamespace(raw: JsonObject): NamespaceState | undefined {
  const metadata = record(raw["metadata"]);
  const name = text(metadata["name"]);
  if (name === undefined) return undefined;
  const labels = record(metadata["labels"]);
  const annotations = record(metadata["annotations"]);
  return {
    name,
    uid: textOf(metadata["uid"]),
    watched: labels[Keys.watch] === "true",
    terminating:
      metadata["deletionTimestamp"] !== undefined || record(raw["status"])["phase"] === "Terminating",
    ...optional("runId", text(labels[Keys.runId])),
    ...optional("buildUrl", text(annotations[Keys.buildUrl])),
    ...optional("paused", pausedBy(annotations)),
  };
}

/** Present means hands off, whatever it says; an empty value still pauses. */
function pausedBy(annotations: JsonObject): string | undefined {
  const value = annotations[Keys.paused];
  return value === undefined ? undefined : textOf(value) || "no name given";
}

export function slimStatefulSet(raw: JsonObject): StatefulSetState | undefined {
  const metadata = record(raw["metadata"]);
  const spec = record(raw["spec"]);
  const status = record(raw["status"]);
  const labels = record(metadata["labels"]);
  const annotations = record(metadata["annotations"]);
  const [name, template] = [text(metadata["name"]), spec["template"]];
  if (name === undefined || text(labels[Keys.client]) === undefined || !isJsonObject(template))
    return undefined;
  const strategy = record(spec["updateStrategy"]);
  return {
    name,
    uid: textOf(metadata["uid"]),
    resourceVersion: textOf(metadata["resourceVersion"]),
    generation: numberOf(metadata["generation"]),
    observedGeneration: numberOf(status["observedGeneration"]),
    role: textOf(labels[Keys.role]),
    testsStarted: labels[Keys.tests] === "started",
    ...optional("paused", pausedBy(annotations)),
    intent: rawIntent(annotations),
    ...optional("isolatedNodes", text(annotations[Keys.isolatedNodes])),
    createdAt: millisOf(metadata["creationTimestamp"]),
    specChangedAt: changedAt(metadata, (subresource) => subresource !== "status"),
    statusChangedAt: changedAt(metadata, (subresource) => subresource === "status"),
    terminating: metadata["deletionTimestamp"] !== undefined,
    replicas: number(spec["replicas"]) ?? 1,
    readyReplicas: numberOf(status["readyReplicas"]),
    updateStrategy: text(strategy["type"]) ?? "RollingUpdate",
    partition: numberOf(record(strategy["rollingUpdate"])["partition"]),
    currentRevision: textOf(status["currentRevision"]),
    updateRevision: textOf(status["updateRevision"]),
    template,
  };
}

export function clientOf(raw: JsonObject): string | undefined {
  return text(record(record(raw["metadata"])["labels"])[Keys.client]);
}

function rawIntent(annotations: JsonObject): RawIntent {
  return {
    ...optional("image", text(annotations[Keys.expectedImage])),
    ...optional("replicas", text(annotations[Keys.expectedReplicas])),
    ...optional("command", text(annotations[Keys.expectedCommand])),
    ...optional("template", text(annotations[Keys.expectedTemplate])),
  };
}

/** The newest time at which anyone changed what these subresources cover; at first when it was made. */
export function changedAt(metadata: JsonObject, covers: (subresource: Json | undefined) => boolean): number {
  const times = objects(metadata["managedFields"])
    .filter((entry) => covers(entry["subresource"]))
    .flatMap((entry) => millis(entry["time"]) ?? []);
  return Math.max(millisOf(metadata["creationTimestamp"]), ...times);
}

export function slimNode(raw: JsonObject): NodeState | undefined {
  const metadata = record(raw["metadata"]);
  const spec = record(raw["spec"]);
  const name = text(metadata["name"]);
  if (name === undefined) return undefined;
  const ready = objects(record(raw["status"])["conditions"]).find(
    (condition) => condition["type"] === "Ready",
  );
  return {
    name,
    uid: textOf(metadata["uid"]),
    ...optional("resourceVersion", text(metadata["resourceVersion"])),
    ready: ready?.["status"] === "True",
    unschedulable: spec["unschedulable"] === true,
    ...optional("maintenance", text(record(metadata["annotations"])[Keys.maintenance])),
    labels: Object.fromEntries(entries(record(metadata["labels"]))),
    taints: objects(spec["taints"]).map((taint) => ({
      key: textOf(taint["key"]),
      effect: textOf(taint["effect"]),
    })),
  };
}

/**
 * Both shapes of an Event in one: series and count, lastTimestamp or eventTime, and the prefix of aggregated events
 * taken off (kubernetes client-go, tools/record).
 */
export function slimEvent(raw: JsonObject): KubeEvent | undefined {
  const about = record(raw["involvedObject"] ?? raw["regarding"]);
  const series = record(raw["series"]);
  const at = eventTime(raw, series);
  if (at === undefined) return undefined;
  return {
    kind: textOf(about["kind"]),
    name: textOf(about["name"]),
    uid: textOf(about["uid"]),
    type: textOf(raw["type"]),
    reason: textOf(raw["reason"]),
    message: (text(raw["message"]) ?? textOf(raw["note"])).replace(/^\(combined from similar events\): /, ""),
    component: textOf(raw["reportingComponent"]) || textOf(record(raw["source"])["component"]),
    count: number(series["count"] ?? raw["count"]) ?? 1,
    at,
  };
}

function eventTime(raw: JsonObject, series: JsonObject): number | undefined {
  const metadata = record(raw["metadata"]);
  const told = [
    series["lastObservedTime"],
    raw["lastTimestamp"] ?? raw["deprecatedLastTimestamp"],
    raw["eventTime"],
    metadata["creationTimestamp"],
  ];
  return told.map(millis).find((time) => time !== undefined);
}

export function optional<K extends string, T extends Json>(
  key: K,
  value: T | undefined,
): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}
