import { driftOf, dryRunFor } from "./drift.ts";
import type { Attempt } from "./incident.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StackView } from "./stack-view.ts";

/** True when an attempt was begun whose outcome was never learned: the answer was lost, or the medic died. */
export function isUnsettled(snapshot: Pick<Snapshot, "incident">): boolean {
  return attemptsOf(snapshot).some(({ outcome }) => outcome === "pending");
}

function attemptsOf({ incident }: Pick<Snapshot, "incident">): readonly Attempt[] {
  return incident?.status.attempts ?? [];
}

/**
 * What became of the attempts that were begun and never completed, because the medic died in between: read from the
 * cluster, so that nothing is done twice after it took effect. `undefined` when there is nothing to settle.
 */
export function settleAttempts(view: StackView): readonly Attempt[] | undefined {
  if (!isUnsettled(view.snapshot)) return undefined;
  return attemptsOf(view.snapshot).map((attempt) =>
    attempt.outcome === "pending"
      ? { ...attempt, outcome: tookEffect(view, attempt) ? "applied" : "failed" }
      : attempt,
  );
}

function tookEffect(view: StackView, attempt: Attempt): boolean {
  const name = attempt.target.slice(attempt.target.indexOf("/") + 1);
  if (attempt.target.startsWith("Node/")) {
    const node = view.snapshot.nodes.find((candidate) => candidate.name === name);
    return node?.unschedulable === false;
  }
  return attempt.target.startsWith("Pod/") ? podReplaced(view, name, attempt.at) : driftGone(view, name);
}

/** The API server's creation times have whole seconds. */
function podReplaced(view: StackView, name: string, at: number): boolean {
  const pod = view.snapshot.pods.find((candidate) => candidate.name === name);
  return pod === undefined || pod.deletionAt !== undefined || pod.createdAt >= Math.floor(at / 1000) * 1000;
}

function driftGone(view: StackView, name: string): boolean {
  const own = view.sets.find(({ set }) => set.name === name);
  if (own === undefined || driftOf(own, view.snapshot) !== undefined) return false;
  return dryRunFor(own, view.snapshot)?.ok !== false;
}
