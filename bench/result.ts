import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { availableParallelism, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { OUT, ROOT, writeJson } from "../farm/build/out-folder.ts";

/** Tells people what is being waited for. */
export type Progress = (line: string) => void;

/** Under what circumstances figures came about; nothing that names the machine. */
export interface Conditions {
  readonly at: string;
  readonly commit: string;
  readonly system: string;
  readonly processors: number;
  readonly memoryGib: number;
  readonly node: string;
  /** Load average of one minute when it began and when it ended. */
  readonly load: readonly [number, number];
}

/** A figure with its name, its unit and what it should be. */
interface Row {
  readonly what: string;
  readonly values: readonly string[];
}

export interface Result {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** What the reader must know to read the table. */
  readonly notes: readonly string[];
  /** Goals and whether they were met. */
  readonly goals: readonly Goal[];
  /** Everything measured, for machines. */
  readonly figures: Readonly<Record<string, unknown>>;
}

interface Goal {
  readonly what: string;
  readonly met: boolean;
}

/** Reads the circumstances; `begin` is the load average of one minute when the measurement began. */
export async function conditionsNow(begin: number): Promise<Conditions> {
  const git = promisify(execFile)("git", ["-C", ROOT, "describe", "--always", "--dirty"]);
  const commit = await git.then(({ stdout }) => stdout.trim()).catch(() => "unknown");
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return {
    at: new Date().toISOString(),
    commit,
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? process.platform,
    processors: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: [round(begin, 2), round(loadavg()[0] ?? 0, 2)],
  };
}

/** Writes a result to `out/bench/NAME.json`. */
export async function saveResult(result: Result, conditions: Conditions): Promise<string> {
  const path = join(OUT, "bench", `${result.name}.json`);
  await writeJson(path, { ...result, conditions });
  return path;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
