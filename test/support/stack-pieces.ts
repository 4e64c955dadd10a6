import type { JsonObject } from "../../src/core/json.ts";
import { nameOf } from "../../src/core/intent.ts";
import { isJsonObject } from "../../src/core/json.ts";
import { fnv1a128 } from "../../src/core/message-id.ts";
import type {
  ClaimState,
  ContainerState,
  NodeState,
  PodState,
  RevisionState,
  StatefulSetState,
  TerminatedState,
} from "../../src/core/snapshot.ts";

/** The objects of a stack as Kubernetes would have them, for tests; builders.ts puts them together. */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** When the stacks of the tests were deployed. */
export const DEPLOYED = Date.UTC(2026, 0, 5, 12);
/** When something last went right on a healthy stack: it had become ready by then. */
export const CAME_UP = DEPLOYED + 10 * SECOND;

export type Role = "server" | "db";

export const images: Readonly<Record<Role, string>> = { server: "farm.test/server:1", db: "farm.test/db:1" };

/** A pod template as a chart renders it, before the API server's defaults. */
export function templateOf(role: Role, container: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  return {
    metadata: { labels: { "medic/client": "0", "medic/role": role } },
    spec: { containers: [{ name: role, image: images[role], ...container }], ...spec },
  };
}

/** What the API server makes of a template: a few of its defaults, enough to differ from what was declared. */
export function defaulted(template: JsonObject): JsonObject {
  const spec = isJsonObject(template["spec"]) ? template["spec"] : {};
  const containers = Array.isArray(spec["containers"]) ? spec["containers"].filter(isJsonObject) : [];
  return {
    ...template,
    spec: {
      restartPolicy: "Always",
      dnsPolicy: "ClusterFirst",
      ...spec,
      containers: containers.map((container) => ({ imagePullPolicy: "IfNotPresent", ...container })),
    },
  };
}

const revisions = new WeakMap<JsonObject, string>();

/** A revision's name: the same template always has the same one. */
export function revisionOf(name: string, template: JsonObject): string {
  const known = revisions.get(template) ?? fnv1a128(JSON.stringify(template)).toString(36).slice(0, 8);
  revisions.set(template, known);
  return `${name}-${known}`;
}

export function statefulSet(role: Role, changes: Partial<StatefulSetState> = {}): StatefulSetState {
  const name = `${role}-0`;
  const template = changes.template ?? defaulted(templateOf(role));
  const revision = revisionOf(name, template);
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: "100",
    generation: 1,
    observedGeneration: 1,
    role,
    testsStarted: false,
    intent: {
      image: images[role],
      replicas: "1",
      command: "",
      template: JSON.stringify(templateOf(role)),
    },
    createdAt: DEPLOYED,
    specChangedAt: DEPLOYED,
    terminating: false,
    replicas: 1,
    readyReplicas: 1,
    updateStrategy: "RollingUpdate",
    partition: 0,
    currentRevision: revision,
    updateRevision: revision,
    template,
    ...changes,
  };
}

/** A pod of this StatefulSet, Ready on node-1. */
export function podOf(set: StatefulSetState, changes: Partial<PodState> = {}): PodState {
  const ordinal = changes.ordinal ?? 0;
  const name = `${set.name}-${ordinal}`;
  return {
    name,
    uid: `uid-${name}-a`,
    resourceVersion: "200",
    statefulSet: set.name,
    statefulSetUid: set.uid,
    role: set.role,
    ordinal,
    revision: set.updateRevision,
    phase: "Running",
    nodeName: "node-1",
    createdAt: DEPLOYED,
    conditions: [
      { type: "PodScheduled", status: "True", since: DEPLOYED },
      { type: "Ready", status: "True", since: CAME_UP },
    ],
    containers: containersOfTemplate(set.template, DEPLOYED + SECOND),
    ...changes,
  };
}

export function containersOfTemplate(template: JsonObject, runningSince: number): ContainerState[] {
  const spec = isJsonObject(template["spec"]) ? template["spec"] : {};
  const containers = Array.isArray(spec["containers"]) ? spec["containers"].filter(isJsonObject) : [];
  return containers.map((container) => ({
    name: nameOf(container),
    init: false,
    image: imageOf(container),
    ready: true,
    started: true,
    restarts: 0,
    startupBudgetMs: 0,
    runningSince,
  }));
}

function imageOf({ image }: JsonObject): string {
  return typeof image === "string" ? image : "";
}

export function node(name: string, changes: Partial<NodeState> = {}): NodeState {
  return { name, uid: `uid-${name}`, ready: true, unschedulable: false, labels: {}, taints: [], ...changes };
}

/** The template as a ControllerRevision of the role's StatefulSet keeps it. */
export function revision(
  template: JsonObject,
  number: number,
  changes: Partial<RevisionState> = {},
): RevisionState {
  return {
    name: `server-0-r${number}`,
    statefulSetUid: "uid-server-0",
    number,
    createdAt: DEPLOYED,
    template: defaulted(template),
    ...changes,
  };
}

/** A bound claim of the server's pod. */
export function claim(changes: Partial<ClaimState> = {}): ClaimState {
  return { name: "data-server-0-0", phase: "Bound", attachments: [], nodeTerms: [], ...changes };
}

/** How a pod differs from a Ready one; made by the functions below, applied by the builder. */
export type PodChange = (pod: PodState) => PodState;

/** Not Ready since then. */
function notReady(pod: PodState, since: number): PodState["conditions"] {
  return [
    ...pod.conditions.filter(({ type }) => type !== "Ready"),
    { type: "Ready", status: "False", reason: "ContainersNotReady", since },
  ];
}

function stopped(container: ContainerState): ContainerState {
  const { runningSince: _, ...rest } = container;
  return { ...rest, ready: false, started: false };
}

/** Its container waits with this reason and never ran. */
export function waiting(reason: string, message = "", since: number = DEPLOYED): PodChange {
  return (pod) => ({
    ...pod,
    phase: "Pending",
    conditions: notReady(pod, since),
    containers: pod.containers.map((container) => ({
      ...stopped(container),
      waiting: { reason, message },
    })),
  });
}

/** Its image does not exist: what the kubelet says. */
export function imageNotFound(image: string): PodChange {
  const said = `Back-off pulling image "${image}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  return waiting("ImagePullBackOff", said);
}

/** No node has taken it, in the scheduler's words. */
export function unscheduled(message: string, since: number = DEPLOYED): PodChange {
  return (pod) => {
    const { nodeName: _, ...rest } = pod;
    return {
      ...rest,
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message, since }],
      containers: pod.containers.map(stopped),
    };
  };
}

/** Its containers run since then, without being Ready. */
export function running(since: number, changes: Partial<ContainerState> = {}): PodChange {
  return (pod) => ({
    ...pod,
    conditions: notReady(pod, DEPLOYED),
    containers: pod.containers.map((container) => ({
      ...container,
      ready: false,
      runningSince: since,
      ...changes,
    })),
  });
}

/** Its container ended and waits for the kubelet to start it again. */
export function crashed(ended: Partial<TerminatedState> = {}, restarts = 4): PodChange {
  const lastTerminated = {
    reason: "Error",
    exitCode: 1,
    message: "",
    finishedAt: DEPLOYED + 30 * SECOND,
    ...ended,
  };
  return (pod) => ({
    ...waiting("CrashLoopBackOff", "back-off restarting failed container")(pod),
    phase: "Running",
    containers: pod.containers.map((container) => ({
      ...stopped(container),
      restarts,
      waiting: { reason: "CrashLoopBackOff", message: "back-off restarting failed container" },
      lastTerminated,
    })),
  });
}

/** Being deleted; its grace period ends then. */
export function terminating(deletionAt: number): PodChange {
  return (pod) => ({ ...pod, deletionAt });
}

/** Whatever else is to be different. */
export function but(changes: Partial<PodState>): PodChange {
  return (pod) => ({ ...pod, ...changes });
}
