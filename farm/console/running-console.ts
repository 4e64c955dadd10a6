import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "../build/expectations.ts";
import { readJson, writeJson } from "../build/out-folder.ts";
import { isAlive } from "../build/owner.ts";
import type { Owner } from "../build/owner.ts";
import { poll } from "../build/sleep.ts";
import { farmPaths } from "../cluster/state.ts";

/** The console of this machine, as it stands on disk from its start to its end. */
export interface RunningConsole {
  readonly owner: Owner;
  readonly url: string;
  readonly kubeconfig: string;
  readonly model: Model;
  /** The tour started it: a person did not, so the next tour may end it. */
  readonly ofTour: boolean;
  /** It asks for a token. */
  readonly guarded: boolean;
}

/** Builds under way are cancelled and torn down first. */
const STOP_LIMIT_MS = 180_000;

function consolePath(): string {
  return join(farmPaths().directory, "console.json");
}

/** `undefined` when none runs, whatever a dead one left. */
export async function readRunningConsole(): Promise<RunningConsole | undefined> {
  const found = await readJson<RunningConsole>(consolePath());
  return found !== undefined && (await isAlive(found.owner)) ? found : undefined;
}

export async function saveRunningConsole(running: RunningConsole): Promise<void> {
  await writeJson(consolePath(), running);
}

export async function forgetRunningConsole(owner: Owner): Promise<void> {
  const found = await readJson<RunningConsole>(consolePath());
  if (found?.owner.pid === owner.pid) await rm(consolePath(), { force: true });
}

/** Ends it and waits until its builds are cleaned up; does nothing where none runs. */
export async function endRunningConsole(log: (line: string) => void): Promise<void> {
  const running = await readRunningConsole();
  if (running === undefined) return;
  log(`ending the farm console at ${running.url}`);
  process.kill(running.owner.pid, "SIGTERM");
  const gone = await poll(async () => ((await isAlive(running.owner)) ? undefined : true), {
    everyMs: 100,
    forMs: STOP_LIMIT_MS,
  });
  if (gone === undefined && (await isAlive(running.owner))) process.kill(running.owner.pid, "SIGKILL");
  await forgetRunningConsole(running.owner);
}
