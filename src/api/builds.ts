import { isClosed } from "../core/incident.ts";
import type { Incident } from "../core/incident.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import { newestFirst } from "./incident-json.ts";

/** `testing`: its tests began, the medic only watches. */
export type StackState =
  | "starting"
  | "ready"
  | "testing"
  | "in-trouble"
  | "escalated"
  | "paused"
  | "terminating";

export interface StackSummary {
  readonly namespace: string;
  readonly client: string;
  readonly state: StackState;
  readonly statefulSets: readonly {
    readonly name: string;
    readonly ready: number;
    readonly wanted: number;
  }[];
  /** Who paused it and why, as its annotation says. */
  readonly paused?: string;
  /** The newest incident of this stack. */
  readonly incident?: { readonly name: string; readonly phase: string; readonly reason: string };
}

export interface BuildSummary {
  readonly runId: string;
  readonly namespaces: readonly string[];
  readonly buildUrl?: string;
  readonly stacks: readonly StackSummary[];
  /** Names of its incidents, newest first. */
  readonly incidents: readonly string[];
}

/** Everything known, by build: those with the newest incident first, then by run id. A build outlives its namespace in its incidents. */
export function buildsOf(stacks: readonly Snapshot[], incidents: readonly Incident[]): BuildSummary[] {
  const ordered = newestFirst(incidents);
  const runIds = new Set([
    ...ordered.map(({ spec }) => spec.runId),
    ...stacks.map(({ namespace }) => namespace.runId ?? "").sort(),
  ]);
  return [...runIds].map((runId) => {
    const own = stacks.filter(({ namespace }) => (namespace.runId ?? "") === runId);
    const troubles = ordered.filter(({ spec }) => spec.runId === runId);
    const namespaces = new Set([
      ...own.map(({ namespace }) => namespace.name),
      ...troubles.map(({ spec }) => spec.namespace),
    ]);
    const buildUrl =
      own.find(({ namespace }) => namespace.buildUrl)?.namespace.buildUrl ?? troubles[0]?.spec.buildUrl;
    return {
      runId,
      namespaces: [...namespaces].sort(),
      ...(buildUrl === undefined ? {} : { buildUrl }),
      stacks: own.map((snapshot) => summaryOf(snapshot, troubles)).sort(byStack),
      incidents: troubles.map(({ name }) => name),
    };
  });
}

function summaryOf(snapshot: Snapshot, incidents: readonly Incident[]): StackSummary {
  const { namespace, client } = snapshot;
  const incident = incidents.find(({ spec }) => spec.namespace === namespace.name && spec.client === client);
  const { sets, paused } = viewOf(snapshot);
  return {
    namespace: namespace.name,
    client,
    state: stateOf(snapshot, incident),
    ...(paused === undefined ? {} : { paused }),
    statefulSets: sets.map(({ set, wanted, ready }) => ({
      name: set.name,
      // A StatefulSet counts a terminating pod as ready for a while.
      ready: ready ? wanted : Math.min(set.readyReplicas, Math.max(0, wanted - 1)),
      wanted,
    })),
    ...(incident === undefined
      ? {}
      : { incident: { name: incident.name, phase: incident.status.phase, reason: incident.status.reason } }),
  };
}

function stateOf(snapshot: Snapshot, incident: Incident | undefined): StackState {
  const view = viewOf(snapshot);
  if (snapshot.namespace.terminating) return "terminating";
  if (view.paused !== undefined) return "paused";
  if (view.testsStarted) return "testing";
  if (incident !== undefined && !isClosed(incident.status.phase)) return "in-trouble";
  if (view.ready) return "ready";
  return incident?.status.phase === "Escalated" ? "escalated" : "starting";
}

function byStack(left: StackSummary, right: StackSummary): number {
  return (
    left.namespace.localeCompare(right.namespace) ||
    left.client.localeCompare(right.client, "en", { numeric: true })
  );
}
