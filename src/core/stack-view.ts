import { parseIntent } from "./intent.ts";
import type { ParsedIntent } from "./intent.ts";
import type { PodState, Snapshot, StatefulSetState } from "./snapshot.ts";

/** A StatefulSet with its intent read and its pods at hand. */
export interface SetView {
  readonly set: StatefulSetState;
  readonly parsed: ParsedIntent;
  /** Replicas by declared intent, else as the spec has them. */
  readonly wanted: number;
  /** Its pods, by ordinal. */
  readonly pods: readonly PodState[];
  /** Every wanted pod is there, Ready and not terminating. */
  readonly ready: boolean;
}

/** A snapshot arranged for judging. */
export interface StackView {
  readonly snapshot: Snapshot;
  readonly sets: readonly SetView[];
  readonly ready: boolean;
  /** True when some StatefulSet carries `medic/tests: started`. */
  readonly testsStarted: boolean;
  readonly paused?: string;
}

export function viewOf(snapshot: Snapshot): StackView {
  const sets = snapshot.statefulSets
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map((set) => setView(set, snapshot.pods));
  const paused = snapshot.namespace.paused ?? sets.find(({ set }) => set.paused !== undefined)?.set.paused;
  return {
    snapshot,
    sets,
    ready: sets.length > 0 && sets.every((view) => view.ready && !view.set.terminating),
    testsStarted: sets.some(({ set }) => set.testsStarted),
    ...(paused === undefined ? {} : { paused }),
  };
}

function setView(set: StatefulSetState, pods: readonly PodState[]): SetView {
  const parsed = parseIntent(set);
  const wanted = parsed.intent.replicas ?? set.replicas;
  const own = pods
    .filter((pod) => pod.statefulSetUid === set.uid)
    .toSorted((left, right) => left.ordinal - right.ordinal);
  const readyOnes = own.filter((pod) => pod.ordinal < wanted && isReady(pod));
  const ready = new Set(readyOnes.map(({ ordinal }) => ordinal)).size >= wanted;
  return { set, parsed, wanted, pods: own, ready };
}

export function isReady(pod: PodState): boolean {
  return pod.deletionAt === undefined && condition(pod, "Ready")?.status === "True";
}

/** When the newest of its pods became Ready; 0 when none is. */
export function readySince({ pods }: SetView): number {
  const ready = pods.filter(isReady).flatMap(({ conditions }) => conditions);
  return Math.max(0, ...ready.filter(({ type }) => type === "Ready").map(({ since }) => since));
}

export function condition(pod: PodState, type: string): PodState["conditions"][number] | undefined {
  return pod.conditions.find((candidate) => candidate.type === type);
}

/** The pods that should be Ready and are not. */
export function brokenPods(view: SetView): readonly PodState[] {
  return view.pods.filter((pod) => pod.ordinal < view.wanted && !isReady(pod));
}
