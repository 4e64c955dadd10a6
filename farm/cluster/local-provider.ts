import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { callApi } from "./api-client.ts";
import { readyNodes } from "./api-objects.ts";
import type { Log } from "./cache.ts";
import { createCgroup } from "./cgroups.ts";
import { startControlPlane, type ControlPlane } from "./control-plane.ts";
import { isAlive, lastLines, type Daemon } from "./daemon.ts";
import { startDns, startProxy, startRegistry, type Service, type ServiceContext } from "./farm-services.ts";
import { freePorts } from "./free-ports.ts";
import { createNetwork, farmNetwork } from "./network.ts";
import { startNode } from "./node.ts";
import { ensurePackages, nodePackages } from "./packages.ts";
import { pauseImage, writePauseArchive } from "./pause-image.ts";
import { untilHealthy } from "./probe.ts";
import { step } from "./progress.ts";
import { farmPaths, recordProcess, type Component, type FarmState } from "./state.ts";
import { enableForwarding, saveSysctls } from "./sysctls.ts";
import { ensureBinaries, type Binaries } from "./toolchain.ts";

/**
 * Brings up a real Kubernetes with two real nodes on this machine, as root on Linux: control plane, registry, DNS,
 * Services and, for each node, its own containerd and kubelet. Expects a clean machine; throws one sentence.
 */
export async function startLocalFarm(log: Log): Promise<FarmState> {
  await ensurePackages(nodePackages, { log });
  const binaries = await step(log, "programs", () => ensureBinaries({ log }));
  const { run: directory, logs, sysctls, registryData } = farmPaths();
  const network = farmNetwork();
  const cgroups = farmCgroups();
  const context: ServiceContext = { directory, logs, network, cgroups };
  await rm(logs, { recursive: true, force: true });
  await mkdir(logs, { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await step(log, "network", async () => {
    await saveSysctls(sysctls);
    await enableForwarding();
    await createNetwork(network);
  });
  const plane = await step(log, "control plane", () =>
    startControlPlane({
      log,
      directory: join(directory, "control-plane"),
      bindAddress: network.host,
      serviceCidr: network.serviceRange,
      controllers: true,
      lifetime: "detached",
      cgroups,
      onStart: recordProcess,
    }),
  );
  const services = await step(log, "registry, DNS, Services", () =>
    startServices(context, plane, binaries, registryData),
  );
  const nodes = await step(log, "two nodes", async () => {
    const started = await startNodes({ context, plane, binaries, registry: services.registry.address });
    await nodesReady(plane, started);
    // kube-proxy answers only after its node exists.
    await settled(context, services.proxy);
    return started;
  });
  return {
    provider: "local",
    kubeconfig: plane.kubeconfig,
    auditLog: plane.auditLog,
    registry: services.registry.address,
    dns: network.host,
    nodes: network.nodes.map((node) => node.name),
    kubernetesVersion: plane.kubernetesVersion,
    startedAt: new Date().toISOString(),
    components: [
      ...plane.daemons().map((daemon) => ({ name: daemon.name, daemon })),
      component(services.registry),
      component(services.dns),
      component(services.proxy),
      ...nodes.map((node) => component(node)),
    ],
  };
}

function farmCgroups(): string[] {
  // A Unix socket's path holds 107 bytes, and each node has one in its directory.
  if (farmPaths().run.length > 80)
    throw new Error("BUILD_MEDIC_FARM_DIR is too long; take one of at most 75 letters.");
  try {
    return createCgroup("system");
  } catch (cause) {
    throw new Error(
      "this machine lets nobody make cgroups (a container without privileges?); use a machine or a privileged container, or `farm up --provider kwok`.",
      { cause },
    );
  }
}

async function startServices(context: ServiceContext, plane: ControlPlane, binaries: Binaries, data: string) {
  const registry = await startRegistry(context, data);
  recordProcess(registry.daemon);
  const dns = await startDns(context, plane, binaries.coredns);
  recordProcess(dns.daemon);
  const proxy = await startProxy(context, plane, binaries.proxy);
  recordProcess(proxy.daemon);
  await settled(context, registry);
  await settled(context, dns);
  return { registry, dns, proxy };
}

function settled(context: ServiceContext, { daemon, url }: Service): Promise<void> {
  return untilHealthy(daemon, url, join(context.logs, `${daemon.name}.log`));
}

async function startNodes(options: {
  readonly context: ServiceContext;
  readonly plane: ControlPlane;
  readonly binaries: Binaries;
  readonly registry: string;
}): Promise<Service[]> {
  const { context, plane, binaries, registry } = options;
  const pauseArchive = await writePauseArchive(binaries.pause, context.directory);
  const ports = await freePorts(
    "127.0.0.1",
    context.network.nodes.map(() => 0),
  );
  const started: Service[] = [];
  for (const [index, node] of context.network.nodes.entries()) {
    const healthPort = ports[index] ?? 0;
    const daemon = await startNode({
      ...node,
      directory: join(context.directory, node.name),
      dns: context.network.host,
      registry,
      healthPort,
      pauseImage,
      server: plane.server,
      authority: plane.authority,
      kubelet: binaries.kubelet,
      pauseArchive,
    });
    recordProcess(daemon);
    started.push({ daemon, url: `http://127.0.0.1:${healthPort}/healthz` });
  }
  return started;
}

async function nodesReady(plane: ControlPlane, nodes: readonly Service[]): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const { body } = await callApi(plane.admin, "GET", "/api/v1/nodes");
    const ready = readyNodes(body);
    const waiting = nodes.map((node) => node.daemon).filter((daemon) => !ready.includes(daemon.name));
    if (waiting.length === 0) return;
    const dead = waiting.find((daemon) => !isAlive(daemon));
    if (dead !== undefined) throw new Error(`${dead.name} ended while starting: ${lastWords(dead)}`);
    if (Date.now() > deadline)
      throw new Error(`${waiting.map(nameOf).join(", ")} not ready within 3 minutes.`);
    await delay(100);
  }
}

function lastWords(node: Daemon): string {
  return lastLines(join(farmPaths().run, node.name, "log", "init.log"), 3);
}

function component({ daemon, url }: Service): Component {
  return { name: daemon.name, daemon, url };
}

function nameOf(daemon: Daemon): string {
  return daemon.name;
}
