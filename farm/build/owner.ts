import { processStart } from "../../src/lib/process-start.ts";
import { poll } from "./sleep.ts";

/** A process that still has something to clean up. Its start time guards against a number that was given out again. */
export interface Owner {
  readonly pid: number;
  readonly started: string;
}

/**
 * Whoever cleans up after a build: a process, or somebody elsewhere (a workflow run, whose steps are processes of their
 * own and may be on other machines) until a time in milliseconds, after which the build counts as abandoned.
 */
export type BuildOwner = Owner | { readonly until: number };

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

export async function isAtWork(owner: BuildOwner): Promise<boolean> {
  return "until" in owner ? Date.now() < owner.until : isAlive(owner);
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
