import type { UncordonNode } from "./action.ts";
import { claimsOf, unfitFor } from "./node-fit.ts";
import { refuse } from "./permission.ts";
import type { Permission } from "./permission.ts";
import type { Policy } from "./policy.ts";
import type { NodeState, Snapshot } from "./snapshot.ts";
import { brokenPods, condition } from "./stack-view.ts";
import type { SetView, StackView } from "./stack-view.ts";

/** Somebody takes the node away: the words of the autoscalers and of cloud controllers. */
const LEAVING = [
  "ToBeDeletedByClusterAutoscaler",
  "DeletionCandidateOfClusterAutoscaler",
  "karpenter.sh/disrupted",
  "karpenter.sh/disruption",
  "node.cloudprovider.kubernetes.io/shutdown",
  "node.kubernetes.io/out-of-service",
];

/**
 * A node is uncordoned only with the flag, only where nobody marked it, and only for a pod of this stack that waits for
 * it: one that could run there and that no other node can take. So one stack never frees more nodes than it needs.
 */
export function uncordonRefusal(
  { node: name, uid }: UncordonNode,
  { sets, snapshot }: StackView,
  policy: Policy,
): Permission | undefined {
  if (!policy.allowNodePatch) return refuse("NodePatchOff");
  const node = snapshot.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) return refuse("OutOfScope");
  if (node.uid !== uid || !node.unschedulable) return refuse("StaleTarget", `${name} is not cordoned.`);
  if (!node.ready) return refuse("NodeNotReady", `${name} is not ready.`);
  if (node.maintenance !== undefined)
    return refuse("NodeInMaintenance", node.maintenance === "" ? "" : `It says: ${node.maintenance}`);
  const leaving = node.taints.find(({ key }) => LEAVING.includes(key));
  if (leaving !== undefined) return refuse("NodeInMaintenance", `It has the taint ${leaving.key}.`);
  const waiting = sets.filter(waitsForCordoned);
  if (waiting.length === 0) return refuse("PodNotCordonedOut");
  const unfit = waiting.map(({ set }) => unfitFor(node, set.template, claimsOf(set, snapshot.claims)));
  if (unfit.every((why) => why !== undefined)) return refuse("NodeUnfit", `${name}: ${unfit[0]}.`);
  const wanting = waiting.filter((_, index) => unfit[index] === undefined);
  const free = wanting.map((own) => snapshot.nodes.find((other) => takes(other, own, snapshot.claims)));
  if (free.includes(undefined)) return undefined;
  return refuse(
    "NodeNotNeeded",
    wanting.map(({ set }, index) => `${free[index]?.name} can take ${set.name}.`).join(" "),
  );
}

/** The scheduler said of one of its pods that cordoned nodes are in the way. */
function waitsForCordoned(own: SetView): boolean {
  return brokenPods(own).some((pod) => {
    const scheduled = condition(pod, "PodScheduled");
    return scheduled?.status === "False" && /were unschedulable/.test(scheduled.message ?? "");
  });
}

function takes(node: NodeState, { set }: SetView, claims: Snapshot["claims"]): boolean {
  return (
    node.ready && !node.unschedulable && unfitFor(node, set.template, claimsOf(set, claims)) === undefined
  );
}
