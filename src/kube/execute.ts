import type { Action, ReconcileToIntent, RestartPod, RollbackRelease, UncordonNode } from "../core/action.ts";
import type { JsonObject } from "../core/json.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { ActionResult, Call } from "../controllers/ports.ts";
import { ApiError } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";

const FIELD_MANAGER = "build-medic";
const JSON_PATCH = "application/json-patch+json";

export function statefulSetPath(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/statefulsets/${encodeURIComponent(name)}`;
}

export function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

/** Carries out one action. The server checks the preconditions, so a decision made from an old state changes nothing. */
export async function execute(
  client: ApiClient,
  action: Action,
  snapshot: Snapshot,
  { signal }: Call,
): Promise<ActionResult> {
  try {
    return await carryOut(client, action, snapshot, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.outcomeUnknown || error.status === 0) throw error;
    return answered(error);
  }
}

function carryOut(
  client: ApiClient,
  action: Action,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<ActionResult> {
  switch (action.kind) {
    case "reconcile-to-intent":
    case "rollback-release":
      return writeStatefulSet(client, action, snapshot, signal);
    case "restart-pod":
      return restartPod(client, action, snapshot, signal);
    case "uncordon-node":
      return uncordonNode(client, action, snapshot, signal);
  }
}

function answered(error: ApiError): ActionResult {
  if (error.status === 404) return { outcome: "conflict", detail: "the target is gone" };
  // A JSON Patch whose `test` fails is refused without a word about why; every other 422 names the field.
  const stale =
    error.status === 409 ||
    (error.status === 422 && error.message.endsWith("due to an error in our request"));
  return stale
    ? { outcome: "conflict", detail: "the target changed meanwhile" }
    : { outcome: "failed", detail: error.message };
}

/** One JSON Patch: `test` operations say what must still be so, then replicas and template are set. */
async function writeStatefulSet(
  client: ApiClient,
  action: ReconcileToIntent | RollbackRelease,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<ActionResult> {
  const set = snapshot.statefulSets.find(({ uid }) => uid === action.uid);
  if (set === undefined) return { outcome: "conflict", detail: "the target is gone" };
  const body = [
    { op: "test", path: "/metadata/uid", value: action.uid },
    { op: "test", path: "/metadata/resourceVersion", value: set.resourceVersion },
    { op: "test", path: "/spec/replicas", value: action.expect.replicas },
    ...(action.template === undefined
      ? []
      : [{ op: "test", path: "/spec/template", value: action.expect.template }]),
    ...(action.kind === "rollback-release" || action.replicas === undefined
      ? []
      : [{ op: "replace", path: "/spec/replicas", value: action.replicas }]),
    ...(action.template === undefined
      ? []
      : [{ op: "replace", path: "/spec/template", value: action.template }]),
  ];
  await client.request({
    method: "PATCH",
    path: statefulSetPath(action.namespace, action.statefulSet),
    query: { fieldManager: FIELD_MANAGER },
    contentType: JSON_PATCH,
    body,
    signal,
  });
  return { outcome: "applied", detail: action.changes.join("; ") };
}

/** A graceful delete of exactly this pod in exactly the state that was judged. */
async function restartPod(
  client: ApiClient,
  action: RestartPod,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<ActionResult> {
  const pod = snapshot.pods.find(({ uid }) => uid === action.uid);
  if (pod === undefined) return { outcome: "conflict", detail: "the target is gone" };
  await client.request({
    method: "DELETE",
    path: podPath(action.namespace, action.pod),
    body: {
      kind: "DeleteOptions",
      apiVersion: "v1",
      preconditions: { uid: action.uid, resourceVersion: pod.resourceVersion },
      propagationPolicy: "Background",
    },
    signal,
  });
  return { outcome: "applied", detail: `deleted pod ${action.pod} (uid ${action.uid})` };
}

/** The one field of a node that is ever written, and only from true to false. */
async function uncordonNode(
  client: ApiClient,
  action: UncordonNode,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<ActionResult> {
  const node = snapshot.nodes.find(({ uid }) => uid === action.uid);
  if (node?.resourceVersion === undefined) return { outcome: "conflict", detail: "the target is gone" };
  await client.request({
    method: "PATCH",
    path: `/api/v1/nodes/${encodeURIComponent(action.node)}`,
    query: { fieldManager: FIELD_MANAGER },
    contentType: JSON_PATCH,
    body: [
      { op: "test", path: "/metadata/uid", value: action.uid },
      // Somebody may have marked it for maintenance since it was judged.
      { op: "test", path: "/metadata/resourceVersion", value: node.resourceVersion },
      { op: "test", path: "/spec/unschedulable", value: true },
      { op: "replace", path: "/spec/unschedulable", value: false },
    ],
    signal,
  });
  return { outcome: "applied", detail: `uncordoned ${action.node}` };
}

/** What the StatefulSet's template would become if `template` were written: the server's own defaulting and admission. */
export async function dryRunTemplate(
  client: ApiClient,
  set: { namespace: string; name: string; uid: string },
  template: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  const answer = await client.request<{ spec: { template: JsonObject } }>({
    method: "PATCH",
    path: statefulSetPath(set.namespace, set.name),
    query: { fieldManager: FIELD_MANAGER, dryRun: "All" },
    contentType: JSON_PATCH,
    body: [
      { op: "test", path: "/metadata/uid", value: set.uid },
      { op: "replace", path: "/spec/template", value: template },
    ],
    signal,
  });
  return answer.spec.template;
}
