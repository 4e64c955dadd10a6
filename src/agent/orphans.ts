import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { processStart } from "../lib/process-start.ts";

const ending = ".child";
const recordShape = z.object({
  pid: z.int().positive(),
  start: z.string(),
  parent: z.int().positive(),
  parentStart: z.string().optional(),
  folder: z.string(),
});
type ChildRecord = z.infer<typeof recordShape>;

/**
 * Notes that a child runs, so that a later process finds it should this one be killed: the child then lives on and may
 * go on asking the model. Synchronous: nothing may come between the start of the child and its record.
 */
export function recordChild(workDir: string, incident: string, child: { pid: number; folder: string }): void {
  const record = {
    pid: child.pid,
    start: processStart(child.pid) ?? "",
    parent: process.pid,
    parentStart: processStart(process.pid),
    folder: basename(child.folder),
  };
  writeFileSync(join(workDir, `${incident}${ending}`), JSON.stringify(record));
}

/** Removes the note of a child that is gone. */
export function forgetChild(workDir: string, incident: string): void {
  rmSync(join(workDir, `${incident}${ending}`), { force: true });
}

/**
 * Kills the children that an earlier process left behind and removes their folders; returns their process ids. To be
 * called at start. A child whose parent still runs is no orphan, and a process that started at another time than the
 * record says is another process: it is left alone.
 */
export async function reapOrphans(workDir: string): Promise<readonly number[]> {
  const names = (await listOf(workDir)).filter((name) => name.endsWith(ending));
  const killed: number[] = [];
  for (const name of names) {
    const record = recordIn(join(workDir, name));
    if (record !== undefined && sameProcess(record.parent, record.parentStart)) continue;
    if (record !== undefined && (await killOrphan(record))) killed.push(record.pid);
    if (record !== undefined && isFolderName(record.folder)) {
      await rm(join(workDir, record.folder), { recursive: true, force: true, maxRetries: 3 });
    }
    await rm(join(workDir, name), { force: true });
  }
  return killed;
}

async function killOrphan({ pid, start }: ChildRecord): Promise<boolean> {
  if (!sameProcess(pid, start)) return false;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
  for (let tries = 0; tries < 100 && sameProcess(pid, start); tries++) await sleep(20);
  return true;
}

function sameProcess(pid: number, start: string | undefined): boolean {
  return start !== undefined && start !== "" && processStart(pid) === start;
}

async function listOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

/** `undefined` for what is no record, such as one that was cut off while it was written. */
function recordIn(path: string): ChildRecord | undefined {
  try {
    return recordShape.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** What is removed lies in the work folder, whatever a record says. */
function isFolderName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && basename(name) === name;
}
