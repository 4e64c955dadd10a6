import type { Action, ReconcileToIntent, RestartPod, RollbackRelease } from "./action.ts";
import { actionsUsed, owesReplacement, repeats } from "./attempt.ts";
import { diagnose } from "./diagnose.ts";
import { driftOf, dryRunFor } from "./drift.ts";
import { symptomOf } from "./farm.ts";
import { differences, jsonEqual } from "./json.ts";
import type { Policy } from "./policy.ts";
import { STORM_SHARE, STORM_STACKS } from "./policy.ts";
import { refuse } from "./permission.ts";
import type { Permission } from "./permission.ts";
import { uncordonRefusal } from "./permit-node.ts";
import { widenings } from "./privileges.ts";
import { rollbackCandidates } from "./rollback.ts";
import type { Snapshot } from "./snapshot.ts";
import { condition, isReady } from "./stack-view.ts";
import type { SetView, StackView } from "./stack-view.ts";

/**
 * The one gate that every action of either tier passes, asked again right before it is carried out. It re-derives
 * what may be written from the snapshot, so a wrong or forged action is refused whoever made it. Fails closed.
 * `symptom` is what the storm rule counts by; without it the incident's own.
 */
export function permit(action: Action, view: StackView, policy: Policy, symptom?: string): Permission {
  const refusal =
    stackRefusal(view) ?? targetRefusal(action, view, policy) ?? limitRefusal(action, view, policy, symptom);
  return refusal ?? { allowed: true, why: "within scope, intent and limits" };
}

function stackRefusal({ snapshot, ...view }: StackView): Permission | undefined {
  const { namespace, incident } = snapshot;
  if (!namespace.watched) return refuse("NotWatched");
  if (namespace.terminating) return refuse("NamespaceTerminating");
  if (view.testsStarted) return refuse("TestsStarted");
  if (view.paused !== undefined) return refuse("Paused", view.paused);
  if (incident?.status.phase === "Escalated") return refuse("AlreadyEscalated");
  return view.ready ? refuse("StackReady") : undefined;
}

function targetRefusal(action: Action, view: StackView, policy: Policy): Permission | undefined {
  const { sets, snapshot } = view;
  if (action.namespace !== snapshot.namespace.name) return refuse("OutOfScope");
  if (action.kind === "uncordon-node") return uncordonRefusal(action, view, policy);
  const own = sets.find(({ set }) => set.name === action.statefulSet);
  if (own === undefined) return refuse("OutOfScope");
  switch (action.kind) {
    case "reconcile-to-intent":
      return reconcileRefusal(action, own, snapshot);
    case "rollback-release":
      return rollbackRefusal(action, own, snapshot);
    case "restart-pod":
      return (
        podRefusal(action, own, snapshot) ??
        comesBackRefusal(own, snapshot) ??
        leftoverRefusal(action, own, snapshot) ??
        helpRefusal(action, own, view, policy)
      );
  }
}

/** What a restart makes worse: a pod without a node loses its place in the queue, a pull begins anew or meets the same limit. */
function helpRefusal(
  { pod, completesReconcile }: RestartPod,
  { set, pods }: SetView,
  view: StackView,
  policy: Policy,
): Permission | undefined {
  const own = pods.find(({ name }) => name === pod);
  if (completesReconcile || own?.revision !== set.updateRevision) return undefined;
  const reasons = diagnose(view, policy)
    .filter(({ subject }) => subject === `Pod/${pod}`)
    .map(({ reason }) => reason);
  if (reasons.includes("PodDrift")) return undefined;
  const pulls = reasons.some((reason) => reason === "ImagePulling" || reason === "ImagePullThrottled");
  const waitsForNode = own.nodeName === undefined && condition(own, "PodScheduled")?.status !== "True";
  return pulls || waitsForNode ? refuse("RestartNoHelp") : undefined;
}

/** Only a revision that the snapshot itself offers, written to exactly the state that was judged. */
function rollbackRefusal(action: RollbackRelease, own: SetView, snapshot: Snapshot): Permission | undefined {
  const { set } = own;
  if (action.uid !== set.uid || set.terminating) return refuse("StaleTarget");
  const sameState =
    action.expect.replicas === set.replicas && jsonEqual(action.expect.template, set.template);
  if (!sameState) return refuse("StaleTarget");
  const offered = rollbackCandidates(own, snapshot).find(({ name }) => name === action.revision);
  if (offered === undefined || !jsonEqual(offered.template, action.template))
    return refuse("NotTheIntent", "No earlier revision of this name agrees with the declared intent.");
  const widened = widenings(set.template, action.template);
  return widened.length > 0 ? refuse("WidensPrivileges", `It would add: ${widened.join(", ")}.`) : undefined;
}

function reconcileRefusal(
  action: ReconcileToIntent,
  { set, ...own }: SetView,
  snapshot: Snapshot,
): Permission | undefined {
  if (action.uid !== set.uid || set.terminating) return refuse("StaleTarget");
  const drift = driftOf({ set, ...own }, snapshot);
  if (drift === undefined) return refuse("NotTheIntent", "No drift is known.");
  const sameState =
    action.expect.replicas === set.replicas && jsonEqual(action.expect.template, set.template);
  if (!sameState) return refuse("StaleTarget");
  const same =
    action.replicas === drift.replicas && differences(action.template, drift.template).length === 0;
  if (!same) return refuse("NotTheIntent");
  const widened = action.template === undefined ? [] : widenings(set.template, action.template);
  return widened.length > 0 ? refuse("WidensPrivileges", `It would add: ${widened.join(", ")}.`) : undefined;
}

function podRefusal(action: RestartPod, own: SetView, snapshot: Snapshot): Permission | undefined {
  const pod = own.pods.find(({ uid }) => uid === action.uid);
  if (pod === undefined) return refuse("OutOfScope");
  if (pod.name !== action.pod) return refuse("StaleTarget");
  if (pod.deletionAt !== undefined) return refuse("PodTerminating");
  if (isReady(pod)) return refuse("PodIsReady");
  const node = snapshot.nodes.find(({ name }) => name === pod.nodeName);
  const scheduled = condition(pod, "PodScheduled")?.status === "True" || pod.nodeName !== undefined;
  return scheduled && node?.ready !== true ? refuse("NodeNotReady") : undefined;
}

/** Deleting before the template is right would bring back the same broken pod, for a database perhaps on the wrong OS. */
function comesBackRefusal(own: SetView, snapshot: Snapshot): Permission | undefined {
  if (driftOf(own, snapshot) !== undefined)
    return refuse("NotTheIntent", "The StatefulSet itself differs from its intent; set that right first.");
  const known = own.parsed.problems.length === 0 && dryRunFor(own, snapshot)?.ok !== false;
  if (known) return undefined;
  return refuse("NotTheIntent", "Whether the StatefulSet is what its intent declares is unknown.");
}

/** Only what a reconcile left behind on an older revision is part of that reconcile, and so not counted. */
function leftoverRefusal(
  { completesReconcile, uid }: RestartPod,
  { set, pods }: SetView,
  { incident }: Snapshot,
): Permission | undefined {
  if (!completesReconcile) return undefined;
  const leftover = pods.some(
    (pod) =>
      pod.uid === uid &&
      pod.revision !== set.updateRevision &&
      owesReplacement(incident?.status.attempts ?? [], set.name, pod.name),
  );
  return leftover ? undefined : refuse("NotTheIntent", "No reconcile has left this pod behind.");
}

function limitRefusal(
  action: Action,
  view: StackView,
  policy: Policy,
  symptom?: string,
): Permission | undefined {
  const { snapshot } = view;
  const attempts = snapshot.incident?.status.attempts ?? [];
  if (attempts.some((attempt) => repeats(attempt, action))) return refuse("RepeatsARepair");
  const counted = action.kind === "restart-pod" && action.completesReconcile ? 0 : 1;
  const used = actionsUsed(attempts);
  if (used + counted > policy.maxActionsPerStack)
    return refuse("ActionsUsedUp", `(${used} of ${policy.maxActionsPerStack})`);
  if (isStorm(snapshot, symptom ?? symptomOf(snapshot.incident?.status.findings ?? [])))
    return refuse("Storm");
  return policy.mode === "observe" ? refuse("ObserveOnly") : undefined;
}

/** True when this stack's trouble is on so many stacks at once that the farm is the patient. */
export function isStorm({ farm }: Pick<Snapshot, "farm">, symptom: string | undefined): boolean {
  const same = 1 + (symptom === undefined ? 0 : (farm.stacksBySymptom[symptom] ?? 0));
  return same >= STORM_STACKS && same >= farm.stacks * STORM_SHARE;
}
