import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Daemon } from "./daemon.ts";

const daemonSchema = z.object({ name: z.string(), pid: z.number(), startTicks: z.string() });

const stateSchema = z.object({
  provider: z.enum(["local", "kwok", "k3d", "kubeconfig"]),
  kubeconfig: z.string(),
  auditLog: z.string().optional(),
  /** Where images are pushed to and pulled from, such as 127.0.0.1:5077. */
  registry: z.string().optional(),
  /** Address of the cluster's DNS server. */
  dns: z.string().optional(),
  nodes: z.array(z.string()),
  kubernetesVersion: z.string(),
  startedAt: z.string(),
  /** What must run for the farm to be healthy; a URL must answer 200. */
  components: z.array(
    z.object({ name: z.string(), daemon: daemonSchema.optional(), url: z.string().optional() }),
  ),
});

export type FarmState = z.infer<typeof stateSchema>;
export type Component = FarmState["components"][number];

export type FarmPaths = {
  readonly directory: string;
  /** What belongs to the running farm and goes with it. */
  readonly run: string;
  readonly state: string;
  readonly processes: string;
  readonly logs: string;
  readonly sysctls: string;
  readonly registryData: string;
};

/**
 * Where the farm of this machine lives. Bridges and cgroups belong to the machine, so every checkout finds the same
 * farm: /var/lib/build-medic-farm as root, else under the home directory; `BUILD_MEDIC_FARM_DIR` moves it.
 */
export function farmPaths(): FarmPaths {
  const directory = process.env["BUILD_MEDIC_FARM_DIR"] || usualDirectory();
  return {
    directory,
    run: join(directory, "run"),
    state: join(directory, "farm.json"),
    processes: join(directory, "run", "processes.jsonl"),
    logs: join(directory, "logs"),
    sysctls: join(directory, "sysctls.json"),
    registryData: join(directory, "registry"),
  };
}

/**
 * What this farm's cgroups, bridge and rules carry in their names: nothing for the machine's usual farm, a digest of
 * its directory for one that was put elsewhere, so that neither ever takes the other's things away.
 */
export function farmSuffix(): string {
  const { directory } = farmPaths();
  if (directory === usualDirectory()) return "";
  return `-${createHash("sha256").update(directory).digest("hex").slice(0, 6)}`;
}

function usualDirectory(): string {
  if (process.getuid?.() === 0) return "/var/lib/build-medic-farm";
  return join(homedir(), ".local", "state", "build-medic-farm");
}

/** The farm as `farm up` recorded it; undefined when none is up (whether it is healthy, `farm status` says). */
export async function readFarm(): Promise<FarmState | undefined> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(farmPaths().state, "utf8")));
  } catch {
    return undefined;
  }
}

/** Records a farm that is completely up. */
export async function writeFarm(state: FarmState): Promise<void> {
  const { directory, state: file } = farmPaths();
  await mkdir(directory, { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Forgets the farm; its processes stay recorded until they have ended. */
export async function forgetFarm(): Promise<void> {
  await rm(farmPaths().state, { force: true });
}

/** Records a process the moment it runs, before anything else can go wrong. */
export function recordProcess(daemon: Daemon): void {
  appendFileSync(farmPaths().processes, `${JSON.stringify(daemon)}\n`);
}

/** Every process ever recorded since the last cleaning, whether it still runs or not. */
export function recordedProcesses(): Daemon[] {
  try {
    const lines = readFileSync(farmPaths().processes, "utf8").trim().split("\n");
    return lines.filter((line) => line !== "").map((line) => daemonSchema.parse(JSON.parse(line)));
  } catch {
    return [];
  }
}
