import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, makeOnce, type Log } from "./cache.ts";
import { run } from "./command.ts";
import { buildGoModule, moduleDigest, pinnedVersion } from "./go-module.ts";

export type Binaries = {
  readonly version: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kubelet: string;
  readonly proxy: string;
  readonly coredns: string;
  readonly pause: string;
};

export type Kwok = {
  readonly binary: string;
  /** Stage files that make fake nodes ready and keep them so. */
  readonly nodeStages: readonly string[];
  /** Stage files that make every pod ready at once. */
  readonly podStages: readonly string[];
};

const kubernetesModule = fileURLToPath(new URL("kubernetes", import.meta.url));
const kwokModule = fileURLToPath(new URL("kwok", import.meta.url));
const commands = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];
const nodeStages = ["node/fast/node-initialize.yaml", "node/heartbeat/node-heartbeat.yaml"];
const podStages = ["pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml"];

/** The cluster's programs, built once from their pinned Go modules and kept in the cache. Throws one sentence. */
export async function ensureBinaries({ log }: { readonly log: Log }): Promise<Binaries> {
  const version = await pinnedVersion(kubernetesModule, "k8s.io/kubernetes");
  const directory = cacheDirectory("kubernetes", `${version}-${await moduleDigest(kubernetesModule)}`);
  const ldflags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  const packages = [...commands.map((name) => `k8s.io/kubernetes/cmd/${name}`), "./coredns", "./pause"];
  await makeOnce(
    directory,
    (output) =>
      buildGoModule({
        module: kubernetesModule,
        packages,
        output,
        ldflags,
        title: `Kubernetes ${version}`,
        log,
      }),
    log,
  );
  return {
    version,
    apiServer: join(directory, "kube-apiserver"),
    controllerManager: join(directory, "kube-controller-manager"),
    scheduler: join(directory, "kube-scheduler"),
    kubelet: join(directory, "kubelet"),
    proxy: join(directory, "kube-proxy"),
    coredns: join(directory, "coredns"),
    pause: join(directory, "pause"),
  };
}

/** KWOK, which plays fake nodes and their pods, with its Stage files; built once like the rest. */
export async function ensureKwok({ log }: { readonly log: Log }): Promise<Kwok> {
  const version = await pinnedVersion(kwokModule, "sigs.k8s.io/kwok");
  const directory = cacheDirectory("kwok", `${version}-${await moduleDigest(kwokModule)}`);
  await makeOnce(
    directory,
    async (output) => {
      const packages = ["sigs.k8s.io/kwok/cmd/kwok"];
      await buildGoModule({
        module: kwokModule,
        packages,
        output,
        ldflags: "-s -w",
        title: `KWOK ${version}`,
        log,
      });
      await copyStages(output);
    },
    log,
  );
  const stage = (file: string) => join(directory, "stages", file.replaceAll("/", "-"));
  return {
    binary: join(directory, "kwok"),
    nodeStages: nodeStages.map(stage),
    podStages: podStages.map(stage),
  };
}

async function copyStages(output: string): Promise<void> {
  const source = await run("go", ["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"], { cwd: kwokModule });
  await mkdir(join(output, "stages"));
  for (const file of [...nodeStages, ...podStages]) {
    const copy = join(output, "stages", file.replaceAll("/", "-"));
    await copyFile(join(source.trim(), "kustomize", "stage", file), copy);
  }
}
