import type { JsonObject } from "./json.ts";

/** The closed set of changes the medic may make to a cluster. Tier 1 and tier 2 produce the same values. */
export type Action = ReconcileToIntent | RestartPod;

/** Set a StatefulSet back to its declared intent: replicas and the pod template, in one guarded write. */
export interface ReconcileToIntent {
  readonly kind: "reconcile-to-intent";
  readonly namespace: string;
  readonly statefulSet: string;
  readonly uid: string;
  /** The state the decision was made from; a permit for anything else is refused. */
  readonly expect: { readonly replicas: number; readonly template: JsonObject };
  /** Absent: leave as it is. */
  readonly replicas?: number;
  readonly template?: JsonObject;
  /** For people: what changes, one line each. */
  readonly changes: readonly string[];
}

/** Delete one pod (graceful, by UID) so that its StatefulSet makes a new one. */
export interface RestartPod {
  readonly kind: "restart-pod";
  readonly namespace: string;
  readonly statefulSet: string;
  readonly pod: string;
  readonly uid: string;
  /**
   * True when the pod is the stuck leftover of an older revision, which a StatefulSet does not replace by itself
   * (kubernetes/kubernetes#67250): it completes a reconcile and is not counted as an action of its own.
   */
  readonly completesReconcile: boolean;
}

/** `StatefulSet/server-0` or `Pod/server-0-0`. */
export function targetOf(action: Action): string {
  return action.kind === "reconcile-to-intent" ? `StatefulSet/${action.statefulSet}` : `Pod/${action.pod}`;
}
