import type { Reason } from "../finding.ts";
import type { NodeState } from "../snapshot.ts";
import { condition } from "../stack-view.ts";
import { brief, Durations, patient, podFinding } from "./rule.ts";
import type { PodRule } from "./rule.ts";

const { MINUTE } = Durations;

/** The scheduler's words for why a node was passed over; the first that applies names the finding. */
const CAUSES: readonly (readonly [RegExp, Reason, number])[] = [
  [/were unschedulable/i, "NodesCordoned", 0],
  [/insufficient |too many pods|no nodes available|max volume count/i, "NoCapacity", 5 * MINUTE],
  [/persistentvolume|unbound|volume node affinity/i, "VolumeClaimUnbound", 2 * MINUTE],
  [/untolerated taint/i, "NodeTainted", 2 * MINUTE],
  [/node affinity\/selector|didn't match pod's node affinity/i, "NodeSelectorMismatch", 0],
];

/** What the scheduler adds about other ways out; it says nothing of the cause (the second is new in Kubernetes 1.34). */
const ASIDES = / (preemption:|no new claims to deallocate).*$/s;

/** No node takes the pod. The condition is read, not the events: it is always current. */
export const schedulingRule: PodRule = ({ view, pod, at }) => {
  const scheduled = condition(pod, "PodScheduled");
  if (pod.nodeName !== undefined || scheduled === undefined || scheduled.status === "True") return undefined;
  const text = (scheduled.message ?? "").replace(ASIDES, "");
  const [, reason, patience] = CAUSES.find(([pattern]) => pattern.test(text)) ?? [
    /./,
    "Unschedulable" as const,
    MINUTE,
  ];
  const since = scheduled.since;
  const detail = reason === "NodesCordoned" ? ` (${cordonedNodes(view.snapshot.nodes)})` : "";
  const message = `${pod.name} has no node: ${brief(text) || scheduled.reason || "no reason given"}${detail}`;
  return patience === 0
    ? podFinding(pod, { reason, class: "beyond", message, since })
    : patient(pod, at, { reason, message, since }, patience);
};

function cordonedNodes(nodes: readonly NodeState[]): string {
  const names = nodes
    .filter(({ unschedulable }) => unschedulable)
    .map(({ name, maintenance }) =>
      maintenance === undefined ? name : `${name} in maintenance: ${brief(maintenance, 80)}`,
    );
  return `cordoned: ${names.join(", ") || "none seen"}; ${nodes.length} nodes in all`;
}
