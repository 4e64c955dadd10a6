import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { withLock, type Log } from "./cache.ts";
import { cleanUp, hasLeftovers } from "./cleanup.ts";
import { isAlive } from "./daemon.ts";
import { removeK3dFarm, startK3dFarm } from "./k3d-provider.ts";
import { startKwokFarm } from "./kwok-provider.ts";
import { startLocalFarm } from "./local-provider.ts";
import { farmNetwork } from "./network.ts";
import { duration, step } from "./progress.ts";
import { farmPaths, readFarm, writeFarm, type FarmState } from "./state.ts";
import { farmHealth, listNodes, troubles, type FarmHealth } from "./status.ts";

export type UpOptions = {
  readonly log: Log;
  /** Default: local as root on Linux, else kwok. */
  readonly provider?: FarmState["provider"] | undefined;
  /** Use this cluster; nothing is started. */
  readonly kubeconfig?: string | undefined;
  /** How many nodes KWOK plays (default 3). */
  readonly fakeNodes?: number | undefined;
};

/**
 * `farm up`: brings a farm up and records it for every checkout on this machine. A healthy farm of the same kind is
 * left as it is; one that is half dead is cleaned away first. Throws one sentence, and leaves nothing running, when
 * it fails.
 */
export function up(options: UpOptions): Promise<FarmState> {
  return withLock(`farm in ${farmPaths().directory}`, options.log, () => upLocked(options));
}

async function upLocked(options: UpOptions): Promise<FarmState> {
  const { log } = options;
  const provider = chooseProvider(options);
  const running = await healthyFarm(provider, options);
  if (running !== undefined) return running;
  const started = Date.now();
  if (await hasLeftovers()) await step(log, "removing an earlier farm", () => cleanUp());
  const farm = await startClean(provider, options);
  await writeFarm(farm);
  log(`farm is up after ${duration(Date.now() - started)}`);
  return farm;
}

async function healthyFarm(
  provider: FarmState["provider"],
  options: UpOptions,
): Promise<FarmState | undefined> {
  const farm = await readFarm();
  if (farm === undefined) return undefined;
  const health = await settledHealth(farm);
  if (!health.healthy) {
    options.log(`the farm that was up is not healthy (${troubles(health).join(", ")}); starting a fresh one`);
    return undefined;
  }
  const sameCluster = options.kubeconfig === undefined || farm.kubeconfig === absolute(options.kubeconfig);
  if (farm.provider === provider && sameCluster) {
    options.log("farm is already up and healthy");
    return farm;
  }
  throw new Error(`a healthy farm is up already (${farm.provider}); run \`build-medic farm down\` first.`);
}

/** On a busy machine a healthy farm may answer late, so only a process that is gone settles it at once. */
async function settledHealth(farm: FarmState): Promise<FarmHealth> {
  const hasDied = () => farm.components.some(({ daemon }) => daemon !== undefined && !isAlive(daemon));
  let health = await farmHealth();
  for (let tries = 1; tries < 5 && !health.healthy && !hasDied(); tries += 1) {
    await delay(2_000);
    health = await farmHealth();
  }
  return health;
}

async function startClean(provider: FarmState["provider"], options: UpOptions): Promise<FarmState> {
  try {
    return await start(provider, options);
  } catch (error) {
    const hint = (await keepLogs()) ? ` (logs: ${farmPaths().logs})` : "";
    await cleanUp();
    throw new Error(`${error instanceof Error ? error.message : String(error)}${hint}`, { cause: error });
  }
}

/** Saves what the parts said from the directories that are about to go; false when they said nothing. */
async function keepLogs(): Promise<boolean> {
  const { run, logs } = farmPaths();
  const sources = ["control-plane/logs", ...farmNetwork().nodes.map((node) => `${node.name}/log`)];
  for (const source of sources.filter((name) => existsSync(join(run, name)))) {
    await cp(join(run, source), join(logs, dirname(source)), {
      recursive: true,
      filter: (path) => !/\/log\/(pods|containers)$/.test(path),
    });
  }
  return existsSync(logs);
}

function start(provider: FarmState["provider"], options: UpOptions): Promise<FarmState> {
  switch (provider) {
    case "local":
      return startLocalFarm(options.log);
    case "kwok":
      return startKwokFarm(options.log, options.fakeNodes ?? 3);
    case "k3d":
      return removeK3dFarm().then(() => startK3dFarm(options.log));
    case "kubeconfig":
      return recordCluster(options.kubeconfig ?? "");
  }
}

async function recordCluster(file: string): Promise<FarmState> {
  const kubeconfig = absolute(file);
  if (!existsSync(kubeconfig)) throw new Error(`the kubeconfig ${kubeconfig} does not exist.`);
  const nodes = await listNodes(kubeconfig);
  if (nodes.length === 0)
    throw new Error(`the cluster of ${kubeconfig} does not answer, or has no nodes to list.`);
  return {
    provider: "kubeconfig",
    kubeconfig,
    nodes: nodes.map((node) => node.name),
    kubernetesVersion: nodes[0]?.version ?? "unknown",
    startedAt: new Date().toISOString(),
    components: [],
  };
}

function chooseProvider({ provider, kubeconfig, log }: UpOptions): FarmState["provider"] {
  if (kubeconfig !== undefined) return "kubeconfig";
  const root = process.platform === "linux" && process.getuid?.() === 0;
  if (provider === "local" && !root) {
    throw new Error(
      "--provider local needs root on Linux (it makes cgroups, bridges and mounts); run it with sudo.",
    );
  }
  if (provider !== undefined) return provider;
  if (root) return "local";
  log(
    "not root on Linux, so the nodes will be fake (KWOK): objects behave as in a real cluster, but no container runs; with sudo the farm has real nodes",
  );
  return "kwok";
}

function absolute(file: string): string {
  return isAbsolute(file) ? file : resolve(file);
}
