import type { Action } from "./action.ts";
import { owesReplacement } from "./attempt.ts";
import { driftOf, reconcileAction } from "./drift.ts";
import { rollbackAction, rollbackCandidates } from "./rollback.ts";
import type { SetView, StackView } from "./stack-view.ts";

/** What a model asks for by name; the medic itself works out what would be written. */
export type Wish =
  | { readonly tool: "reconcile_to_intent"; readonly statefulSet?: string }
  | { readonly tool: "rollback_release"; readonly statefulSet?: string }
  | { readonly tool: "restart_pod"; readonly pod: string }
  | { readonly tool: "uncordon_node"; readonly node: string };

/** The action that grants the wish, or why there is none. Whether it may be done is for `permit` to say. */
export function actionFor(view: StackView, wish: Wish): Action | { readonly why: string } {
  switch (wish.tool) {
    case "reconcile_to_intent":
      return reconcile(view, wish.statefulSet);
    case "rollback_release":
      return rollback(view, wish.statefulSet);
    case "restart_pod":
      return restart(view, wish.pod);
    case "uncordon_node":
      return uncordon(view, wish.node);
  }
}

function reconcile(view: StackView, statefulSet?: string): Action | { why: string } {
  const drifted = chosen(view, statefulSet).flatMap((own) => {
    const drift = driftOf(own, view.snapshot);
    return drift === undefined ? [] : [reconcileAction(own, drift, view.snapshot.namespace.name)];
  });
  const unusable = chosen(view, statefulSet).flatMap(({ parsed }) => parsed.problems);
  return (
    drifted[0] ?? {
      why:
        unusable.length > 0
          ? `the declared intent cannot be used: ${unusable.map(({ message }) => message).join("; ")}`
          : `${names(view, statefulSet)} is exactly what its intent declares; there is nothing to set back`,
    }
  );
}

function rollback(view: StackView, statefulSet?: string): Action | { why: string } {
  const offers = chosen(view, statefulSet).flatMap((own) =>
    rollbackCandidates(own, view.snapshot).map((revision) =>
      rollbackAction(own, revision, view.snapshot.namespace.name),
    ),
  );
  return (
    offers[0] ?? {
      why: `${names(view, statefulSet)} has no earlier revision that differs from the present one and agrees with the declared intent`,
    }
  );
}

function restart(view: StackView, pod: string): Action | { why: string } {
  const { namespace, incident } = view.snapshot;
  for (const { set, pods } of view.sets) {
    const found = pods.find(({ name }) => name === pod);
    if (found === undefined) continue;
    const attempts = incident?.status.attempts ?? [];
    return {
      kind: "restart-pod",
      namespace: namespace.name,
      statefulSet: set.name,
      pod,
      uid: found.uid,
      completesReconcile: found.revision !== set.updateRevision && owesReplacement(attempts, set.name, pod),
    };
  }
  return { why: `there is no pod ${pod} in this stack now` };
}

function uncordon({ snapshot }: StackView, name: string): Action | { why: string } {
  const node = snapshot.nodes.find((candidate) => candidate.name === name);
  return node === undefined
    ? { why: `there is no node ${name}` }
    : { kind: "uncordon-node", namespace: snapshot.namespace.name, node: name, uid: node.uid };
}

/** The StatefulSet that was named, else all of the stack, those that are not ready first. */
function chosen({ sets }: StackView, statefulSet?: string): readonly SetView[] {
  return statefulSet === undefined
    ? sets.toSorted((left, right) => Number(left.ready) - Number(right.ready))
    : sets.filter(({ set }) => set.name === statefulSet);
}

function names(view: StackView, statefulSet?: string): string {
  return statefulSet ?? view.sets.map(({ set }) => set.name).join(" and ");
}
