import type { Snapshot } from "./snapshot.ts";

/** What a tool call names. */
export interface Named {
  readonly namespace?: string;
  readonly pod?: string;
  readonly statefulSet?: string;
}

/** Why what a call names is not of this stack; `undefined` when all of it is. A pod may be gone and still be the stack's. */
export function outOfScope(snapshot: Snapshot, { namespace, pod, statefulSet }: Named): string | undefined {
  const own = snapshot.namespace.name;
  const stack = `the stack of client ${snapshot.client} in namespace ${own}`;
  if (namespace !== undefined && namespace !== own)
    return `This episode is bound to ${stack}; namespace ${brief(namespace)} is out of its reach.`;
  const sets = snapshot.statefulSets.map(({ name }) => name);
  if (statefulSet !== undefined && !sets.includes(statefulSet))
    return `This episode is bound to ${stack}; StatefulSet ${brief(statefulSet)} is none of its own (${sets.join(", ")}).`;
  const pods = [...new Set([...snapshot.pods.map(({ name }) => name), ...sets.map((name) => `${name}-0`)])];
  if (pod !== undefined && !pods.includes(pod))
    return `This episode is bound to ${stack}; pod ${brief(pod)} is none of its own (${pods.join(", ")}).`;
  return undefined;
}

function brief(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
