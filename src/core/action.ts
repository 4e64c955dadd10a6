import type { JsonObject } from "./json.ts";

/** The closed set of changes the medic may make to a cluster. Tier 1 and tier 2 produce the same values. */
export type Action = ReconcileToIntent | RestartPod | RollbackRelease | UncordonNode;

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

/** Set a StatefulSet's pod template back to an earlier revision of its own that its declared intent agrees with. */
export interface RollbackRelease {
  readonly kind: "rollback-release";
  readonly namespace: string;
  readonly statefulSet: string;
  readonly uid: string;
  readonly expect: { readonly replicas: number; readonly template: JsonObject };
  /** Name of the ControllerRevision. */
  readonly revision: string;
  readonly template: JsonObject;
  readonly changes: readonly string[];
}

/** Let pods onto a node again. The only change to a node there is. */
export interface UncordonNode {
  readonly kind: "uncordon-node";
  /** The stack's namespace: for its sake it is done. */
  readonly namespace: string;
  readonly node: string;
  readonly uid: string;
}

/** `StatefulSet/server-0`, `Pod/server-0-0` or `Node/node-1`. */
export function targetOf(action: Action): string {
  switch (action.kind) {
    case "reconcile-to-intent":
    case "rollback-release":
      return `StatefulSet/${action.statefulSet}`;
    case "restart-pod":
      return `Pod/${action.pod}`;
    case "uncordon-node":
      return `Node/${action.node}`;
  }
}
