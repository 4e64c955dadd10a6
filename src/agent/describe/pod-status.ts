import { driftOf } from "../../core/drift.ts";
import type { ClaimState, ContainerState, PodState, Snapshot, TerminatedState } from "../../core/snapshot.ts";
import type { SetView, StackView } from "../../core/stack-view.ts";
import { ago } from "./ago.ts";

/** Where the stack's StatefulSets and pods stand; of one pod, or of all of them. */
export function podStatus(view: StackView, pod?: string): string {
  const { snapshot } = view;
  const sets = view.sets.filter(({ set, pods }) => pod === undefined || concerns(set.name, pods, pod));
  return [
    `client ${snapshot.client} in namespace ${snapshot.namespace.name}, read at ${new Date(snapshot.at).toISOString()}`,
    ...sets.flatMap((own) => [
      setLine(own, snapshot),
      ...podLines(own, snapshot, pod),
      ...claimLines(own, snapshot.claims),
    ]),
  ].join("\n");
}

function concerns(set: string, pods: readonly PodState[], pod: string): boolean {
  return pods.some(({ name }) => name === pod) || pod.replace(/-\d+$/, "") === set;
}

function setLine(own: SetView, snapshot: Snapshot): string {
  const { set, parsed } = own;
  const declared = parsed.intent.replicas === undefined ? "" : ` (declared ${parsed.intent.replicas})`;
  const ready = own.pods.filter((pod) =>
    pod.conditions.some(({ type, status }) => type === "Ready" && status === "True"),
  ).length;
  const behind =
    set.observedGeneration < set.generation ? "; its controller has not seen the newest spec yet" : "";
  return `StatefulSet ${set.name}: role ${set.role || "unknown"}, ${ready} of ${set.replicas}${declared} ready, revision ${set.updateRevision || "none"}${behind}; ${intentWord(own, snapshot)}`;
}

function intentWord(own: SetView, snapshot: Snapshot): string {
  const { parsed } = own;
  if (!parsed.declared) return "declares no intent";
  if (parsed.problems.length > 0)
    return `its declared intent cannot be used: ${parsed.problems.map(({ message }) => message).join("; ")}`;
  const drift = driftOf(own, snapshot);
  return drift === undefined
    ? "is what its intent declares"
    : `DIFFERS from its intent: ${drift.changes.slice(0, 6).join("; ")}`;
}

function podLines({ set, pods }: SetView, { at }: Snapshot, wanted?: string): string[] {
  const shown = pods.filter(({ name }) => wanted === undefined || name === wanted);
  if (shown.length === 0) return [`  there is no pod ${wanted ?? `of ${set.name}`} now`];
  return shown.flatMap((pod) => {
    const stale = pod.revision === set.updateRevision ? "" : " (OLDER than its StatefulSet asks for)";
    const going = pod.deletionAt === undefined ? "" : ", terminating";
    const told = [pod.statusReason, pod.statusMessage].filter((part) => part !== undefined).join(": ");
    return [
      `  Pod ${pod.name}: ${pod.phase}${going}, node ${pod.nodeName ?? "none"}, made ${ago(pod.createdAt, at)} ago, revision ${pod.revision}${stale}${told === "" ? "" : `, ${told}`}`,
      ...pod.conditions.map(
        ({ type, status, since, reason, message }) =>
          `    ${type}=${status} since ${ago(since, at)}${reason === undefined ? "" : ` ${reason}`}${message === undefined || message === "" ? "" : `: ${message}`}`,
      ),
      ...pod.containers.map((container) => `    ${containerLine(container, at)}`),
    ];
  });
}

function containerLine(container: ContainerState, at: number): string {
  const { name, init, image, ready, restarts, waiting, runningSince, terminated, lastTerminated } = container;
  const state =
    waiting !== undefined
      ? `waiting: ${waiting.reason}${waiting.message === "" ? "" : ` (${waiting.message})`}`
      : runningSince !== undefined
        ? `running for ${ago(runningSince, at)}`
        : terminated === undefined
          ? "not started"
          : `ended: ${endWord(terminated, at)}`;
  const before = lastTerminated === undefined ? "" : `; before that ended: ${endWord(lastTerminated, at)}`;
  return `${init ? "init container" : "container"} ${name}: ${state}, ${ready ? "ready" : "not ready"}, restarts ${restarts}, image ${image}${before}`;
}

function endWord({ reason, exitCode, message, finishedAt }: TerminatedState, at: number): string {
  return `${reason} with exit code ${exitCode} ${ago(finishedAt, at)} ago${message === "" ? "" : ` (${message})`}`;
}

function claimLines({ set, pods }: SetView, claims: Snapshot["claims"]): string[] {
  if (claims === undefined) return [];
  if (typeof claims === "string") return [`  volume claims could not be read: ${claims}`];
  const names = [...pods.map(({ name }) => name), `${set.name}-0`];
  return claims.filter(({ name }) => names.some((pod) => name.endsWith(`-${pod}`))).map(claimLine);
}

function claimLine({ name, phase, volume, storageClass, attachments }: ClaimState): string {
  const where = attachments.length === 0 ? "" : `; attached: ${attachments.join(", ")}`;
  return `  claim ${name}: ${phase}, volume ${volume ?? "none yet"}, storage class ${storageClass ?? "default"}${where}`;
}
