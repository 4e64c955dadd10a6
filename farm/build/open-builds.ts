import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "./owner.ts";
import type { Owner } from "./owner.ts";
import { openBuildsFolder } from "./farm-folder.ts";
import { readJson, writeJson } from "./out-folder.ts";

/** A build that has not been cleaned up yet: on disk before it touches the cluster, gone after its teardown. */
export interface OpenBuild {
  readonly runId: string;
  readonly namespace: string;
  readonly owner: Owner;
  readonly kubeconfig: string;
  /** UID of the namespace `kube-system`: tells a cluster from another one behind the same kubeconfig. */
  readonly clusterUid: string;
  /** Nodes that this build cordoned. */
  readonly cordoned: readonly string[];
  readonly keep: boolean;
  /** It has not begun: another build has the farm to itself. */
  readonly waiting?: boolean;
}

export async function saveOpenBuild(build: OpenBuild, folder = openBuildsFolder()): Promise<void> {
  await writeJson(join(folder, `${build.runId}.json`), build);
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
  const alive = await Promise.all(builds.map((build) => isAlive(build.owner)));
  return builds.filter((_, index) => !alive[index]);
}
