import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { farmSuffix } from "./state.ts";

/** Everything the farm starts is in cgroups under this name, which is how its processes are found again. */
function root(): string {
  return `build-medic-farm${farmSuffix()}`;
}

/** The kubelet's cgroup root of a node, as the kubelet wants it written. */
export function nodeCgroupRoot(node: string): string {
  return `/${root()}/${node}`;
}

/** Makes the farm's cgroups in every hierarchy and returns the directories a process joins to be in `child`. */
export function createCgroup(child: string): string[] {
  return hierarchies().map((hierarchy) => {
    const parent = join(hierarchy, root());
    const directory = join(parent, child);
    makeCgroup(parent, hierarchy);
    makeCgroup(directory, parent);
    return directory;
  });
}

/** Directory of the farm's cgroups in one hierarchy that holds every process. */
function trackingCgroup(): string {
  const all = hierarchies();
  const hierarchy = all.find((path) => path.endsWith("/pids")) ?? all[0] ?? "/sys/fs/cgroup";
  return join(hierarchy, root());
}

/** Ids of all processes of the farm, containers included, also those nobody recorded. */
export function farmProcesses(): number[] {
  return processesBelow(trackingCgroup());
}

/** Ids of the processes in a cgroup and below it. */
function processesBelow(directory: string): number[] {
  const own = readLines(join(directory, "cgroup.procs")).map(Number);
  const below = subdirectories(directory).flatMap((name) => processesBelow(join(directory, name)));
  return [...own, ...below].filter((pid) => pid > 0);
}

/** Ends every process of the farm and waits for it. Throws when one does not go. */
export async function killFarmProcesses(): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (let left = farmProcesses(); left.length > 0; left = farmProcesses()) {
    for (const pid of left) killQuietly(pid);
    if (Date.now() > deadline) throw new Error(`these processes of the farm do not end: ${left.join(", ")}.`);
    await delay(50);
  }
}

/** True when another farm, in a directory of its own, has processes on this machine. */
export function anotherFarmRuns(): boolean {
  const own = trackingCgroup();
  const others = subdirectories(dirname(own)).filter((name) => name.startsWith("build-medic-farm"));
  return others.some((name) => name !== basename(own) && processesBelow(join(dirname(own), name)).length > 0);
}

/** Removes the farm's cgroups from every hierarchy, once their processes are gone. */
export async function removeCgroups(): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const directory = join(hierarchy, root());
    // A cgroup stays busy for a moment after its last process.
    for (let tries = 0; existsSync(directory) && tries < 100; tries += 1) {
      if (!removeTree(directory)) await delay(50);
    }
    if (existsSync(directory)) throw new Error(`the cgroup ${directory} cannot be removed.`);
  }
}

/** Mount points of cgroup v2 (one), or of every cgroup v1 hierarchy and the v2 one beside them. */
function hierarchies(): string[] {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return ["/sys/fs/cgroup"];
  const mounts = readLines("/proc/self/mountinfo").map((line) => line.split(" "));
  const points = mounts
    .filter((fields) => fields[fields.indexOf("-") + 1]?.startsWith("cgroup"))
    .map((fields) => fields[4]);
  return [...new Set(points.filter((path) => path !== undefined && path.startsWith("/sys/fs/cgroup/")))].map(
    String,
  );
}

function makeCgroup(directory: string, parent: string): void {
  const controllers = readLines(join(parent, "cgroup.controllers"))[0];
  if (controllers !== undefined) {
    const wanted = controllers
      .split(" ")
      .filter((name) => /^(cpu|cpuset|memory|pids|hugetlb|io)$/.test(name));
    writeFileSync(join(parent, "cgroup.subtree_control"), wanted.map((name) => `+${name}`).join(" "));
  }
  mkdirSync(directory, { recursive: true });
  // In v1 a new cpuset is empty and takes no process until it has processors and memory.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (controllers !== undefined || !existsSync(join(directory, file))) continue;
    writeFileSync(join(directory, file), readFileSync(join(parent, file)));
  }
}

function removeTree(directory: string): boolean {
  const emptied = subdirectories(directory).map((name) => removeTree(join(directory, name)));
  if (emptied.includes(false)) return false;
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return !existsSync(directory);
  }
}

function subdirectories(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
