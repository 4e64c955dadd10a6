import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAtWork } from "./owner.ts";
import type { BuildOwner, Owner } from "./owner.ts";
import { openBuildsFolder } from "./farm-folder.ts";
import { readJson, writeJson } from "./out-folder.ts";
import type { FaultRecord } from "./record.ts";

/** A build that has not been cleaned up yet: on disk before it touches the cluster, gone after its teardown. */
export interface OpenBuild {
  readonly runId: string;
  readonly namespace: string;
  readonly owner: BuildOwner;
  readonly kubeconfig: string;
  /** UID of the namespace `kube-system`: tells a cluster from another one behind the same kubeconfig. */
  readonly clusterUid: string;
  /** Nodes that this build cordoned. */
  readonly cordoned: readonly string[];
  readonly keep: boolean;
  /** It has not begun: another build has the farm to itself. */
  readonly waiting?: boolean;
  /** The process that holds a fault in place between the steps of a workflow. */
  readonly holder?: Owner;
  /** What was put into the target's stack, for the build's record. */
  readonly fault?: FaultRecord;
}

export async function saveOpenBuild(build: OpenBuild, folder = openBuildsFolder()): Promise<void> {
  await writeJson(join(folder, `${build.runId}.json`), build);
}

export async function readOpenBuild(
  runId: string,
  folder = openBuildsFolder(),
): Promise<OpenBuild | undefined> {
  return readJson<OpenBuild>(join(folder, `${runId}.json`));
}

export async function dropOpenBuild(runId: string, folder = openBuildsFolder()): Promise<void> {
  await rm(join(folder, `${runId}.json`), { force: true });
}

export async function listOpenBuilds(folder = openBuildsFolder()): Promise<OpenBuild[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).sort();
  const builds = await Promise.all(files.map((name) => readJson<OpenBuild>(join(folder, name))));
  return builds.filter((build) => build !== undefined);
}

/** Builds whose process died before it could clean up. */
export async function abandonedBuilds(folder = openBuildsFolder()): Promise<OpenBuild[]> {
  const builds = await listOpenBuilds(folder);
  const alive = await Promise.all(builds.map((build) => isAtWork(build.owner)));
  return builds.filter((_, index) => !alive[index]);
}
