import type { Incident } from "../core/incident.ts";
import type {
  FarmState,
  NamespaceState,
  NodeState,
  PodState,
  Snapshot,
  StatefulSetState,
} from "../core/snapshot.ts";
import { Keys } from "../core/contract.ts";
import type { JsonObject } from "../core/json.ts";
import { keyOf } from "../core/stack.ts";
import type { StackId, StackKey } from "../core/stack.ts";
import type { Call, Clock, Cluster, Log } from "../controllers/ports.ts";
import type { ApiClient } from "./api-client.ts";
import { execute } from "./execute.ts";
import { gather } from "./gather.ts";
import { examine, readLogs } from "./examine.ts";
import { createInformer } from "./informer.ts";
import type { Informer, RawObject } from "./informer.ts";
import type { ChangeType } from "./object-cache.ts";
import { StackGroups } from "./stack-groups.ts";
import type { Owned } from "./stack-groups.ts";
import { clientOf, slimNamespace, slimNode, slimStatefulSet } from "./slim.ts";
import { slimPod } from "./slim-pod.ts";

export interface ClusterOptions {
  readonly client: ApiClient;
  readonly log: Log;
  readonly clock: Clock;
  /** All incidents known, newest writes included. */
  incidents(): readonly Incident[];
  /** How many stacks have which trouble, from every stack's cached snapshot. */
  farm(snapshots: readonly Snapshot[]): FarmState;
  /** Something about this stack changed. */
  onChange(key: StackKey): void;
}

export interface KubeCluster extends Cluster {
  readonly informers: Readonly<Record<"namespaces" | "statefulsets" | "pods" | "nodes", Informer<unknown>>>;
}

/** The one door to the cluster: four watches feed the caches, details are read for a stack in trouble only. */
export function createCluster(options: ClusterOptions): KubeCluster {
  const { client, log, clock } = options;
  const shared = { client, log, clock };
  const sets = new StackGroups<StatefulSetState>();
  const podGroups = new StackGroups<PodState>();
  function grouped<T extends { uid: string }>(groups: StackGroups<T>) {
    return (type: ChangeType, entry: Owned<T>, previous?: Owned<T>): void => {
      groups.apply(type, entry, previous);
      options.onChange(keyOf(entry.stack));
    };
  }
  const namespaces = createInformer<NamespaceState>({
    ...shared,
    path: "/api/v1/namespaces",
    labelSelector: `${Keys.watch}=true`,
    parse: (raw) => slimNamespace(raw),
    onChange: (_, { name }) =>
      sets
        .stacks()
        .filter(({ namespace }) => namespace === name)
        .forEach((stack) => options.onChange(keyOf(stack))),
  });
  const statefulsets = createInformer<Owned<StatefulSetState>>({
    ...shared,
    path: "/apis/apps/v1/statefulsets",
    labelSelector: Keys.client,
    parse: (raw) => owned(raw, slimStatefulSet),
    onChange: grouped(sets),
  });
  const pods = createInformer<Owned<PodState>>({
    ...shared,
    path: "/api/v1/pods",
    labelSelector: Keys.client,
    parse: (raw) => owned(raw, slimPod),
    onChange: grouped(podGroups),
  });
  const nodes = createInformer<NodeState>({
    ...shared,
    path: "/api/v1/nodes",
    parse: (raw) => slimNode(raw),
    onChange: (_, now, before) => {
      if (before === undefined || now.ready !== before.ready || now.unschedulable !== before.unschedulable) {
        stacks().forEach((stack) => options.onChange(keyOf(stack)));
      }
    },
  });

  /** Every stack with a StatefulSet in a watched namespace. */
  function stacks(): readonly StackId[] {
    return sets.stacks().filter(({ namespace }) => namespaces.get(namespace) !== undefined);
  }

  function peek(stack: StackId): Snapshot | undefined {
    const namespace = namespaces.get(stack.namespace);
    const statefulSets = sets.get(stack).toSorted((left, right) => left.name.localeCompare(right.name));
    if (namespace === undefined || statefulSets.length === 0) return undefined;
    const uids = new Set(statefulSets.map(({ uid }) => uid));
    const incident = newestIncident(options.incidents(), stack, uids);
    return {
      at: clock.now(),
      namespace,
      client: stack.client,
      statefulSets,
      pods: podGroups.get(stack).filter(({ statefulSetUid }) => uids.has(statefulSetUid)),
      nodes: nodes.list(),
      events: [],
      dryRuns: [],
      detailed: false,
      ...(incident === undefined ? {} : { incident: { name: incident.name, status: incident.status } }),
      farm: { stacks: 0, stacksBySymptom: {} },
    };
  }

  async function gatherStack(stack: StackId, call: Call): Promise<Snapshot | undefined> {
    const cached = peek(stack);
    if (cached === undefined) return undefined;
    const others = stacks().flatMap((other) => (same(other, stack) ? [] : (peek(other) ?? [])));
    return gather(client, { ...cached, farm: options.farm(others) }, call, () => clock.now());
  }

  return {
    informers: { namespaces, statefulsets, pods, nodes },
    stacks,
    peek,
    gather: gatherStack,
    async examine(stack, call) {
      const snapshot = await gatherStack(stack, call);
      return snapshot && examine(client, snapshot, call);
    },
    logs: (request, call) => readLogs(client, request, call),
    execute: (action, snapshot, call) => execute(client, action, snapshot, call),
  };
}

function owned<T>(raw: RawObject, slim: (raw: JsonObject) => T | undefined): Owned<T> | undefined {
  const json = raw as JsonObject;
  const [client, state] = [clientOf(json), slim(json)];
  if (client === undefined || state === undefined) return undefined;
  return { stack: { namespace: raw.metadata.namespace ?? "", client }, state };
}

function same(left: StackId, right: StackId): boolean {
  return left.namespace === right.namespace && left.client === right.client;
}

/** The newest incident of this stack's present StatefulSets; those of an earlier incarnation are history. */
function newestIncident(
  incidents: readonly Incident[],
  { namespace, client }: StackId,
  uids: ReadonlySet<string>,
): Incident | undefined {
  return incidents
    .filter(
      ({ spec }) => spec.namespace === namespace && spec.client === client && uids.has(spec.statefulSetUid),
    )
    .toSorted(
      (left, right) =>
        right.createdAt - left.createdAt || right.name.localeCompare(left.name, "en", { numeric: true }),
    )[0];
}
