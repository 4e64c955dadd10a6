import type { V1Pod, V1PodStatus } from "@kubernetes/client-node";
import { stackPods } from "../faults/stack-objects.ts";
import type { StackRef } from "../faults/stack-objects.ts";
import type { Kube } from "./kube.ts";

/** How the pods of a stack stand, in the words that `kubectl get pods` would use: for the reason of a failed client. */
export async function stackState(kube: Kube, stack: StackRef): Promise<string> {
  const pods = await stackPods(kube, stack).catch(() => []);
  if (pods.length === 0) return "no pods";
  return pods
    .map(podState)
    .sort((a, b) => a.localeCompare(b))
    .join(", ");
}

function podState(pod: V1Pod): string {
  const { metadata = {}, status = {} } = pod;
  if (metadata.deletionTimestamp !== undefined) return `${metadata.name} Terminating`;
  return `${metadata.name} ${waitingReason(status) ?? unplacedReason(status) ?? phaseOf(status)}`;
}

function waitingReason(status: V1PodStatus): string | undefined {
  return status.containerStatuses?.find((one) => one.state?.waiting)?.state?.waiting?.reason;
}

function unplacedReason({ conditions = [] }: V1PodStatus): string | undefined {
  return conditions.find((one) => one.type === "PodScheduled" && one.status === "False")?.reason;
}

function phaseOf({ conditions = [], phase = "Unknown" }: V1PodStatus): string {
  const ready = conditions.some((one) => one.type === "Ready" && one.status === "True");
  return ready ? phase : `${phase}, not ready`;
}
