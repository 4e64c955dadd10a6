import { readFile, readdir, stat } from "node:fs/promises";
import { FarmError, failureOf } from "../build/kube.ts";
import { ownerOf } from "../build/owner.ts";
import { runCommand } from "../build/command.ts";
import type { CommandResult } from "../build/command.ts";
import { CHAIN, DB_PORT, removalRules } from "./network-rules.ts";
import type { Rule } from "./network-rules.ts";

/** A pod's network namespace on this machine, reached through one of the pod's processes. */
export interface PodNetwork {
  readonly podUid: string;
  readonly pid: number;
  /** Inode of the namespace: tells whether the process number still means the same pod. */
  readonly inode: number;
}

/** Finds a pod's network namespace by its cgroup; `undefined` when no process of it runs on this machine (yet). */
export async function findPodNetwork(podUid: string): Promise<PodNetwork | undefined> {
  const pid = await findPodProcess((line) => belongsToPod(line, podUid));
  if (pid === undefined) return undefined;
  const inode = await networkInode(pid);
  // Until the sandbox has its own namespace its first process still sits in the machine's.
  if (inode === undefined || inode === (await networkInode(process.pid))) return undefined;
  return { podUid, pid, inode };
}

export async function isStillThere(network: PodNetwork): Promise<boolean> {
  return (await networkInode(network.pid)) === network.inode;
}

/**
 * The oldest process whose cgroup matches: a younger one may be a probe that is gone in a moment, and the order of the
 * numbers says nothing once they have begun anew. Needs Linux and a kubelet on this machine.
 */
export async function findPodProcess(matches: (cgroup: string) => boolean): Promise<number | undefined> {
  const entries = await readdir("/proc").catch(() => []);
  const found: { readonly pid: number; readonly started: number }[] = [];
  for (const pid of entries.map(Number).filter((entry) => Number.isInteger(entry) && entry > 1)) {
    const cgroup = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
    const { started } = cgroup !== "" && matches(cgroup) ? await ownerOf(pid) : { started: "" };
    if (started !== "") found.push({ pid, started: Number(started) });
  }
  return found.toSorted((left, right) => left.started - right.started || left.pid - right.pid)[0]?.pid;
}

/** Whether `/proc/PID/cgroup` names the pod, for both ways that kubelets spell it (cgroupfs and systemd). */
export function belongsToPod(cgroup: string, podUid: string): boolean {
  return cgroup.includes(`pod${podUid}`) || cgroup.includes(`pod${podUid.replaceAll("-", "_")}`);
}

/** Puts rules into the pod, after taking out what an earlier call may have left. Throws `FarmError` when one is refused. */
export async function applyRules(network: PodNetwork, rules: readonly Rule[]): Promise<void> {
  await removeRules(network);
  for (const rule of rules) {
    const result = await inNetwork(network, ["iptables", "-w", "5", ...rule]);
    if (result.code !== 0)
      throw new FarmError(`network fault: iptables ${rule.join(" ")}: ${failureOf(result)}`);
  }
}

/** Ends the pod's connections to the database, which a rule alone would leave to die of old age. */
export async function cutConnections(network: PodNetwork): Promise<void> {
  await inNetwork(network, ["ss", "-K", "-t", "dport", "=", String(DB_PORT)]);
}

/** Takes our rules out and checks that nothing of ours is left. */
export async function removeRules(network: PodNetwork): Promise<void> {
  if ((await ourRules(network)).length === 0) return;
  for (const rule of removalRules()) await inNetwork(network, ["iptables", "-w", "5", ...rule]);
  const left = await ourRules(network);
  if (left.length > 0 && (await isStillThere(network))) {
    throw new FarmError(`network fault: could not be removed from pod ${network.podUid}: ${left.join("; ")}`);
  }
}

/** Takes our rules out of whatever pods of these run on this machine, whoever put them in. */
export async function removeRulesFrom(podUids: readonly string[]): Promise<void> {
  for (const uid of podUids) {
    const network = await findPodNetwork(uid);
    if (network) await removeRules(network);
  }
}

/** Our rules as `iptables-save` prints them. */
async function ourRules(network: PodNetwork): Promise<string[]> {
  const saved = await inNetwork(network, ["iptables-save"]);
  return saved.stdout.split("\n").filter((line) => line.includes(CHAIN));
}

/** The address that the pod's node speaks to it from; `undefined` when the pod has no default route. */
export async function gatewayOf(network: PodNetwork): Promise<string | undefined> {
  const routes = await inNetwork(network, ["ip", "route", "show", "default"]);
  return /^default via (\S+)/m.exec(routes.stdout)?.[1];
}

export function enterArguments(network: PodNetwork): readonly string[] {
  return ["-t", String(network.pid), "-n", "--"];
}

function inNetwork(network: PodNetwork, command: readonly string[]): Promise<CommandResult> {
  return runCommand("nsenter", [...enterArguments(network), ...command], { timeoutSeconds: 15 });
}

async function networkInode(pid: number): Promise<number | undefined> {
  return stat(`/proc/${pid}/ns/net`).then(
    (info) => info.ino,
    () => undefined,
  );
}
