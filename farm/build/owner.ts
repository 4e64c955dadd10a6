import { processStart } from "../../src/lib/process-start.ts";
import { poll } from "./sleep.ts";

/** A process that still has something to clean up. Its start time guards against a number that was given out again. */
export interface Owner {
  readonly pid: number;
  readonly started: string;
}

const STOP_LIMIT_MS = 20_000;

export async function thisOwner(): Promise<Owner> {
  return ownerOf(process.pid);
}

export async function ownerOf(pid: number): Promise<Owner> {
  return { pid, started: processStart(pid) ?? "" };
}

export async function isAlive(owner: Owner): Promise<boolean> {
  if (process.platform === "linux") return owner.started !== "" && processStart(owner.pid) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends a process and waits until it is gone; one that is not ours any more is left alone. */
export async function endProcess(owner: Owner): Promise<void> {
  if (!(await isAlive(owner))) return;
  process.kill(owner.pid, "SIGTERM");
  const gone = await poll(async () => ((await isAlive(owner)) ? undefined : true), {
    everyMs: 100,
    forMs: STOP_LIMIT_MS,
  });
  if (!gone && (await isAlive(owner))) process.kill(owner.pid, "SIGKILL");
}
