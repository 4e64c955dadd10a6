import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process that we started. The start time tells it from a later process that got the same id. */
export type Daemon = { readonly name: string; readonly pid: number; readonly startTicks: string };

export type DaemonOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** "parent": dies with this process, however that ends. "detached": outlives it in a session of its own. */
  readonly lifetime: "parent" | "detached";
  /** Cgroup directories that the process joins before it runs. */
  readonly cgroups?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
};

/** Starts a process in the background with its output in a log file. Throws when it cannot be started at all. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const log = openSync(options.logFile, "a");
  try {
    const [command = "", ...args] = commandLine(options);
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: options.lifetime === "detached",
      stdio: ["ignore", log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) =>
        reject(new Error(`cannot start ${options.name}: ${cause.message}`, { cause })),
      );
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { name: options.name, pid, startTicks: processStat(pid)?.startTicks ?? "" };
  } finally {
    closeSync(log);
  }
}

/**
 * True while this very process runs: a zombie, or another process under the same id, does not count. One whose first thread
 * is a zombie while others still end does: they hold its files and ports until the last of them is gone.
 */
export function isAlive(daemon: Daemon): boolean {
  const stat = processStat(daemon.pid);
  if (stat === undefined) return process.platform !== "linux" && answersSignal(daemon.pid);
  if (stat.startTicks !== daemon.startTicks || stat.state === "X") return false;
  return stat.state !== "Z" || stat.threads > 1;
}

/** Ends a process (SIGTERM, after `graceMs` SIGKILL) and waits until it is gone; one that is not ours any more is left alone. */
export async function endDaemon(daemon: Daemon, graceMs = 0): Promise<void> {
  if (!isAlive(daemon)) return;
  if (graceMs > 0) {
    signal(daemon, "SIGTERM");
    if (await isGoneWithin(daemon, graceMs)) return;
  }
  signal(daemon, "SIGKILL");
  if (await isGoneWithin(daemon, 10_000)) return;
  throw new Error(`process ${daemon.pid} (${daemon.name}) does not end, not even after SIGKILL.`);
}

/** The last lines of a log file on one line, for an error message. */
export function lastLines(logFile: string, count = 5): string {
  try {
    return readFileSync(logFile, "utf8").trim().split("\n").slice(-count).join(" / ");
  } catch {
    return "";
  }
}

function commandLine(options: DaemonOptions): string[] {
  const line = [options.command, ...options.args];
  if (options.cgroups !== undefined && options.cgroups.length > 0) {
    const join = options.cgroups.map((directory) => `echo $$ > '${directory}/cgroup.procs'`).join(" && ");
    line.unshift("/bin/sh", "-c", `${join} && exec "$@"`, options.name);
  }
  // The kernel itself ends the process with its parent, so that a killed test run leaves nothing behind.
  if (options.lifetime === "parent" && process.platform === "linux") {
    line.unshift("setpriv", "--pdeathsig", "KILL", "--");
  }
  return line;
}

function processStat(pid: number): { state: string; threads: number; startTicks: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may hold spaces; everything after it is plain.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", threads: Number(fields[17]), startTicks: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function answersSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function signal(daemon: Daemon, name: NodeJS.Signals): void {
  try {
    if (isAlive(daemon)) process.kill(daemon.pid, name);
  } catch {
    // It ended between the look and the signal, which is what we wanted.
  }
}

async function isGoneWithin(daemon: Daemon, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (isAlive(daemon)) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}
