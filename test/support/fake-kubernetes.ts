import type { Action } from "../../src/core/action.ts";
import { targetOf } from "../../src/core/action.ts";
import { containersOf } from "../../src/core/intent.ts";
import { jsonEqual } from "../../src/core/json.ts";
import type {
  NamespaceState,
  NodeState,
  PodState,
  Snapshot,
  StatefulSetState,
} from "../../src/core/snapshot.ts";
import type { StackId } from "../../src/core/stack.ts";
import { isReady } from "../../src/core/stack-view.ts";
import type { ActionResult } from "../../src/controllers/ports.ts";
import { dryRunOf } from "./builders.ts";
import {
  SECOND,
  containersOfTemplate,
  defaulted,
  imageNotFound,
  images,
  node,
  podOf,
  revisionOf,
  statefulSet,
  templateOf,
  unscheduled,
} from "./stack-pieces.ts";
import type { Role } from "./stack-pieces.ts";

/** How long a pod takes to go, in milliseconds. */
const GRACE_MS = 2 * SECOND;

interface Stack {
  readonly id: StackId;
  sets: readonly StatefulSetState[];
  pods: readonly PodState[];
}

/**
 * The little of Kubernetes that a stack needs, for tests of the controllers: StatefulSets that do not replace a pod that
 * never became ready (kubernetes/kubernetes#67250), a kubelet that has the images it is told of, writes with
 * preconditions. It stands still until `tick`.
 */
export class FakeKubernetes {
  readonly now: () => number;
  readonly #stacks = new Map<string, Stack>();
  readonly #namespaces = new Map<string, NamespaceState>();
  nodes: readonly NodeState[] = [node("node-1"), node("node-2")];
  /** What the registry has. */
  readonly registry = new Set<string>(Object.values(images));
  /** Every write that took effect, oldest first. */
  readonly writes: string[] = [];
  #versions = 1000;
  #pods = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** A build deploys a stack. */
  deploy(namespace = "ci-1", client = "0"): StackId {
    const at = this.now();
    this.#namespaces.set(namespace, {
      name: namespace,
      uid: `uid-${namespace}`,
      watched: true,
      terminating: false,
      runId: "4711",
    });
    const sets = (["db", "server"] as const).map((role) => ({
      ...statefulSet(role),
      uid: `${role}${client}-${namespace}`,
      createdAt: at,
      specChangedAt: at,
    }));
    const id = { namespace, client };
    this.#stacks.set(`${namespace}/${client}`, { id, sets, pods: [] });
    return id;
  }

  /** Somebody changes a StatefulSet behind the build's back. */
  change(changes: Partial<StatefulSetState>, role: Role = "server", namespace = "ci-1", client = "0"): void {
    const stack = this.#stack({ namespace, client })!;
    stack.sets = stack.sets.map((set) => (set.role === role ? this.#changed(set, changes) : set));
  }

  breakImage(image = "x:bad", role: Role = "server", namespace = "ci-1", client = "0"): void {
    this.change({ template: defaulted(templateOf(role, { image })) }, role, namespace, client);
  }

  changeNamespace(changes: Partial<NamespaceState>, name = "ci-1"): void {
    this.#namespaces.set(name, { ...this.#namespaces.get(name)!, ...changes });
  }

  setNamespace(namespace: NamespaceState): void {
    this.#namespaces.set(namespace.name, namespace);
  }

  /** The build's client labels its stack; labels are not part of the spec. */
  testsBegin(namespace = "ci-1", client = "0"): void {
    const stack = this.#stack({ namespace, client })!;
    stack.sets = stack.sets.map((set) => ({ ...set, testsStarted: true, resourceVersion: this.#version() }));
  }

  removeNamespace(name = "ci-1"): void {
    this.#namespaces.delete(name);
    for (const [key, { id }] of this.#stacks) if (id.namespace === name) this.#stacks.delete(key);
  }

  stacks(): readonly StackId[] {
    return [...this.#stacks.values()].map(({ id }) => id);
  }

  isReady(namespace = "ci-1", client = "0"): boolean {
    const stack = this.#stack({ namespace, client });
    return stack !== undefined && stack.sets.every((set) => this.#allReady(stack, set));
  }

  /** A stack as it is now; `detailed` asks for dry runs as well. */
  read({ namespace, client }: StackId, detailed: boolean): Snapshot | undefined {
    const [stack, state] = [this.#stack({ namespace, client }), this.#namespaces.get(namespace)];
    if (stack === undefined || state === undefined || !state.watched) return undefined;
    return {
      at: this.now(),
      namespace: state,
      client,
      statefulSets: stack.sets,
      pods: stack.pods,
      nodes: this.nodes,
      events: [],
      dryRuns: detailed ? stack.sets.flatMap((set) => dryRunOf(set)) : [],
      detailed,
      farm: { stacks: 0, stacksBySymptom: {} },
    };
  }

  /** One write, as the API server would take it. */
  execute(action: Action, from: Snapshot): ActionResult {
    const stack = this.#stack({ namespace: action.namespace, client: from.client });
    const done = stack !== undefined && this.#done(stack, action, from);
    if (!done) return { outcome: "conflict", detail: "the target changed meanwhile" };
    this.writes.push(`${action.kind} ${targetOf(action)}`);
    return { outcome: "applied", detail: "done" };
  }

  #done(stack: Stack, action: Action, from: Snapshot): boolean {
    switch (action.kind) {
      case "reconcile-to-intent":
      case "rollback-release":
        return this.#patched(stack, action, from);
      case "restart-pod":
        return this.#deleted(stack, action, from);
      case "uncordon-node":
        this.nodes = this.nodes.map((node) =>
          node.uid === action.uid ? { ...node, unschedulable: false } : node,
        );
        return true;
    }
  }

  #patched(
    stack: Stack,
    action: Action & { kind: "reconcile-to-intent" | "rollback-release" },
    from: Snapshot,
  ): boolean {
    const seen = from.statefulSets.find(({ uid }) => uid === action.uid);
    const set = stack.sets.find(({ uid }) => uid === action.uid);
    if (set === undefined || seen?.resourceVersion !== set.resourceVersion) return false;
    if (set.replicas !== action.expect.replicas || !jsonEqual(set.template, action.expect.template))
      return false;
    const changes = {
      ...(action.kind === "rollback-release" || action.replicas === undefined
        ? {}
        : { replicas: action.replicas }),
      ...(action.template === undefined ? {} : { template: action.template }),
    };
    stack.sets = stack.sets.map((other) => (other === set ? this.#changed(set, changes) : other));
    return true;
  }

  #deleted(stack: Stack, action: Action & { kind: "restart-pod" }, from: Snapshot): boolean {
    const seen = from.pods.find(({ uid }) => uid === action.uid);
    const pod = stack.pods.find(({ uid }) => uid === action.uid);
    if (pod === undefined || seen?.resourceVersion !== pod.resourceVersion) return false;
    this.#replacePod(stack, pod, { ...pod, deletionAt: this.now() + GRACE_MS });
    return true;
  }

  /** The StatefulSet controller and the kubelets do what is to be done now. */
  tick(): void {
    for (const stack of this.#stacks.values()) {
      this.#runKubelets(stack);
      for (const set of stack.sets) this.#runController(stack, set);
    }
  }

  #stack({ namespace, client }: StackId): Stack | undefined {
    return this.#stacks.get(`${namespace}/${client}`);
  }

  #changed(set: StatefulSetState, changes: Partial<StatefulSetState>): StatefulSetState {
    const specChangedAt = this.now();
    return {
      ...set,
      ...changes,
      specChangedAt,
      generation: set.generation + 1,
      resourceVersion: this.#version(),
    };
  }

  #version(): string {
    this.#versions += 1;
    return String(this.#versions);
  }

  #replacePod(stack: Stack, old: PodState, pod: PodState): void {
    const next = { ...pod, resourceVersion: this.#version() };
    stack.pods = stack.pods.map((other) => (other === old ? next : other));
  }

  #allReady({ pods }: Stack, set: StatefulSetState): boolean {
    const own = pods.filter(({ statefulSetUid }) => statefulSetUid === set.uid);
    return own.filter(isReady).length >= set.replicas;
  }

  #runController(stack: Stack, before: StatefulSetState): void {
    const updateRevision = revisionOf(before.name, before.template);
    const set = { ...before, observedGeneration: before.generation, updateRevision };
    stack.sets = stack.sets.map((other) => (other === before ? set : other));
    const own = stack.pods.filter(({ statefulSetUid }) => statefulSetUid === set.uid);
    for (const pod of own.filter(
      ({ ordinal, deletionAt }) => ordinal >= set.replicas && deletionAt === undefined,
    ))
      this.#replacePod(stack, pod, { ...pod, deletionAt: this.now() + GRACE_MS });
    for (let ordinal = 0; ordinal < set.replicas; ordinal += 1) {
      const pod = own.find((candidate) => candidate.ordinal === ordinal);
      if (pod === undefined) {
        stack.pods = [...stack.pods, this.#newPod(set, ordinal)];
        return;
      }
      // It waits for a pod that is not ready, also when that one is on an old revision.
      if (!isReady(pod)) return;
      if (pod.revision !== updateRevision) {
        this.#replacePod(stack, pod, { ...pod, deletionAt: this.now() + GRACE_MS });
        return;
      }
    }
  }

  #newPod(set: StatefulSetState, ordinal: number): PodState {
    this.#pods += 1;
    const { nodeName: _, ...pod } = podOf(set, { ordinal });
    return {
      ...pod,
      uid: `pod-${this.#pods}`,
      resourceVersion: this.#version(),
      phase: "Pending",
      createdAt: Math.floor(this.now() / SECOND) * SECOND,
      conditions: [],
      containers: containersOfTemplate(set.template, 0).map(({ runningSince: _since, ...container }) => {
        return { ...container, ready: false, started: false };
      }),
    };
  }

  #runKubelets(stack: Stack): void {
    for (const pod of stack.pods) {
      if (pod.deletionAt !== undefined) {
        if (pod.deletionAt <= this.now()) stack.pods = stack.pods.filter((other) => other !== pod);
        continue;
      }
      const next = this.#advanced(stack, pod);
      if (JSON.stringify(next) !== JSON.stringify(pod)) this.#replacePod(stack, pod, next);
    }
  }

  #advanced(stack: Stack, pod: PodState): PodState {
    const at = this.now();
    if (pod.nodeName === undefined) {
      const free = this.nodes.find(({ ready, unschedulable }) => ready && !unschedulable);
      const message = `0/${this.nodes.length} nodes are available: ${this.nodes.length} node(s) were unschedulable.`;
      if (free === undefined) return pod.conditions.length > 0 ? pod : unscheduled(message, at)(pod);
      return {
        ...pod,
        nodeName: free.name,
        conditions: [{ type: "PodScheduled", status: "True", since: at }],
      };
    }
    const missing = pod.containers.find(({ image }) => !this.registry.has(image));
    if (missing !== undefined) return pod.phase === "Pending" ? imageNotFound(missing.image)(pod) : pod;
    const ready = pod.role === "db" || this.#databaseReady(stack);
    return started(pod, ready, at);
  }

  #databaseReady({ sets, pods }: Stack): boolean {
    const databases = sets.filter(({ role }) => role === "db").map(({ uid }) => uid);
    return pods.some((pod) => databases.includes(pod.statefulSetUid) && isReady(pod));
  }

  /** The images that the pods of a stack run. */
  running(namespace = "ci-1", client = "0"): readonly string[] {
    const stack = this.#stack({ namespace, client });
    return (stack?.pods ?? [])
      .filter(isReady)
      .flatMap(({ containers }) => containers.map(({ image }) => image));
  }

  /** The image that a StatefulSet's template has. */
  imageOf(role: Role = "server", namespace = "ci-1", client = "0"): unknown {
    const set = this.#stack({ namespace, client })?.sets.find((candidate) => candidate.role === role);
    return set === undefined ? undefined : containersOf(set.template)[0]?.["image"];
  }
}

/** Its containers run, and it is Ready when its probe says so. */
function started(pod: PodState, ready: boolean, at: number): PodState {
  const was = pod.conditions.find(({ type }) => type === "Ready");
  const status = ready ? "True" : "False";
  const since = was?.status === status ? was.since : at;
  return {
    ...pod,
    phase: "Running",
    conditions: [...pod.conditions.filter(({ type }) => type !== "Ready"), { type: "Ready", status, since }],
    containers: pod.containers.map((container) => ({
      ...container,
      ready,
      started: true,
      runningSince: container.runningSince ?? at,
    })),
  };
}
