import { isJsonObject } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { NamespaceState, PodState, Snapshot, StatefulSetState } from "../core/snapshot.ts";
import { objects, textOf } from "./raw.ts";
import { clientOf, slimEvent, slimNamespace, slimNode, slimStatefulSet } from "./slim.ts";
import { slimPod } from "./slim-pod.ts";

/** Snapshots out of a recorded decision, a snapshot, or a kubectl list; `undefined` when it is none of them. */
export function snapshotsOf(value: Json | undefined): readonly Snapshot[] | undefined {
  if (!isJsonObject(value)) return undefined;
  if (isJsonObject(value["snapshot"])) return [value["snapshot"] as unknown as Snapshot];
  if (Array.isArray(value["statefulSets"])) return [value as unknown as Snapshot];
  return Array.isArray(value["items"]) ? fromList(objects(value["items"])) : undefined;
}

function fromList(items: readonly JsonObject[]): readonly Snapshot[] {
  const ofKind = (kind: string): readonly JsonObject[] => items.filter((item) => item["kind"] === kind);
  const sets = ofKind("StatefulSet").flatMap((raw) => {
    const [state, client] = [slimStatefulSet(raw), clientOf(raw)];
    return state === undefined || client === undefined
      ? []
      : [{ state, client, namespace: namespaceOf(raw) }];
  });
  const namespaces = ofKind("Namespace").flatMap((raw) => slimNamespace(raw) ?? []);
  const pods = ofKind("Pod").flatMap((raw) => slimPod(raw) ?? []);
  const nodes = ofKind("Node").flatMap((raw) => slimNode(raw) ?? []);
  const events = ofKind("Event")
    .flatMap((raw) => slimEvent(raw) ?? [])
    .toSorted((left, right) => left.at - right.at);
  const at = newestTime(items);
  const keys = new Map(
    sets.map(({ namespace, client }) => [`${namespace}/${client}`, { namespace, client }]),
  );
  return [...keys.values()].map(({ namespace, client }) => {
    const own = sets
      .filter((set) => set.namespace === namespace && set.client === client)
      .map(({ state }) => state);
    const ownPods = podsOf(own, pods);
    const uids = new Set([...own, ...ownPods].map(({ uid }) => uid));
    return {
      at,
      // A list without namespaces says nothing about being watched: read as not watched.
      namespace: namespaces.find(({ name }) => name === namespace) ?? unknownNamespace(namespace),
      client,
      statefulSets: own,
      pods: ownPods,
      nodes,
      events: events.filter(({ uid }) => uids.has(uid)),
      dryRuns: [],
      detailed: true,
      farm: { stacks: keys.size, stacksBySymptom: {} },
    };
  });
}

function podsOf(sets: readonly StatefulSetState[], pods: readonly PodState[]): readonly PodState[] {
  return pods.filter((pod) => sets.some(({ uid }) => uid === pod.statefulSetUid));
}

function unknownNamespace(name: string): NamespaceState {
  return { name, uid: "", watched: false, terminating: false };
}

function namespaceOf(raw: JsonObject): string {
  const metadata = raw["metadata"];
  return isJsonObject(metadata) ? textOf(metadata["namespace"]) : "";
}

/** A list does not say when it was taken: the newest time anywhere in it stands for that. */
function newestTime(items: readonly JsonObject[]): number {
  const times = JSON.stringify(items).match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g) ?? [];
  return Math.max(0, ...times.map((time) => Date.parse(time)));
}
