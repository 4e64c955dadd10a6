import type { JsonObject } from "../core/json.ts";
import type { ContainerState, PodCondition, PodState, TerminatedState } from "../core/snapshot.ts";
import { Keys } from "../core/contract.ts";
import { millis, millisOf, number, numberOf, objects, record, strings, text, textOf } from "./raw.ts";
import { changedAt, optional } from "./slim.ts";

/** A raw Pod in the core's slim form; `undefined` when no StatefulSet owns it. */
export function slimPod(raw: JsonObject): PodState | undefined {
  const metadata = record(raw["metadata"]);
  const spec = record(raw["spec"]);
  const status = record(raw["status"]);
  const labels = record(metadata["labels"]);
  const owner = objects(metadata["ownerReferences"]).find(
    ({ kind, controller }) => kind === "StatefulSet" && controller === true,
  );
  const name = text(metadata["name"]);
  if (name === undefined || owner === undefined) return undefined;
  return {
    name,
    uid: textOf(metadata["uid"]),
    resourceVersion: textOf(metadata["resourceVersion"]),
    statefulSet: textOf(owner["name"]),
    statefulSetUid: textOf(owner["uid"]),
    role: textOf(labels[Keys.role]),
    ordinal: Number(/-(\d+)$/.exec(name)?.[1] ?? Number.NaN),
    revision: textOf(labels["controller-revision-hash"]),
    phase: textOf(status["phase"]),
    ...optional("statusReason", text(status["reason"])),
    ...optional("statusMessage", text(status["message"])),
    ...optional("nodeName", text(spec["nodeName"])),
    createdAt: millisOf(metadata["creationTimestamp"]),
    statusChangedAt: changedAt(metadata, (subresource) => subresource === "status"),
    ...optional("deletionAt", millis(metadata["deletionTimestamp"])),
    conditions: objects(status["conditions"]).map(slimCondition),
    containers: containers(spec, status),
  };
}

function slimCondition(raw: JsonObject): PodCondition {
  return {
    type: textOf(raw["type"]),
    status: textOf(raw["status"]),
    ...optional("reason", text(raw["reason"])),
    ...optional("message", text(raw["message"])),
    since: millisOf(raw["lastTransitionTime"]),
  };
}

function containers(spec: JsonObject, status: JsonObject): ContainerState[] {
  const list = (specKey: string, statusKey: string, init: boolean): ContainerState[] => {
    const states = objects(status[statusKey]);
    return objects(spec[specKey]).map((container) =>
      slimContainer(container, states.find(({ name }) => name === container["name"]) ?? {}, init),
    );
  };
  return [
    ...list("initContainers", "initContainerStatuses", true),
    ...list("containers", "containerStatuses", false),
  ];
}

function slimContainer(spec: JsonObject, status: JsonObject, init: boolean): ContainerState {
  const state = record(status["state"]);
  const waiting = record(state["waiting"]);
  const command = strings(spec["command"]);
  const args = strings(spec["args"]);
  return {
    name: textOf(spec["name"]),
    init,
    image: textOf(spec["image"]),
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ready: status["ready"] === true,
    started: status["started"] === true,
    restarts: numberOf(status["restartCount"]),
    startupBudgetMs: startupBudgetMs(record(spec["startupProbe"])),
    ...(state["waiting"] === undefined
      ? {}
      : { waiting: { reason: textOf(waiting["reason"]), message: textOf(waiting["message"]) } }),
    ...optional("runningSince", millis(record(state["running"])["startedAt"])),
    ...terminated("terminated", state),
    ...terminated("lastTerminated", { lastTerminated: record(status["lastState"])["terminated"] }),
  };
}

/** How long the kubelet lets the startup probe fail (its defaults: every 10 s, 3 times). */
function startupBudgetMs(probe: JsonObject): number {
  if (Object.keys(probe).length === 0) return 0;
  const period = number(probe["periodSeconds"]) ?? 10;
  const failures = number(probe["failureThreshold"]) ?? 3;
  return (numberOf(probe["initialDelaySeconds"]) + period * failures) * 1000;
}

function terminated(
  key: "terminated" | "lastTerminated",
  state: JsonObject,
): Record<string, TerminatedState> {
  if (state[key] === undefined) return {};
  const raw = record(state[key]);
  return {
    [key]: {
      reason: textOf(raw["reason"]),
      exitCode: numberOf(raw["exitCode"]),
      message: textOf(raw["message"]),
      finishedAt: millisOf(raw["finishedAt"]),
    },
  };
}
