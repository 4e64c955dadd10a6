import { readFile } from "node:fs/promises";

/** A process that still has something to clean up. Its start time guards against a number that was given out again. */
export interface Owner {
  readonly pid: number;
  readonly started: string;
}

export async function thisOwner(): Promise<Owner> {
  return ownerOf(process.pid);
}

export async function ownerOf(pid: number): Promise<Owner> {
  return { pid, started: (await startOf(pid)) ?? "" };
}

export async function isAlive(owner: Owner): Promise<boolean> {
  if (process.platform === "linux")
    return owner.started !== "" && (await startOf(owner.pid)) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The start time of a process in clock ticks since boot; `undefined` when it is gone, a zombie or not on Linux. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces and parentheses itself: count from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
