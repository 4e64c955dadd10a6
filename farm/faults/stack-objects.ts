import type { V1Pod, V1PodList, V1StatefulSet } from "@kubernetes/client-node";
import { Keys } from "../../src/core/contract.ts";
import { poll } from "../build/sleep.ts";
import { FarmError, failureOf, isNotFound } from "../build/kube.ts";
import type { Kube } from "../build/kube.ts";

export type Role = "server" | "db";

/** One client's stack, as far as its objects' names go. */
export interface StackRef {
  readonly namespace: string;
  readonly client: number;
}

function statefulSetName(role: Role, client: number): string {
  return `${role}-${client}`;
}

export async function stackPods(kube: Kube, stack: StackRef): Promise<V1Pod[]> {
  const list = await kube.get<V1PodList>(`list pods of client ${stack.client}`, [
    "pods",
    "-n",
    stack.namespace,
    "-l",
    `${Keys.client}=${stack.client},${Keys.role}`,
  ]);
  return list.items;
}

export function roleOf(pod: V1Pod): Role | undefined {
  const role = pod.metadata?.labels?.[Keys.role];
  return role === "server" || role === "db" ? role : undefined;
}

export async function getStatefulSet(kube: Kube, stack: StackRef, role: Role): Promise<V1StatefulSet> {
  const name = statefulSetName(role, stack.client);
  return kube.get<V1StatefulSet>(`read StatefulSet ${name}`, ["statefulset", name, "-n", stack.namespace]);
}

/** Changes a StatefulSet with a JSON Patch. */
export async function patchStatefulSet(
  kube: Kube,
  stack: StackRef & { readonly role: Role },
  patch: readonly unknown[],
): Promise<void> {
  const name = statefulSetName(stack.role, stack.client);
  const args = [
    "patch",
    "statefulset",
    name,
    "-n",
    stack.namespace,
    "--type=json",
    "-p",
    JSON.stringify(patch),
  ];
  await kube.ask(`patch StatefulSet ${name}`, args);
}

/**
 * Deletes the pod of a StatefulSet and waits until that very pod (by UID) is gone. A StatefulSet does not replace a pod
 * that never became ready after a change of its template, so a changed template only takes hold this way.
 */
export async function deletePodAndWait(kube: Kube, stack: StackRef, role: Role): Promise<void> {
  const name = `${statefulSetName(role, stack.client)}-0`;
  const uid = await podUid(kube, stack, name);
  if (uid === undefined) return;
  const deleted = await kube.kubectl(["delete", "pod", name, "-n", stack.namespace, "--wait=false"]);
  if (deleted.code !== 0 && !isNotFound(deleted))
    throw new FarmError(`delete pod ${name}: ${failureOf(deleted)}`);
  const gone = await poll(async () => ((await podUid(kube, stack, name)) === uid ? undefined : true), {
    everyMs: 500,
    forMs: 60_000,
  });
  if (!gone) throw new FarmError(`delete pod ${name}: it is still there after 60 s`);
}

async function podUid(kube: Kube, stack: StackRef, name: string): Promise<string | undefined> {
  const args = [
    "get",
    "pod",
    name,
    "-n",
    stack.namespace,
    "--ignore-not-found",
    "-o",
    "jsonpath={.metadata.uid}",
  ];
  return (await kube.ask(`read pod ${name}`, args)) || undefined;
}
