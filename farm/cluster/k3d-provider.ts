import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "./cache.ts";
import { run, tryRun } from "./command.ts";
import { freePorts } from "./free-ports.ts";
import { step, withTicker } from "./progress.ts";
import { farmPaths, type FarmState } from "./state.ts";
import { listNodes } from "./status.ts";

const cluster = "build-medic";
const registryName = "build-medic-registry";

/**
 * A farm in Docker by k3d: one server, two agents and a registry. Not exercised in our CI, which has no Docker.
 * Throws one sentence when Docker or k3d is missing or refuses.
 */
export async function startK3dFarm(log: Log): Promise<FarmState> {
  await requireDocker();
  const { run: directory } = farmPaths();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const [port = 0] = await freePorts("127.0.0.1", [5077]);
  const registry = `127.0.0.1:${port}`;
  const registries = join(directory, "k3d-registries.yaml");
  // Pods name the registry as this machine sees it; the nodes reach it under its name in Docker's network.
  const mirrors = { [registry]: { endpoint: [`http://${registryName}:5000`] } };
  await writeFile(registries, JSON.stringify({ mirrors }));
  const create = ["cluster", "create", cluster, "--agents=2", "--wait", "--timeout=300s"];
  const wiring = [`--registry-create=${registryName}:${registry}`, `--registry-config=${registries}`];
  await step(log, "k3d cluster", () =>
    withTicker(
      log,
      () => "k3d cluster create",
      () => run("k3d", [...create, ...wiring, "--kubeconfig-update-default=false"]),
    ),
  );
  const kubeconfig = join(directory, "k3d.kubeconfig");
  await writeFile(kubeconfig, await run("k3d", ["kubeconfig", "get", cluster]), { mode: 0o600 });
  const nodes = await listNodes(kubeconfig);
  return {
    provider: "k3d",
    kubeconfig,
    registry,
    nodes: nodes.map((node) => node.name),
    kubernetesVersion: nodes[0]?.version ?? "unknown",
    startedAt: new Date().toISOString(),
    components: [{ name: "registry", url: `http://${registry}/v2/` }],
  };
}

/** Deletes the k3d cluster with its registry; does nothing when there is none. */
export async function removeK3dFarm(): Promise<void> {
  const clusters = await tryRun("k3d", ["cluster", "list", "--no-headers"]);
  if (clusters?.split("\n").some((line) => line.startsWith(`${cluster} `))) {
    await run("k3d", ["cluster", "delete", cluster]);
  }
}

async function requireDocker(): Promise<void> {
  if ((await tryRun("docker", ["info"])) === undefined) {
    throw new Error("--provider k3d needs a running Docker engine; start it, or leave the provider out.");
  }
  if ((await tryRun("k3d", ["version"])) === undefined) {
    throw new Error(
      "--provider k3d needs k3d (https://k3d.io) on the PATH; install it, or leave the provider out.",
    );
  }
}
