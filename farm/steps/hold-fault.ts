/**
 * Holds a fault in place between the steps of a workflow: reads its order from stdin, puts the fault in, says so on stdout,
 * and stays until it is told to go (SIGTERM), until the run has ended, or until the namespace is gone; then it heals.
 */
import { text } from "node:stream/consumers";
import { openKube } from "../build/kube.ts";
import type { Kube } from "../build/kube.ts";
import { isAtWork } from "../build/owner.ts";
import { sleep } from "../build/sleep.ts";
import { inject } from "../faults/inject.ts";
import type { FaultAnswer, FaultOrder } from "./fault-order.ts";

const LOOK_EVERY_MS = 2000;

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stop.abort());
// The step that started this process ends long before it.
process.stdout.on("error", () => undefined);

const order = JSON.parse(await text(process.stdin)) as FaultOrder;
const kube = openKube(order);
try {
  const fault = await inject(order.fault, {
    ...order,
    kube,
    rememberCordon: () => Promise.reject(new Error("a cordon is not held by a process")),
    report: (line) => console.error(line),
  });
  answer({ detail: fault.detail });
  while (!stop.signal.aborted && (await isAtWork(order.owner)) && (await isThere(kube, order.namespace))) {
    await sleep(LOOK_EVERY_MS, stop.signal);
  }
  await fault.heal();
} catch (error) {
  answer({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}

function answer(value: FaultAnswer): void {
  console.log(JSON.stringify(value));
}

/** A cluster that does not answer right now is no reason to go. */
async function isThere(kube: Kube, namespace: string): Promise<boolean> {
  const result = await kube.kubectl(["get", "namespace", namespace, "--ignore-not-found", "-o", "name"]);
  return result.code !== 0 || result.stdout.trim() !== "";
}
