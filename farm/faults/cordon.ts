import type { V1Node, V1NodeList } from "@kubernetes/client-node";
import { FarmError, failureOf, isForbidden, isNotFound } from "../build/kube.ts";
import type { Kube } from "../build/kube.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { deletePodAndWait } from "./stack-objects.ts";

/** Node annotation: the run that cordoned it. It says who undoes it, also on a machine that has no record of the build. */
const CORDONED_BY = "build-farm/cordoned-by";

/**
 * Cordons every node that is not cordoned yet and deletes the target's server pod, so that its successor cannot be
 * placed. The names go to disk first, and the run's on the nodes: whoever comes next can undo it.
 */
export async function injectCordon(site: FaultSite): Promise<ActiveFault> {
  const nodes = await schedulableNodes(site.kube);
  if (nodes.length === 0)
    throw new FarmError("fault cordon: no node is schedulable, so there is nothing to cordon");
  await site.rememberCordon(nodes);
  const patch = { metadata: { annotations: { [CORDONED_BY]: site.runId } }, spec: { unschedulable: true } };
  for (const node of nodes)
    await site.kube.ask(`cordon ${node}`, ["patch", "node", node, "-p", JSON.stringify(patch)]);
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
  const wanted = new Set(nodes);
  const undone: string[] = [];
  for (const node of await listNodes(kube)) {
    const name = nodeName(node);
    const cordoned = node.spec?.unschedulable === true;
    if (!wanted.has(name) || (!cordoned && cordonedBy(node) === undefined)) continue;
    const patch = { metadata: { annotations: { [CORDONED_BY]: null } }, spec: { unschedulable: null } };
    const result = await kube.kubectl(["patch", "node", name, "-p", JSON.stringify(patch)]);
    if (result.code !== 0 && !isNotFound(result))
      throw new FarmError(`uncordon ${name}: ${failureOf(result)}`);
    if (result.code === 0 && cordoned) undone.push(name);
  }
  return undone;
}

/**
 * The nodes that carry the mark of a build's cordon, with the build's run id. None for an account that may not read
 * nodes: it cannot have cordoned any.
 */
export async function cordonedNodes(
  kube: Kube,
): Promise<{ readonly node: string; readonly runId: string }[]> {
  const result = await kube.kubectl(["get", "nodes", "-o", "json"]);
  if (result.code !== 0 && isForbidden(result)) return [];
  if (result.code !== 0) throw new FarmError(`list the nodes: ${failureOf(result)}`);
  const { items } = JSON.parse(result.stdout) as V1NodeList;
  return items.flatMap((node) => {
    const runId = cordonedBy(node);
    return runId === undefined ? [] : [{ node: nodeName(node), runId }];
  });
}

async function schedulableNodes(kube: Kube): Promise<string[]> {
  return (await listNodes(kube)).filter((node) => node.spec?.unschedulable !== true).map(nodeName);
}

async function listNodes(kube: Kube): Promise<V1Node[]> {
  return (await kube.get<V1NodeList>("list the nodes", ["nodes"])).items;
}

function cordonedBy(node: V1Node): string | undefined {
  return node.metadata?.annotations?.[CORDONED_BY];
}

function nodeName(node: V1Node): string {
  return node.metadata?.name ?? "";
}
