import { z } from "zod";
import { tryRun } from "./command.ts";
import { isAlive } from "./daemon.ts";
import { kubectlPath } from "./kube-tools.ts";
import { probe } from "./probe.ts";
import { readFarm, type Component, type FarmState } from "./state.ts";

export type FarmHealth = {
  readonly healthy: boolean;
  readonly provider?: FarmState["provider"];
  readonly kubernetesVersion?: string;
  readonly kubeconfig?: string;
  readonly registry?: string | undefined;
  readonly startedAt?: string;
  readonly components: readonly {
    readonly name: string;
    readonly healthy: boolean;
    readonly detail: string;
  }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly cordoned: boolean;
    readonly version: string;
  }[];
};

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ unschedulable: z.boolean().default(false) }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
        nodeInfo: z.object({ kubeletVersion: z.string() }),
      }),
    }),
  ),
});

/** Asks every part of the recorded farm how it is, the API server first of all; nothing is changed. */
export async function farmHealth(): Promise<FarmHealth> {
  const farm = await readFarm();
  if (farm === undefined) return { healthy: false, components: [], nodes: [] };
  const [own, api, nodes] = await Promise.all([
    Promise.all(farm.components.map((component) => checkComponent(component))),
    checkApi(farm.kubeconfig),
    listNodes(farm.kubeconfig),
  ]);
  const components = [api, ...own];
  const missing = farm.nodes.filter((name) => !nodes.some((node) => node.name === name && node.ready));
  return {
    healthy: components.every((component) => component.healthy) && missing.length === 0,
    provider: farm.provider,
    kubernetesVersion: farm.kubernetesVersion,
    kubeconfig: farm.kubeconfig,
    registry: farm.registry,
    startedAt: farm.startedAt,
    components,
    nodes,
  };
}

/** The names of what is not well, for a sentence. */
export function troubles(health: FarmHealth): string[] {
  return [
    ...health.components.filter((component) => !component.healthy).map((component) => component.name),
    ...health.nodes.filter((node) => !node.ready).map((node) => node.name),
  ];
}

/** `farm status`: prints a table or JSON; returns the exit code, 0 when everything is well. */
export async function showStatus(options: { readonly json: boolean }): Promise<number> {
  const health = await farmHealth();
  if (options.json) process.stdout.write(`${JSON.stringify(health, undefined, 2)}\n`);
  else process.stdout.write(`${statusTable(health)}\n`);
  return health.healthy ? 0 : 1;
}

/** The status as a person reads it. */
export function statusTable(health: FarmHealth): string {
  if (health.provider === undefined) return "no farm is up; `build-medic farm up` starts one.";
  const rows = [
    ...health.components.map(({ name, healthy, detail }) => [name, healthy ? "ok" : "NOT OK", detail]),
    ...health.nodes.map(({ name, ready, cordoned, version }) => [
      `node ${name}`,
      ready ? "ok" : "NOT OK",
      `${ready ? "Ready" : "NotReady"}${cordoned ? ", cordoned" : ""}, ${version}`,
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const state = health.healthy
    ? "healthy"
    : "NOT healthy: `build-medic farm up` cleans it up and starts a fresh one";
  return [
    `farm (${health.provider}, Kubernetes ${health.kubernetesVersion}) is ${state}`,
    ...lines.map((line) => `  ${line}`),
    `  kubeconfig ${health.kubeconfig}${health.registry === undefined ? "" : `, registry ${health.registry}`}`,
  ].join("\n");
}

async function checkComponent({ name, daemon, url }: Component): Promise<FarmHealth["components"][number]> {
  if (daemon !== undefined && !isAlive(daemon))
    return { name, healthy: false, detail: `process ${daemon.pid} is gone` };
  const running = daemon === undefined ? "" : `pid ${daemon.pid}`;
  if (url === undefined) return { name, healthy: true, detail: running };
  const problem = await probe(url);
  return { name, healthy: problem === undefined, detail: problem ?? running };
}

async function checkApi(kubeconfig: string): Promise<FarmHealth["components"][number]> {
  const answer = await kubectl(kubeconfig, ["get", "--raw", "/readyz"]);
  const healthy = answer?.trim() === "ok";
  return { name: "Kubernetes API", healthy, detail: healthy ? "ready" : "does not answer /readyz" };
}

/** The cluster's nodes; none when it does not answer. */
export async function listNodes(kubeconfig: string): Promise<FarmHealth["nodes"]> {
  const { data } = nodeList.safeParse(parse(await kubectl(kubeconfig, ["get", "nodes", "-o", "json"])));
  return (data?.items ?? []).map(({ metadata, spec, status }) => ({
    name: metadata.name,
    ready: status.conditions.some((condition) => condition.type === "Ready" && condition.status === "True"),
    cordoned: spec.unschedulable,
    version: status.nodeInfo.kubeletVersion,
  }));
}

async function kubectl(kubeconfig: string, args: readonly string[]): Promise<string | undefined> {
  return tryRun(await kubectlPath(), ["--kubeconfig", kubeconfig, "--request-timeout=5s", ...args]);
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
