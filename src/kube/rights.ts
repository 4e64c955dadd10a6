import { IncidentResource, LEADER_LEASE } from "../core/contract.ts";

/** One right that the medic's code uses. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  /** Only on the one object of this name. */
  readonly name?: string;
  /** Only in the medic's own namespace. */
  readonly own?: true;
}

/** What the rights depend on. */
export interface Wanted {
  readonly mode: "act" | "observe";
  readonly tier2: boolean;
  readonly allowNodePatch: boolean;
}

/** What an episode looks at besides. */
const closeLook: readonly Right[] = [
  { group: "", resource: "pods", subresource: "log", verbs: ["get"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["list"] },
  { group: "", resource: "persistentvolumes", verbs: ["get"] },
  { group: "storage.k8s.io", resource: "volumeattachments", verbs: ["list"] },
  { group: "apps", resource: "controllerrevisions", verbs: ["list"] },
];

/** Used where it is granted; nothing depends on it. */
export const courtesies: readonly Right[] = [{ group: "", resource: "events", verbs: ["create"] }];

/** Exactly what the code does on the cluster; writes are left out in observe mode. */
export function neededRights({ mode, tier2, allowNodePatch }: Wanted): readonly Right[] {
  const act = mode === "act";
  return [
    ...(tier2 ? closeLook : []),
    // Without the flag the verb is not asked for: the chart does not grant it.
    ...(tier2 && act && allowNodePatch ? [{ group: "", resource: "nodes", verbs: ["patch"] }] : []),
    { group: "", resource: "namespaces", verbs: ["get", "list", "watch"] },
    { group: "", resource: "nodes", verbs: ["list", "watch"] },
    { group: "", resource: "events", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["get", "list", "watch", ...(act ? ["delete"] : [])] },
    // A dry run needs the verb as much as the write does: without it drift is found in images and commands only.
    { group: "apps", resource: "statefulsets", verbs: ["get", "list", "watch", ...(act ? ["patch"] : [])] },
    {
      group: IncidentResource.group,
      resource: IncidentResource.plural,
      verbs: ["get", "list", "watch", "create", "delete"],
      own: true,
    },
    // RBAC cannot limit a create to a name; the admission policy does.
    { group: "coordination.k8s.io", resource: "leases", verbs: ["create"], own: true },
    {
      group: "coordination.k8s.io",
      resource: "leases",
      name: LEADER_LEASE,
      verbs: ["get", "update"],
      own: true,
    },
    {
      group: IncidentResource.group,
      resource: IncidentResource.plural,
      subresource: "status",
      verbs: ["update"],
      own: true,
    },
  ];
}

/** The most that the account may hold without being refused: what some configuration of this mode needs. */
export function permittedRights({ allowNodePatch }: Pick<Wanted, "allowNodePatch">): readonly Right[] {
  return [...neededRights({ mode: "act", tier2: true, allowNodePatch }), ...courtesies];
}
