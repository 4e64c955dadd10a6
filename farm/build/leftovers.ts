import { uncordon } from "../faults/cordon.ts";
import { clusterUid } from "./cluster-uid.ts";
import { helmPath, kubectlPath } from "../cluster/kube-tools.ts";
import { openKube } from "./kube.ts";
import type { Kube } from "./kube.ts";
import { deleteNamespace } from "./namespace.ts";
import { abandonedBuilds, dropOpenBuild } from "./open-builds.ts";

/**
 * Cleans up after builds whose process died: uncordons the nodes they cordoned and deletes their namespaces (network
 * faults live in their pods and go with them). Builds on another cluster are left for the day that cluster answers.
 * @returns one sentence for each build that was cleaned up.
 */
export async function healLeftovers(kube: Kube, folder?: string): Promise<string[]> {
  const abandoned = await abandonedBuilds(folder);
  if (abandoned.length === 0) return [];
  const uid = await clusterUid(kube);
  const done: string[] = [];
  for (const build of abandoned) {
    if (build.clusterUid !== uid) {
      // The same kubeconfig and another cluster: the farm was made anew, so nothing of this build is left.
      if (build.kubeconfig === kube.kubeconfig) await dropOpenBuild(build.runId, folder);
      continue;
    }
    const nodes = await uncordon(kube, build.cordoned);
    if (!build.keep) await deleteNamespace(kube, build.namespace);
    await dropOpenBuild(build.runId, folder);
    done.push(
      `build ${build.runId} had been killed: ${nodes.length > 0 ? `uncordoned ${nodes.join(", ")}, ` : ""}` +
        (build.keep ? `kept namespace ${build.namespace}` : `removed namespace ${build.namespace}`),
    );
  }
  return done;
}

/** The same for a cluster by its kubeconfig, for commands that do not build. */
export async function healFarm(kubeconfig: string): Promise<string[]> {
  const [kubectl, helm] = await Promise.all([kubectlPath(), helmPath()]);
  return healLeftovers(openKube({ kubeconfig, kubectl, helm }));
}
