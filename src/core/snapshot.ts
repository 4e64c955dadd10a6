import type { IncidentStatus } from "./incident.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * Everything known about one stack at one instant, in our own slim types. All times are epoch milliseconds.
 * A decision is a pure function of a snapshot, so a recorded snapshot can be decided again.
 */
export interface Snapshot {
  /** When it was taken. */
  readonly at: number;
  readonly namespace: NamespaceState;
  readonly client: string;
  readonly statefulSets: readonly StatefulSetState[];
  readonly pods: readonly PodState[];
  readonly nodes: readonly NodeState[];
  /** Events of the stack's StatefulSets, pods and claims, oldest first; empty when the details were not gathered. */
  readonly events: readonly KubeEvent[];
  /** What a dry run of the repair says about each StatefulSet with a template intent. */
  readonly dryRuns: readonly DryRun[];
  /** The StatefulSets' earlier templates; only in a close look. */
  readonly revisions?: readonly RevisionState[];
  /** The stack's volume claims, or why they could not be read; only in a close look. */
  readonly claims?: readonly ClaimState[] | string;
  /** False when only the caches were read (no events, no dry runs). */
  readonly detailed: boolean;
  /** This stack's incident, when it has one for its present StatefulSets. */
  readonly incident?: IncidentView;
  /** What the other stacks of the farm are in, for the storm rule. */
  readonly farm: FarmState;
}

export interface FarmState {
  /** Watched stacks, this one included. */
  readonly stacks: number;
  /** How many other stacks came to show which symptom within the last two minutes. */
  readonly stacksBySymptom: Readonly<Record<string, number>>;
}

/** An incident as the core sees it. */
interface IncidentView {
  readonly name: string;
  readonly status: IncidentStatus;
}

export interface NamespaceState {
  readonly name: string;
  readonly uid: string;
  readonly watched: boolean;
  readonly terminating: boolean;
  readonly runId?: string;
  readonly buildUrl?: string;
  /** Who asked for hands off, and why. */
  readonly paused?: string;
}

/** The declared intent exactly as annotated, not yet parsed. */
export interface RawIntent {
  readonly image?: string;
  readonly replicas?: string;
  readonly command?: string;
  readonly template?: string;
}

export interface StatefulSetState {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly role: string;
  readonly testsStarted: boolean;
  readonly paused?: string;
  readonly intent: RawIntent;
  readonly isolatedNodes?: string;
  readonly createdAt: number;
  /** Newest change of the spec by anyone, from managedFields. */
  readonly specChangedAt: number;
  /** Newest change of the status, from managedFields: about when its newest pod came, went or changed its readiness. */
  readonly statusChangedAt?: number;
  readonly terminating: boolean;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updateStrategy: string;
  readonly partition: number;
  readonly currentRevision: string;
  readonly updateRevision: string;
  /** The pod template as it stands in the API server (defaulted). */
  readonly template: JsonObject;
}

export interface PodState {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Name and UID of the StatefulSet that owns it. */
  readonly statefulSet: string;
  readonly statefulSetUid: string;
  readonly role: string;
  readonly ordinal: number;
  /** Label `controller-revision-hash`. */
  readonly revision: string;
  readonly phase: string;
  readonly statusReason?: string;
  readonly statusMessage?: string;
  readonly nodeName?: string;
  readonly createdAt: number;
  /** Newest change of the status by the kubelet or a controller, from managedFields. */
  readonly statusChangedAt?: number;
  /** Set while terminating: when the grace period ends. */
  readonly deletionAt?: number;
  readonly conditions: readonly PodCondition[];
  readonly containers: readonly ContainerState[];
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly since: number;
}

export interface ContainerState {
  readonly name: string;
  readonly init: boolean;
  /** Image and command as the pod's spec has them. */
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ready: boolean;
  readonly started: boolean;
  readonly restarts: number;
  /** How long its startup probe may take before the kubelet restarts it, in milliseconds; 0 without one. */
  readonly startupBudgetMs: number;
  readonly waiting?: { readonly reason: string; readonly message: string };
  readonly runningSince?: number;
  readonly terminated?: TerminatedState;
  readonly lastTerminated?: TerminatedState;
}

export interface TerminatedState {
  readonly reason: string;
  readonly exitCode: number;
  readonly message: string;
  readonly finishedAt: number;
}

/** One ControllerRevision: a pod template that a StatefulSet has had. */
export interface RevisionState {
  readonly name: string;
  readonly statefulSetUid: string;
  /** Grows with every change; a template that comes back gets a new number. */
  readonly number: number;
  readonly createdAt: number;
  readonly template: JsonObject;
}

/** A PersistentVolumeClaim of the stack, with its volume and where that is attached. */
export interface ClaimState {
  readonly name: string;
  readonly phase: string;
  readonly storageClass?: string;
  readonly volume?: string;
  /** `node-1: attached`, `node-2: attach failed: …`, one for each VolumeAttachment. */
  readonly attachments: readonly string[];
  /** What the volume demands of a node, as node selector terms; one of them must match. */
  readonly nodeTerms: readonly NodeTerm[];
}

/** Requirements on a node's labels, all of which must hold. */
export interface NodeTerm {
  readonly expressions: readonly NodeExpression[];
}

export interface NodeExpression {
  readonly key: string;
  /** In, NotIn, Exists, DoesNotExist, Gt, Lt. */
  readonly operator: string;
  readonly values: readonly string[];
}

export interface NodeState {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly ready: boolean;
  readonly unschedulable: boolean;
  /** Value of `medic/maintenance`, when set. */
  readonly maintenance?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly effect: string }[];
}

/** A Kubernetes Event, both API shapes merged (see the event rules in docs/architecture of signatures). */
export interface KubeEvent {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly count: number;
  readonly at: number;
}

/** The server's answer to "what would this StatefulSet be after the repair?", asked with `dryRun=All`. */
export type DryRun =
  | { readonly statefulSet: string; readonly uid: string; readonly ok: true; readonly template: Json }
  | {
      readonly statefulSet: string;
      readonly uid: string;
      readonly ok: false;
      readonly code: number;
      readonly message: string;
    };
