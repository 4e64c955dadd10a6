import { existsSync } from "node:fs";
import { join } from "node:path";
import { helmPath, kubectlPath } from "../cluster/kube-tools.ts";
import { readFarm } from "../cluster/state.ts";
import type { FarmState } from "../cluster/state.ts";
import { ensureImages } from "../images/ensure-images.ts";
import { clusterUid } from "./cluster-uid.ts";
import { FarmError, UsageError, openKube } from "./kube.ts";
import type { Kube, KubeTools } from "./kube.ts";
import { ROOT } from "./out-folder.ts";

/** A cluster that answers. */
export interface ClusterAccess extends Omit<KubeTools, "signal"> {
  readonly clusterUid: string;
  /** Requests that the API server got, as JSON lines; only the local farm writes them where we can read. */
  readonly auditLog?: string;
  readonly chart: string;
  /** Kubeconfig of the account that may put faults in, where it is another one. */
  readonly faultKubeconfig?: string | undefined;
  /** Where `suite/main.ts` is on this machine. */
  readonly suiteFolder: string;
  /** Of the local farm: where its images are. */
  readonly registry?: string | undefined;
}

/** A farm that answers, with the images that builds need in its registry. */
export interface FarmAccess extends ClusterAccess {
  readonly chartValues: Readonly<Record<string, string>>;
  readonly suiteImage: string;
}

export interface FarmRequest {
  readonly kubeconfig?: string | undefined;
  readonly faultKubeconfig?: string | undefined;
  readonly report: (line: string) => void;
}

/**
 * The farm that is up, or the cluster of the given kubeconfig, with the images in its registry. Throws `FarmError` or
 * `UsageError` with one sentence when there is none.
 */
export async function openFarm(request: FarmRequest): Promise<FarmAccess> {
  return withImages(await openCluster(request), request.report);
}

/** The same without its images, for whoever starts nothing on it. */
export async function openCluster(request: FarmRequest): Promise<ClusterAccess> {
  const farm = await readFarm();
  const kubeconfig = kubeconfigFor(request.kubeconfig, farm);
  const [kubectl, helm] = await Promise.all([kubectlPath(), helmPath()]);
  const uid = await clusterUid(openKube({ kubeconfig, kubectl, helm }));
  const ours = farm?.kubeconfig === kubeconfig ? farm : undefined;
  return {
    kubeconfig,
    kubectl,
    helm,
    clusterUid: uid,
    faultKubeconfig: request.faultKubeconfig,
    ...(ours?.auditLog === undefined ? {} : { auditLog: ours.auditLog }),
    chart: join(ROOT, "charts", "test-stack"),
    suiteFolder: join(ROOT, "farm"),
    registry: ours?.registry,
  };
}

/** Sees to it that the images of a build are where the cluster pulls from. */
export async function withImages(
  cluster: ClusterAccess,
  report: (line: string) => void,
): Promise<FarmAccess> {
  const images = await imagesFor(cluster.registry, report);
  return {
    ...cluster,
    chartValues: { "images.server": images.server, "images.db": images.db },
    suiteImage: images.suite,
  };
}

/** The cluster as the account that may put faults in sees it. */
export function openFaultKube(farm: ClusterAccess): Kube {
  return openKube({ ...farm, kubeconfig: farm.faultKubeconfig ?? farm.kubeconfig, signal: undefined });
}

function kubeconfigFor(given: string | undefined, farm: FarmState | undefined): string {
  if (given !== undefined) {
    if (!existsSync(given)) throw new UsageError(`--kubeconfig ${given}: there is no such file.`);
    return given;
  }
  // In a pod kubectl and Helm find its account themselves.
  if (farm === undefined && process.env["KUBERNETES_SERVICE_HOST"] !== undefined) return "";
  if (farm === undefined) {
    throw new FarmError(
      "No farm is up: run `build-medic farm up` first, or name a cluster with --kubeconfig FILE.",
    );
  }
  if (farm.provider === "kwok") {
    throw new FarmError(
      "This farm has fake nodes, on which no container runs: for builds, take it down and bring it up again as root on Debian or Ubuntu, or name a cluster with --kubeconfig FILE.",
    );
  }
  return farm.kubeconfig;
}

interface Images {
  readonly server: string;
  readonly db: string;
  readonly suite: string;
}

/** A cluster of somebody else pulls from its own registry: the images are named in the environment. */
async function imagesFor(registry: string | undefined, log: (line: string) => void): Promise<Images> {
  if (registry !== undefined) return ensureImages({ registry, log });
  const { FARM_SERVER_IMAGE: server, FARM_DB_IMAGE: db, FARM_SUITE_IMAGE: suite } = process.env;
  if (server === undefined || db === undefined || suite === undefined) {
    throw new FarmError(
      "This cluster is not the local farm: push the images of farm/images to its registry and name them in FARM_SERVER_IMAGE, FARM_DB_IMAGE and FARM_SUITE_IMAGE.",
    );
  }
  return { server, db, suite };
}
