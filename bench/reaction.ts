import type { AuditedRequest } from "./audit-trail.ts";

/** A StatefulSet that was broken at a time (epoch milliseconds). */
export interface Break {
  readonly namespace: string;
  readonly statefulSet: string;
  readonly at: number;
}

export interface Reaction extends Break {
  /** When the API server got the terminal status. */
  readonly statusAt: number;
  /** When it got the first write to the StatefulSet. */
  readonly writeAt: number;
  /** From the one to the other, in milliseconds. */
  readonly ms: number;
}

/** What `reactionTo` needs of an audit log. */
export function concernsReaction({ agent, resource, verb, dryRun, code }: AuditedRequest): boolean {
  if (code >= 300 || dryRun) return false;
  if (resource === "pods/binding") return verb === "create";
  if (resource === "pods/status") return verb === "patch" && agent === "kwok";
  return resource === "statefulsets" && verb === "patch";
}

/**
 * How long `agent` took after the terminal status of a broken stack's new pod, from the API server's audit log alone.
 * The status is KWOK's first one for the pod that the scheduler bound after the break: the scripted stage knows no
 * other. Both times are when the API server *received* the request, so its own work on the status counts as reaction.
 * `undefined` when there was no such write before `until`.
 */
export function reactionTo(
  broken: Break,
  requests: readonly AuditedRequest[],
  agent: string,
  until = Infinity,
): Reaction | undefined {
  const pod = `${broken.statefulSet}-0`;
  const later = requests.filter(
    ({ namespace, receivedAt }) =>
      namespace === broken.namespace && receivedAt > broken.at && receivedAt < until,
  );
  const bound = later.find(({ resource, name }) => resource === "pods/binding" && name === pod);
  if (bound === undefined) return undefined;
  const status = later.find(
    ({ resource, name, receivedAt }) =>
      resource === "pods/status" && name === pod && receivedAt > bound.receivedAt,
  );
  if (status === undefined) return undefined;
  const write = later.find(
    (request) =>
      request.agent === agent &&
      request.resource === "statefulsets" &&
      request.name === broken.statefulSet &&
      request.receivedAt > bound.receivedAt,
  );
  if (write === undefined) return undefined;
  return {
    ...broken,
    statusAt: status.receivedAt,
    writeAt: write.receivedAt,
    ms: write.receivedAt - status.receivedAt,
  };
}
