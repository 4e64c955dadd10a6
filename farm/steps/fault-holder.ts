import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { FarmError } from "../build/kube.ts";
import { OUT } from "../build/out-folder.ts";
import { ownerOf } from "../build/owner.ts";
import type { Owner } from "../build/owner.ts";
import type { FaultAnswer, FaultOrder } from "./fault-order.ts";

const PROGRAM = fileURLToPath(new URL("./hold-fault.ts", import.meta.url));

/**
 * Starts the process that holds a fault, and waits until the fault is in place. The process outlives this one; `remember`
 * is told of it first. Throws `FarmError` when the fault could not be put in.
 * @returns what was done, in words.
 */
export async function startHolder(
  order: FaultOrder,
  remember: (holder: Owner) => Promise<void>,
): Promise<string> {
  const log = join(OUT, "faults", `${order.runId}.log`);
  mkdirSync(join(OUT, "faults"), { recursive: true });
  const file = openSync(log, "a");
  const child = spawn(process.execPath, [PROGRAM], { detached: true, stdio: ["pipe", "pipe", file] });
  closeSync(file);
  if (child.pid === undefined) throw new FarmError(`fault ${order.fault}: its process could not be started`);
  await remember(await ownerOf(child.pid));
  child.stdin?.end(JSON.stringify(order));
  const answer = child.stdout === null ? undefined : await firstAnswer(child.stdout);
  child.stdout?.destroy();
  child.unref();
  if (answer === undefined)
    throw new FarmError(`fault ${order.fault}: its process ended without a word, see ${log}`);
  if ("failed" in answer) throw new FarmError(answer.failed);
  return answer.detail;
}

async function firstAnswer(stdout: NodeJS.ReadableStream): Promise<FaultAnswer | undefined> {
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as FaultAnswer;
  return undefined;
}
