import type { Kube } from "../build/kube.ts";
import { sleep } from "../build/sleep.ts";
import { Keys } from "../../src/core/contract.ts";
import type { Role, StackRef } from "./stack-objects.ts";

/** A pod of a stack as the API server last reported it. */
export interface SeenPod {
  readonly uid: string;
  readonly role: Role;
  readonly terminating: boolean;
}

const COLUMNS = `jsonpath={.metadata.uid} {.metadata.labels['${Keys.role.replace(".", "\\.")}']} {.metadata.deletionTimestamp}{"\\n"}`;

/** Reports every pod of a stack, now and whenever one changes, until the signal is aborted. */
export async function watchStackPods(
  kube: Kube,
  stack: StackRef,
  onPod: (pod: SeenPod) => void,
  signal: AbortSignal,
): Promise<void> {
  const selector = `${Keys.client}=${stack.client},${Keys.role}`;
  const args = ["get", "pods", "-n", stack.namespace, "-l", selector, "--watch", "-o", COLUMNS];
  while (!signal.aborted) {
    await kube.kubectl(args, { signal, timeoutSeconds: 3600, onLine: (line) => report(line, onPod) });
    // The API server ends watches now and then; a restarted one lists everything again.
    await sleep(500, signal);
  }
}

function report(line: string, onPod: (pod: SeenPod) => void): void {
  const [uid, role, deleted] = line.split(" ");
  if (uid && (role === "server" || role === "db")) onPod({ uid, role, terminating: Boolean(deleted) });
}
