import { cordonedNodes, uncordon } from "../faults/cordon.ts";
import { isNetworkFault } from "../faults/catalogue.ts";
import type { FaultName } from "../faults/catalogue.ts";
import { hasChaosMesh, removeNetworkChaos } from "../faults/chaos-mesh.ts";
import type { ActiveFault } from "../faults/fault.ts";
import { inject } from "../faults/inject.ts";
import { removeRulesFrom } from "../faults/pod-network.ts";
import { stackPods } from "../faults/stack-objects.ts";
import { FaultPlan } from "../build/fault-plan.ts";
import { readOpenBuild, saveOpenBuild } from "../build/open-builds.ts";
import type { OpenBuild } from "../build/open-builds.ts";
import { endProcess, thisOwner } from "../build/owner.ts";
import type { FaultRecord } from "../build/record.ts";
import { report } from "./github-output.ts";
import { startHolder } from "./fault-holder.ts";
import { openBuildOf } from "./open-build.ts";
import type { Step } from "./step-frame.ts";

/** Other clients' jobs may still be waiting for a runner. */
const PLACED_WITHIN_SECONDS = 300;

/**
 * Puts in the fault that the build's seed drew; it stays after this process. Only for the target's client.
 * @returns what was done. Throws `FarmError` when it could not be.
 */
export async function putFaultIn(step: Step, client: number): Promise<FaultRecord | undefined> {
  const { options, runId, namespace, faultKube, farm, signal } = step;
  const open = await openBuildOf(step);
  // Until it is in place this very process is what has to end first, before anybody can heal.
  await saveOpenBuild({ ...open, holder: await thisOwner() });
  const plan = new FaultPlan({
    options,
    runId,
    namespace,
    kube: faultKube,
    rememberCordon: async (cordoned) => update(runId, { cordoned }),
    report,
    signal,
    placedWithinSeconds: PLACED_WITHIN_SECONDS,
    inject: async (fault, site): Promise<ActiveFault> => {
      // What lives in the cluster stays there without us; what works in a pod's network from here needs a process.
      if (!isNetworkFault(fault) || (await hasChaosMesh(faultKube))) return inject(fault, site);
      const { kubectl, helm, faultKubeconfig, kubeconfig } = farm;
      const account = faultKubeconfig ?? kubeconfig;
      const order = {
        fault,
        runId,
        namespace,
        client,
        kubeconfig: account,
        kubectl,
        helm,
        owner: open.owner,
      };
      const detail = await startHolder(order, async (holder) => update(runId, { holder }));
      return { name: fault, detail, heal: async () => void (await takeFaultOut(step, client)) };
    },
  });
  try {
    for (const moment of ["deployed", "scheduled", "running"] as const) await plan.at(moment, client);
  } finally {
    if (plan.record !== undefined) await update(runId, { fault: plan.record });
  }
  return plan.record;
}

async function update(runId: string, change: Partial<OpenBuild>): Promise<void> {
  const open = await readOpenBuild(runId);
  if (open !== undefined) await saveOpenBuild({ ...open, ...change });
}

/**
 * Takes the fault out, also one whose process was killed, or of which this machine has no record; safe to repeat. A
 * changed template is left as it is: it goes with the namespace. Throws when something is left.
 */
export async function takeFaultOut(step: Step, client: number): Promise<readonly string[]> {
  const { options, runId, namespace, faultKube } = step;
  const open = await readOpenBuild(runId);
  const fault = options.fault;
  if (fault === undefined) return [];
  if (open?.holder !== undefined) await endProcess(open.holder);
  if (fault === "cordon") {
    const marked = (await cordonedNodes(faultKube)).filter((one) => one.runId === runId);
    return uncordon(faultKube, [...(open?.cordoned ?? []), ...marked.map(({ node }) => node)]);
  }
  if (isNetworkFault(fault)) await openNetwork(step, { namespace, client, fault });
  return [];
}

async function openNetwork(
  { faultKube }: Step,
  stack: { readonly namespace: string; readonly client: number; readonly fault: FaultName },
): Promise<void> {
  if (await hasChaosMesh(faultKube)) return removeNetworkChaos(faultKube, stack);
  // The process that held it did this, unless it was killed.
  const uids = (await stackPods(faultKube, stack)).map((pod) => pod.metadata?.uid);
  await removeRulesFrom(uids.filter((uid) => uid !== undefined));
}
