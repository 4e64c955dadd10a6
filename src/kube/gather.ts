import { repairTemplate } from "../core/intent.ts";
import { jsonEqual } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import { maskWords } from "../core/mask-snapshot.ts";
import { isUnsettled } from "../core/settle.ts";
import type { DryRun, KubeEvent, PodState, Snapshot, StatefulSetState } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import type { Call } from "../controllers/ports.ts";
import { ApiError, isNotFound } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";
import { dryRunTemplate, podPath, statefulSetPath } from "./execute.ts";
import { slimEvent, slimNamespace, slimStatefulSet } from "./slim.ts";
import { slimPod } from "./slim-pod.ts";
import { objects } from "./raw.ts";

/** More events than this are not needed to explain one stack. */
const EVENTS_KEPT = 200;

/**
 * The stack read fresh: its namespace, StatefulSets and pods by name, its events, and a dry run of the repair for each
 * StatefulSet with a usable intent while the stack is not ready or a repair's outcome is not known. Rejects when the API
 * server does not answer.
 */
export async function gather(
  client: ApiClient,
  cached: Snapshot,
  call: Call,
  now: () => number,
): Promise<Snapshot | undefined> {
  const namespace = cached.namespace.name;
  const read = (path: string): Promise<JsonObject | undefined> => readOrGone(client, path, call.signal);
  const [rawNamespace, ...rawSets] = await Promise.all([
    read(`/api/v1/namespaces/${encodeURIComponent(namespace)}`),
    ...cached.statefulSets.map(({ name }) => read(statefulSetPath(namespace, name))),
  ]);
  const state = rawNamespace && slimNamespace(rawNamespace);
  const statefulSets = rawSets.flatMap((raw) => (raw && slimStatefulSet(raw)) ?? []);
  if (state === undefined || statefulSets.length === 0) return undefined;
  const names = new Set([...statefulSets.flatMap(podNames), ...cached.pods.map(({ name }) => name)]);
  const [rawPods, events] = await Promise.all([
    Promise.all([...names].map((name) => read(podPath(namespace, name)))),
    readEvents(client, namespace, call.signal),
  ]);
  const uids = new Set(statefulSets.map(({ uid }) => uid));
  const pods = rawPods
    .flatMap((raw) => (raw && slimPod(raw)) ?? [])
    .filter(({ statefulSetUid }) => uids.has(statefulSetUid));
  const snapshot = maskWords({
    ...cached,
    at: now(),
    namespace: state,
    statefulSets,
    pods,
    events: eventsOf(events, statefulSets, pods),
    detailed: true,
  });
  if (viewOf(snapshot).ready && !isUnsettled(snapshot)) return snapshot;
  const dryRuns = await Promise.all(statefulSets.map((set) => dryRun(client, namespace, set, call)));
  return { ...snapshot, dryRuns: dryRuns.flatMap((answer) => answer ?? []) };
}

async function readOrGone(
  client: ApiClient,
  path: string,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  try {
    return await client.request<JsonObject>({ method: "GET", path, signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function podNames({ name, replicas, intent }: StatefulSetState): string[] {
  const wanted = Math.max(replicas, Number(intent.replicas) || 0);
  return Array.from({ length: Math.min(wanted, 10) }, (_, ordinal) => `${name}-${ordinal}`);
}

async function readEvents(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly KubeEvent[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  const list = await client.request<{ items?: readonly JsonObject[] }>({ method: "GET", path, signal });
  return objects(list.items).flatMap((raw) => slimEvent(raw) ?? []);
}

/** Events by UID, because a StatefulSet's pods reuse names and the events of the last one are still there. */
function eventsOf(
  events: readonly KubeEvent[],
  sets: readonly StatefulSetState[],
  pods: readonly PodState[],
): readonly KubeEvent[] {
  const uids = new Set([...sets, ...pods].map(({ uid }) => uid));
  const isClaim = (name: string): boolean =>
    sets.some((set) => name.replace(/-\d+$/, "").endsWith(`-${set.name}`));
  return events
    .filter(({ uid, kind, name }) => uids.has(uid) || (kind === "PersistentVolumeClaim" && isClaim(name)))
    .toSorted((left, right) => left.at - right.at)
    .slice(-EVENTS_KEPT);
}

async function dryRun(
  client: ApiClient,
  namespace: string,
  set: StatefulSetState,
  { signal }: Call,
): Promise<DryRun | undefined> {
  const wanted = repairTemplate(set);
  if (wanted === undefined || jsonEqual(wanted, set.template)) return undefined;
  const about = { statefulSet: set.name, uid: set.uid };
  try {
    const template = await dryRunTemplate(
      client,
      { namespace, name: set.name, uid: set.uid },
      wanted,
      signal,
    );
    return { ...about, ok: true, template };
  } catch (error) {
    if (!(error instanceof ApiError) || error.retriable) throw error;
    return { ...about, ok: false, code: error.status, message: error.message };
  }
}
