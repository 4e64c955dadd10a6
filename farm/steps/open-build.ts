import { readOpenBuild } from "../build/open-builds.ts";
import type { OpenBuild } from "../build/open-builds.ts";
import { runOwner } from "./run-owner.ts";
import type { Step } from "./step-frame.ts";

/** The build on record here; a fresh record on a machine that an earlier step of the run was not on. */
export async function openBuildOf({ runId, namespace, farm }: Step): Promise<OpenBuild> {
  const known = await readOpenBuild(runId);
  if (known !== undefined) return known;
  return {
    runId,
    namespace,
    owner: await runOwner(process.env, Date.now()),
    kubeconfig: farm.kubeconfig,
    clusterUid: farm.clusterUid,
    cordoned: [],
    keep: false,
  };
}
