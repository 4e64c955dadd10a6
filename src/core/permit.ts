import type { Action, ReconcileToIntent, RestartPod } from "./action.ts";
import { driftOf, dryRunFor } from "./drift.ts";
import { symptomOf } from "./farm.ts";
import { differences, jsonEqual } from "./json.ts";
import type { Attempt } from "./incident.ts";
import type { Policy } from "./policy.ts";
import { STORM_SHARE, STORM_STACKS } from "./policy.ts";
import { widenings } from "./privileges.ts";
import type { Snapshot } from "./snapshot.ts";
import { condition, isReady } from "./stack-view.ts";
import type { SetView, StackView } from "./stack-view.ts";

/** Why an action was refused, a stable CamelCase code each. */
export const Refusals = {
  NotWatched: "The namespace is not labelled for the medic.",
  NamespaceTerminating: "The namespace is being deleted.",
  TestsStarted: "The stack's tests have started; what breaks now is a result.",
  Paused: "Someone asked for hands off.",
  AlreadyEscalated: "The incident was handed to people.",
  StackReady: "The stack is ready; drift on a ready stack is no trouble.",
  OutOfScope: "The target does not belong to this incident's stack.",
  StaleTarget: "The target is no longer what the decision was made from.",
  NotTheIntent: "The write is not exactly what the intent declares.",
  WidensPrivileges: "The write would give the pod more rights on its node.",
  PodIsReady: "The pod is ready.",
  PodTerminating: "The pod is terminating already.",
  NodeNotReady: "The pod's node is not ready, so nobody knows whether the pod still runs.",
  ActionsUsedUp: "The stack has had all the actions it may have.",
  Storm: "Many stacks have the same trouble at once: the patient is the farm.",
  ObserveOnly: "The medic runs in observe mode.",
} as const;

export type Refusal = keyof typeof Refusals;

/** Whether an action may be done, and why not. */
export type Permission =
  | { readonly allowed: true; readonly why: string }
  | { readonly allowed: false; readonly code: Refusal; readonly why: string };

/**
 * The one gate that every action of either tier passes, asked again right before it is carried out. It re-derives
 * what may be written from the snapshot, so a wrong or forged action is refused whoever made it. Fails closed.
 * `symptom` is what the storm rule counts by; without it the incident's own.
 */
export function permit(action: Action, view: StackView, policy: Policy, symptom?: string): Permission {
  const refusal =
    stackRefusal(view) ?? targetRefusal(action, view) ?? limitRefusal(action, view, policy, symptom);
  return refusal ?? { allowed: true, why: "within scope, intent and limits" };
}

function refuse(code: Refusal, detail = ""): Permission & { allowed: false } {
  return { allowed: false, code, why: `${Refusals[code]}${detail === "" ? "" : ` ${detail}`}` };
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

function targetRefusal(action: Action, { sets, snapshot }: StackView): Permission | undefined {
  const own = sets.find(({ set }) => set.name === action.statefulSet);
  if (own === undefined || action.namespace !== snapshot.namespace.name) return refuse("OutOfScope");
  if (action.kind === "reconcile-to-intent") return reconcileRefusal(action, own, snapshot);
  return (
    podRefusal(action, own, snapshot) ??
    comesBackRefusal(own, snapshot) ??
    leftoverRefusal(action, own, snapshot)
  );
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

/** A reconcile was carried out and its stuck pod has not been replaced for it yet. */
export function owesReplacement(attempts: readonly Attempt[], statefulSet: string, pod: string): boolean {
  const done = (action: string, target: string): number =>
    attempts.filter(
      (attempt) => attempt.action === action && attempt.target === target && attempt.outcome === "applied",
    ).length;
  return done("reconcile-to-intent", `StatefulSet/${statefulSet}`) > done("replace-stuck-pod", `Pod/${pod}`);
}

function limitRefusal(
  action: Action,
  view: StackView,
  policy: Policy,
  symptom?: string,
): Permission | undefined {
  const { snapshot } = view;
  const attempts = snapshot.incident?.status.attempts ?? [];
  const counted = action.kind === "restart-pod" && action.completesReconcile ? 0 : 1;
  const used = actionsUsed(attempts);
  if (used + counted > policy.maxActionsPerStack)
    return refuse("ActionsUsedUp", `(${used} of ${policy.maxActionsPerStack})`);
  if (isStorm(snapshot, symptom ?? symptomOf(snapshot.incident?.status.findings ?? [])))
    return refuse("Storm");
  return policy.mode === "observe" ? refuse("ObserveOnly") : undefined;
}

/** How many actions an incident has had: replacing the pod that a reconcile left stuck is part of that reconcile. */
export function actionsUsed(attempts: readonly Attempt[]): number {
  return attempts.filter(
    ({ action, outcome }) =>
      action !== "replace-stuck-pod" && (outcome === "applied" || outcome === "pending"),
  ).length;
}

/** True when this stack's trouble is on so many stacks at once that the farm is the patient. */
export function isStorm({ farm }: Pick<Snapshot, "farm">, symptom: string | undefined): boolean {
  const same = 1 + (symptom === undefined ? 0 : (farm.stacksBySymptom[symptom] ?? 0));
  return same >= STORM_STACKS && same >= farm.stacks * STORM_SHARE;
}
