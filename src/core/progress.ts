import { brokenPods, condition, readySince } from "./stack-view.ts";
import type { SetView, StackView } from "./stack-view.ts";
import type { Attempt } from "./incident.ts";
import type { ContainerState, PodState } from "./snapshot.ts";

/** States of a container that do not pass by themselves: no debounce for them. */
const TERMINAL_WAITS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "CrashLoopBackOff",
]);

/** True when a container of the StatefulSet is in a state that does not pass by itself. */
export function isStuckTerminally(set: SetView): boolean {
  return brokenPods(set).some((pod) =>
    pod.containers.some((container) => TERMINAL_WAITS.has(container.waiting?.reason ?? "")),
  );
}

/**
 * When a StatefulSet that is not ready last got further, in epoch milliseconds: made, changed, scheduled, started, its
 * database became ready, or the medic acted. The debounce counts from here, so a stack that is coming up is left alone.
 */
export function lastProgressAt(view: StackView, own: SetView): number {
  const { set } = own;
  const dependencies = view.sets.filter(
    (other) => other !== own && set.role === "server" && other.set.role === "db",
  );
  const marks = [
    set.createdAt,
    set.specChangedAt,
    // A pod that went leaves no other trace of when.
    set.statusChangedAt ?? 0,
    ...own.pods.flatMap(podMarks),
    ...dependencies.map(readySince),
    ...(view.snapshot.incident?.status.attempts ?? []).filter(changed).map((attempt) => attempt.at),
  ];
  return Math.max(...marks);
}

/** What a model asked for and did not get changed nothing, so nothing is to be waited for. */
function changed({ by, outcome }: Attempt): boolean {
  return by === "playbook" || !["refused", "observed"].includes(outcome);
}

function podMarks(pod: PodState): number[] {
  const reached = ["PodScheduled", "PodReadyToStartContainers", "Initialized"].map((type) =>
    condition(pod, type),
  );
  const ready = condition(pod, "Ready");
  return [
    pod.createdAt,
    ...reached.flatMap((found) => (found?.status === "True" ? [found.since] : [])),
    ...(ready ? [ready.since] : []),
    ...pod.containers.flatMap((container) => containerMark(pod, container)),
  ];
}

/**
 * A container that runs for the first time. Its startup probe may take its whole budget; when it passed, the API tells
 * that it did but not when, so the pod's newest status stands for that.
 */
function containerMark(
  pod: PodState,
  { runningSince, restarts, started, startupBudgetMs }: ContainerState,
): number[] {
  if (runningSince === undefined || restarts > 0) return [];
  const budgetEnd = runningSince + startupBudgetMs;
  return [started ? Math.max(runningSince, Math.min(pod.statusChangedAt ?? 0, budgetEnd)) : budgetEnd];
}

/** When the stack must be looked at closely: at once for a terminal state, else when a set's debounce runs out. */
export function lookAt(view: StackView, debounceMs: number): number {
  if (view.sets.some(isStuckTerminally)) return view.snapshot.at;
  const deadlines = view.sets
    .filter((set) => !set.ready)
    .map((set) => lastProgressAt(view, set) + debounceMs);
  return Math.min(...deadlines, Number.MAX_SAFE_INTEGER);
}
