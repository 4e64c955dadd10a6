import { cordonedNodes, uncordon } from "../faults/cordon.ts";
import { clusterUid } from "./cluster-uid.ts";
import { helmPath, kubectlPath } from "../cluster/kube-tools.ts";
import { cordonLockPath } from "./farm-folder.ts";
import { releaseLock } from "./file-lock.ts";
import { openKube } from "./kube.ts";
import type { Kube } from "./kube.ts";
import { deleteNamespace, namespaceOf, readNamespace } from "./namespace.ts";
import { abandonedBuilds, dropOpenBuild, listOpenBuilds } from "./open-builds.ts";
import type { OpenBuild } from "./open-builds.ts";
import { endProcess } from "./owner.ts";

/** Accounts to clean up with: the same, unless faults have one of their own. */
export interface CleanUp {
  readonly kube: Kube;
  /** Of the account that may put faults in. */
  readonly faultKube: Kube;
  readonly folder?: string | undefined;
}

/**
 * Cleans up after builds whose process died: uncordons the nodes they cordoned and deletes their namespaces (network
 * faults live in their pods and go with them). Builds on another cluster are left for the day that cluster answers.
 * @returns one sentence for each build that was cleaned up.
 */
export async function healLeftovers(kube: Kube, folder?: string, faultKube = kube): Promise<string[]> {
  const abandoned = await abandonedBuilds(folder);
  const uid = abandoned.length === 0 ? "" : await clusterUid(kube);
  const done: string[] = [];
  for (const build of abandoned) {
    if (build.clusterUid !== uid) {
      // The same kubeconfig and another cluster: the farm was made anew, so nothing of this build is left.
      if (build.kubeconfig === kube.kubeconfig) await dropOpenBuild(build.runId, folder);
      continue;
    }
    const nodes = await cleanUp(build, { kube, faultKube, folder });
    done.push(
      `build ${build.runId} had been killed: ${nodes.length > 0 ? `uncordoned ${nodes.join(", ")}, ` : ""}` +
        (build.keep ? `kept namespace ${build.namespace}` : `removed namespace ${build.namespace}`),
    );
  }
  return [...done, ...(await healOrphans({ kube, faultKube, folder }))];
}

/**
 * Takes away everything that a build has made: its fault, its namespace, its turn at the farm, its record.
 * @returns the nodes that were still cordoned.
 */
export async function cleanUp(build: OpenBuild, { kube, faultKube, folder }: CleanUp): Promise<string[]> {
  if (build.holder !== undefined) await endProcess(build.holder);
  const nodes = await uncordon(faultKube, [
    ...build.cordoned,
    ...(await cordonedNodes(faultKube)).filter(({ runId }) => runId === build.runId).map(({ node }) => node),
  ]);
  if (!build.keep) await deleteNamespace(kube, build.namespace);
  await dropOpenBuild(build.runId, folder);
  await releaseLock(cordonLockPath(), build.owner);
  return nodes;
}

/** Cordons whose build is on no record here and has no namespace any more: another machine's, which did not undo them. */
async function healOrphans({ kube, faultKube, folder }: CleanUp): Promise<string[]> {
  const marked = await cordonedNodes(faultKube);
  if (marked.length === 0) return [];
  const open = new Set((await listOpenBuilds(folder)).map(({ runId }) => runId));
  const done: string[] = [];
  for (const { node, runId } of marked) {
    if (open.has(runId) || (await readNamespace(kube, namespaceOf(runId))) !== undefined) continue;
    const undone = await uncordon(faultKube, [node]);
    if (undone.length > 0) done.push(`build ${runId} is gone: uncordoned ${node}`);
  }
  return done;
}

/** The same for a cluster by its kubeconfig, for commands that do not build. */
export async function healFarm(kubeconfig: string): Promise<string[]> {
  const [kubectl, helm] = await Promise.all([kubectlPath(), helmPath()]);
  return healLeftovers(openKube({ kubeconfig, kubectl, helm }));
}
