import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FarmError } from "./kube.ts";
import { isAtWork, thisOwner } from "./owner.ts";
import type { BuildOwner } from "./owner.ts";
import { sleep } from "./sleep.ts";

export interface LockWait {
  /** Called once when somebody else has the lock. */
  readonly onWait?: () => void;
  readonly signal?: AbortSignal | undefined;
  /** In whose name; this process, when absent. */
  readonly owner?: BuildOwner;
}

const RETRY_MS = 300;
let counter = 0;

/**
 * Takes a lock that one process at a time may have, in the form of a file; waits for its turn. The lock of a process
 * that has died does not count. Throws `FarmError` when the wait is aborted.
 * @returns gives the lock back.
 */
export async function takeLock(path: string, wait: LockWait = {}): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${(counter += 1)}`;
  await writeFile(draft, JSON.stringify(wait.owner ?? (await thisOwner())));
  try {
    let said = false;
    // Linking a finished file is atomic: nobody ever reads a lock without its owner.
    while (!(await tryLink(draft, path))) {
      if (wait.signal?.aborted) throw new FarmError(`wait for ${path}: it was interrupted`);
      if (!(await isLockHeld(path))) {
        await rm(path, { force: true });
        continue;
      }
      if (!said) wait.onWait?.();
      said = true;
      await sleep(RETRY_MS, wait.signal);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(path, { force: true });
}

/** Gives back a lock that another process took in this owner's name; anybody else's is left alone. */
export async function releaseLock(path: string, owner: BuildOwner): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text === JSON.stringify(owner)) await rm(path, { force: true });
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whether somebody who is still at work has the lock. */
export async function isLockHeld(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => "");
  // Gone in between: the next try decides.
  if (text === "") return false;
  return isAtWork(JSON.parse(text) as BuildOwner);
}
