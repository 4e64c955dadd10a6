import { driftFinding, driftOf } from "./drift.ts";
import type { Finding } from "./finding.ts";
import { cannotRunRule, containerConfigRule, crashRule } from "./rules/container.ts";
import { imageRule } from "./rules/image.ts";
import { intentFindings } from "./rules/intent.ts";
import { missingPodFinding } from "./rules/missing-pod.ts";
import { nodeRule, probeRule, rejectedRule, startingRule, terminatingRule } from "./rules/pod-state.ts";
import { revisionFindings } from "./rules/revision.ts";
import { Durations } from "./rules/rule.ts";
import type { PodRule } from "./rules/rule.ts";
import { sandboxRule } from "./rules/sandbox.ts";
import { schedulingRule } from "./rules/scheduling.ts";
import type { Policy } from "./policy.ts";
import { isStuckTerminally, lastProgressAt } from "./progress.ts";
import { brokenPods } from "./stack-view.ts";
import type { SetView, StackView } from "./stack-view.ts";

/** Where a pod is stuck, asked in the order in which a pod comes up; the first rule that knows it answers. */
const POD_RULES: readonly PodRule[] = [
  terminatingRule, // the old pod is in the way
  rejectedRule, // the kubelet ended it
  schedulingRule, // no node
  nodeRule, // the node is gone
  imageRule, // no image
  sandboxRule, // no sandbox, no volume
  containerConfigRule, // the container cannot be made
  cannotRunRule, // its command cannot be started
  crashRule, // it starts and ends
  startingRule, // on its way
  probeRule, // runs, not Ready
];

/** Everything found wrong in a stack that is not ready; empty for a ready one. Drift comes first: it can be repaired. */
export function diagnose(view: StackView, policy: Policy): readonly Finding[] {
  if (view.ready) return [];
  const broken = view.sets.filter((set) => !set.ready).toSorted((left, right) => rank(left) - rank(right));
  const order = [...broken, ...view.sets.filter((set) => set.ready)];
  const found = [
    ...order.flatMap((set) => settled(view, policy, set, drifts(view, set))),
    ...broken.flatMap((set) => settled(view, policy, set, revisionFindings(view, set))),
    ...broken.flatMap((set) => observed(view, set, settled(view, policy, set, symptoms(view, set)))),
    ...broken.flatMap((set) => intentFindings(view, set)),
    ...incomplete(view, policy),
  ];
  return found.some((finding) => finding.class !== "intent") ? found : [...found, ...unexplained(view)];
}

/** The database first: the server depends on it. */
function rank({ set }: SetView): number {
  return set.role === "db" ? 0 : 1;
}

function drifts(view: StackView, set: SetView): Finding[] {
  const drift = driftOf(set, view.snapshot);
  return drift === undefined ? [] : [driftFinding(set, drift, view.snapshot.at)];
}

/**
 * Holds back what is not terminal until the set's debounce has run out: it may be coming up anyway. What the medic has
 * begun to repair is not held back.
 */
function settled(view: StackView, policy: Policy, own: SetView, findings: readonly Finding[]): Finding[] {
  const dueAt = lastProgressAt(view, own) + policy.debounceMs;
  const begun = (view.snapshot.incident?.status.attempts ?? []).some(
    ({ target, outcome }) => target === `StatefulSet/${own.set.name}` && outcome === "applied",
  );
  const now = view.snapshot.at >= dueAt || isStuckTerminally(own);
  return findings.map((finding) => {
    const due = now || finding.terminal || (begun && finding.reason === "StaleRevision");
    return due || finding.class === "wait" ? finding : { ...finding, class: "wait", patienceUntil: dueAt };
  });
}

/** What a pod shows is no verdict on a spec that the StatefulSet controller has not taken in yet. */
function observed(view: StackView, { set }: SetView, findings: readonly Finding[]): readonly Finding[] {
  const patienceUntil = set.specChangedAt + Durations.MINUTE;
  const behind = set.observedGeneration < set.generation && view.snapshot.at < patienceUntil;
  return behind ? findings.map((finding) => ({ ...finding, class: "wait", patienceUntil })) : findings;
}

function symptoms(view: StackView, own: SetView): Finding[] {
  const { at, events } = view.snapshot;
  const pods = brokenPods(own).flatMap((pod) => {
    const input = { view, own, pod, events: events.filter(({ uid }) => uid === pod.uid), at };
    for (const rule of POD_RULES) {
      const finding = rule(input);
      if (finding !== undefined) return [finding];
    }
    return [];
  });
  const missing = missingPodFinding(view, own);
  return missing === undefined ? pods : [...pods, missing];
}

/** A stack has a server and a database; when one of them is gone or going, nothing may be guessed. */
function incomplete(view: StackView, policy: Policy): Finding[] {
  const going = view.sets.filter(({ set }) => set.terminating).map(({ set }) => set.name);
  const roles = new Set(view.sets.filter(({ set }) => !set.terminating).map(({ set }) => set.role));
  const missing = ["server", "db"].filter((role) => !roles.has(role));
  if (missing.length === 0 && going.length === 0) return [];
  const what = [
    ...(missing.length > 0 ? [`it has no StatefulSet with the role ${missing.join(" and ")}`] : []),
    ...(going.length > 0 ? [`${going.join(", ")} is being deleted`] : []),
  ].join("; ");
  const since = Math.max(...view.sets.map(({ set }) => set.createdAt));
  const message = `the stack is incomplete: ${what}`;
  const dueAt = since + policy.debounceMs;
  return stackFinding(view, { reason: "StackIncomplete", message, since }).map((finding) =>
    view.snapshot.at >= dueAt ? finding : { ...finding, class: "wait", patienceUntil: dueAt },
  );
}

function unexplained(view: StackView): Finding[] {
  const names = view.sets.filter(({ ready }) => !ready).map(({ set }) => set.name);
  const since = Math.max(...view.sets.map(({ set }) => set.specChangedAt));
  return stackFinding(view, {
    reason: "NotReady",
    message: `${names.join(", ")} is not ready and nothing known explains it`,
    since,
  });
}

/** About the first StatefulSet that is not ready, else about the first; a stack without any has no findings. */
function stackFinding(view: StackView, found: Pick<Finding, "reason" | "message" | "since">): Finding[] {
  const sets = view.sets.toSorted((left, right) => Number(left.ready) - Number(right.ready));
  return sets.slice(0, 1).map(({ set }) => {
    return { ...found, class: "beyond", subject: `StatefulSet/${set.name}`, terminal: false };
  });
}
