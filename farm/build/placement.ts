import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import { Keys } from "../../src/core/contract.ts";
import { stackPods, roleOf } from "../faults/stack-objects.ts";
import type { StackRef } from "../faults/stack-objects.ts";
import { FarmError } from "./kube.ts";
import type { Kube } from "./kube.ts";
import { poll } from "./sleep.ts";

const LIMIT_MS = 60_000;

/** Waits until every pod of the build has a node: both of each client's, and the runners. */
export async function waitUntilPlaced(
  kube: Kube,
  build: {
    readonly namespace: string;
    readonly pods: number;
    readonly withinSeconds: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const done = await poll(
    async () => {
      const list = await kube.get<V1PodList>("list the build's pods", ["pods", "-n", build.namespace]);
      const placed = list.items.filter((pod) => pod.spec?.nodeName !== undefined);
      return placed.length >= build.pods ? true : undefined;
    },
    { everyMs: 500, forMs: build.withinSeconds * 1000, signal: build.signal },
  );
  if (!done)
    throw new FarmError(
      `not all ${build.pods} pods of the build found a node within ${build.withinSeconds} s`,
    );
}

/** Waits until both pods of a stack run, ready or not. */
export async function waitUntilRunning(kube: Kube, stack: StackRef, signal?: AbortSignal): Promise<void> {
  const done = await poll(
    async () => {
      const roles = new Set((await stackPods(kube, stack)).filter(isRunning).map(roleOf));
      return roles.has("server") && roles.has("db") ? true : undefined;
    },
    { everyMs: 300, forMs: LIMIT_MS, signal },
  );
  if (!done)
    throw new FarmError(`the pods of client ${stack.client} did not both run within ${LIMIT_MS / 1000} s`);
}

function isRunning(pod: V1Pod): boolean {
  const statuses = pod.status?.containerStatuses ?? [];
  return statuses.length > 0 && statuses.every((one) => one.state?.running !== undefined);
}

/** Marks a client's stack: its tests begin, and from here on the medic only watches it. */
export async function markTestsStarted(kube: Kube, stack: StackRef): Promise<void> {
  const selector = `${Keys.client}=${stack.client}`;
  const args = ["label", "statefulset", "-n", stack.namespace, "-l", selector, `${Keys.tests}=started`];
  await kube.ask(`label the stack of client ${stack.client}`, args);
}
