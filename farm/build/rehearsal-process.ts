import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import type { RehearsalStatus } from "../rehearsal/status-server.ts";
import { FarmError } from "./kube.ts";
import { ROOT, readJson } from "./out-folder.ts";
import { endProcess, isAlive, ownerOf } from "./owner.ts";
import type { Owner } from "./owner.ts";
import { poll } from "./sleep.ts";

/** What the rehearsal's process says of itself once it listens. */
export interface RehearsalAddress {
  /** What makes a medic ask it instead of a model. */
  readonly environment: Readonly<Record<string, string>>;
  readonly statusUrl: string;
}

/** The rehearsal that stands in for the model of the shared medic. */
export interface RehearsalProcess extends RehearsalAddress {
  readonly owner: Owner;
  readonly log: string;
}

const MAIN = path.join(ROOT, "farm", "rehearsal", "main.ts");
const START_LIMIT_MS = 20_000;
const ASK_LIMIT_MS = 5000;

/** Starts it in a process group of its own; `medicFile` is where it looks whether it is still wanted. */
export async function startRehearsalProcess(files: {
  readonly address: string;
  readonly medicFile: string;
  readonly log: string;
}): Promise<RehearsalProcess> {
  const { address, medicFile, log } = files;
  await rm(address, { force: true });
  mkdirSync(path.dirname(log), { recursive: true });
  mkdirSync(path.dirname(address), { recursive: true });
  const file = openSync(log, "a");
  const child = spawn(process.execPath, [MAIN, address, medicFile], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", file, file],
  });
  closeSync(file);
  child.unref();
  if (child.pid === undefined) throw new FarmError("the rehearsal could not be started");
  const owner = await ownerOf(child.pid);
  const found = await poll(
    async () => (await readJson<RehearsalAddress>(address)) ?? ((await isAlive(owner)) ? undefined : "dead"),
    { everyMs: 100, forMs: START_LIMIT_MS },
  );
  await rm(address, { force: true });
  if (found === undefined || found === "dead") {
    await endProcess(owner);
    throw new FarmError(`the rehearsal did not start: see ${path.relative(ROOT, log)}`);
  }
  return { ...found, owner, log };
}

/** What went wrong in the rehearsal for the stacks of one namespace, a sentence each; that it does not answer, too. */
export async function rehearsalFailures(
  { statusUrl, log }: RehearsalProcess,
  namespace: string,
): Promise<string[]> {
  const seeLog = `see ${path.relative(ROOT, log)}`;
  try {
    const response = await fetch(statusUrl, { signal: AbortSignal.timeout(ASK_LIMIT_MS) });
    const { failures } = (await response.json()) as RehearsalStatus;
    return failures
      .filter((failure) => failure.namespace === namespace || failure.namespace === "unknown")
      .map((failure) => `the rehearsal could not be played for client ${failure.client}: ${failure.message}`);
  } catch {
    return [`the rehearsal does not answer any more: ${seeLog}`];
  }
}
