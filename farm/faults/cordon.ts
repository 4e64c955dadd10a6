import type { V1Node, V1NodeList } from "@kubernetes/client-node";
import { FarmError, failureOf, isNotFound } from "../build/kube.ts";
import type { Kube } from "../build/kube.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { deletePodAndWait } from "./stack-objects.ts";

/**
 * Cordons every node that is not cordoned yet and deletes the target's server pod, so that its successor cannot be
 * placed. The names go to disk first: whoever comes next can undo it.
 */
export async function injectCordon(site: FaultSite): Promise<ActiveFault> {
  const nodes = await schedulableNodes(site.kube);
  if (nodes.length === 0)
    throw new FarmError("fault cordon: no node is schedulable, so there is nothing to cordon");
  await site.rememberCordon(nodes);
  await site.kube.ask("cordon the nodes", ["cordon", ...nodes]);
  await deletePodAndWait(site.kube, site, "server");
  return {
    name: "cordon",
    detail: `${nodes.join(", ")} cordoned, pod server-${site.client}-0 deleted`,
    heal: async () => {
      await uncordon(site.kube, nodes);
    },
  };
}

/**
 * Makes nodes schedulable again; a node that is gone or already schedulable is no trouble.
 * @returns the nodes that were still cordoned.
 */
export async function uncordon(kube: Kube, nodes: readonly string[]): Promise<string[]> {
  const open = new Set(await schedulableNodes(kube));
  const cordoned = nodes.filter((node) => !open.has(node));
  const undone: string[] = [];
  for (const node of cordoned) {
    const result = await kube.kubectl(["uncordon", node]);
    if (result.code === 0) undone.push(node);
    else if (!isNotFound(result)) throw new FarmError(`uncordon ${node}: ${failureOf(result)}`);
  }
  return undone;
}

async function schedulableNodes(kube: Kube): Promise<string[]> {
  const list = await kube.get<V1NodeList>("list the nodes", ["nodes"]);
  return list.items.filter((node) => node.spec?.unschedulable !== true).map(nodeName);
}

function nodeName(node: V1Node): string {
  return node.metadata?.name ?? "";
}
