import { repairTemplate } from "../../src/core/intent.ts";
import type { IncidentStatus } from "../../src/core/incident.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { jsonEqual } from "../../src/core/json.ts";
import type { Policy } from "../../src/core/policy.ts";
import type {
  ClaimState,
  DryRun,
  FarmState,
  KubeEvent,
  NamespaceState,
  NodeState,
  PodState,
  RawIntent,
  RevisionState,
  Snapshot,
  StatefulSetState,
} from "../../src/core/snapshot.ts";
import type { Case } from "../../src/core/rules/rule.ts";
import { viewOf } from "../../src/core/stack-view.ts";
import type { StackView } from "../../src/core/stack-view.ts";
import {
  DEPLOYED,
  MINUTE,
  SECOND,
  defaulted,
  node,
  podOf,
  revisionOf,
  statefulSet,
  templateOf,
} from "./stack-pieces.ts";
import type { PodChange, Role } from "./stack-pieces.ts";

export const policy: Policy = {
  debounceMs: 20 * SECOND,
  verifyMs: 15 * SECOND,
  maxActionsPerStack: 3,
  mode: "act",
  allowNodePatch: false,
  tier2: false,
};

interface Parts {
  readonly at: number;
  readonly detailed: boolean;
  readonly namespace: NamespaceState;
  readonly sets: readonly StatefulSetState[];
  readonly pods: readonly PodState[];
  readonly nodes: readonly NodeState[];
  readonly events: readonly KubeEvent[];
  readonly answers: Readonly<Partial<Record<Role, Answer>>>;
  readonly status?: IncidentStatus;
  readonly farm: FarmState;
  readonly revisions?: readonly RevisionState[];
  readonly claims?: readonly ClaimState[] | string;
}

/** What the API server answers when it is asked what a repair would make of a StatefulSet. */
type Answer = JsonObject | { readonly code: number; readonly message: string } | "none";

/** A stack as `gather` would describe it: a server and its database, deployed ten minutes ago, both Ready. */
export function aStack(): StackBuilder {
  const sets = [statefulSet("db"), statefulSet("server")];
  return new StackBuilder({
    at: DEPLOYED + 10 * MINUTE,
    detailed: true,
    namespace: { name: "ci-1", uid: "uid-ci-1", watched: true, terminating: false, runId: "4711" },
    sets,
    pods: sets.map((set) => podOf(set)),
    nodes: [node("node-1"), node("node-2")],
    events: [],
    answers: {},
    farm: { stacks: 8, stacksBySymptom: {} },
  });
}

/** Every call answers a new builder; nothing changes in place. Where a role is optional, the server is meant. */
export class StackBuilder {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  #with(changes: Partial<Parts>): StackBuilder {
    return new StackBuilder({ ...this.#parts, ...changes });
  }

  /** The instant of the snapshot. */
  at(at: number): StackBuilder {
    return this.#with({ at });
  }

  /** So long after it was deployed. */
  after(ms: number): StackBuilder {
    return this.at(DEPLOYED + ms);
  }

  /** As the caches have it: no events, no dry runs. */
  cached(): StackBuilder {
    return this.#with({ detailed: false });
  }

  namespace(changes: Partial<NamespaceState>): StackBuilder {
    return this.#with({ namespace: { ...this.#parts.namespace, ...changes } });
  }

  set(changes: Partial<StatefulSetState>, role: Role = "server"): StackBuilder {
    return this.#with({
      sets: this.#parts.sets.map((set) => (set.role === role ? { ...set, ...changes } : set)),
    });
  }

  withoutSet(role: Role): StackBuilder {
    const sets = this.#parts.sets.filter((set) => set.role !== role);
    return this.#with({ sets, pods: this.#parts.pods.filter((pod) => pod.role !== role) });
  }

  testsStarted(): StackBuilder {
    return this.set({ testsStarted: true });
  }

  /** The whole declared intent; a template is given as an object or as the annotation's text. */
  intent(
    intent: Omit<RawIntent, "template"> & { readonly template?: string | JsonObject },
    role: Role = "server",
  ): StackBuilder {
    const { template, ...rest } = intent;
    const text = typeof template === "object" ? JSON.stringify(template) : template;
    return this.set({ intent: { ...rest, ...(text === undefined ? {} : { template: text }) } }, role);
  }

  /** The StatefulSet's template as somebody left it; its pod was made from it. */
  liveTemplate(template: JsonObject, role: Role = "server"): StackBuilder {
    const live = defaulted(template);
    const revision = revisionOf(`${role}-0`, live);
    return this.set(
      { template: live, generation: 2, observedGeneration: 2, updateRevision: revision },
      role,
    ).withSet(role, (set, pods) =>
      pods.map((pod) => ({
        ...pod,
        revision: set.updateRevision,
        containers: podOf(set).containers,
      })),
    );
  }

  liveImage(image: string, role: Role = "server"): StackBuilder {
    return this.liveTemplate(templateOf(role, { image }), role);
  }

  liveCommand(command: readonly string[], role: Role = "server"): StackBuilder {
    return this.liveTemplate(templateOf(role, { command }), role);
  }

  /** Scaled; pods beyond it are gone. */
  liveReplicas(replicas: number, role: Role = "server"): StackBuilder {
    return this.set({ replicas }, role).withSet(role, (_, pods) =>
      pods.filter(({ ordinal }) => ordinal < replicas),
    );
  }

  /** The pods of a role changed together with its StatefulSet at hand. */
  withSet(
    role: Role,
    change: (set: StatefulSetState, pods: readonly PodState[]) => readonly PodState[],
  ): StackBuilder {
    const pods = this.#parts.sets.flatMap((set) => {
      const own = this.#parts.pods.filter(({ statefulSetUid }) => statefulSetUid === set.uid);
      return set.role === role ? change(set, own) : own;
    });
    return this.#with({ pods });
  }

  /** The pod of a role in this state. */
  withPod(change: PodChange, role: Role = "server"): StackBuilder {
    return this.withSet(role, (_, pods) => pods.map(change));
  }

  withoutPod(role: Role = "server"): StackBuilder {
    return this.withSet(role, () => []);
  }

  /** The pod is left on the revision of this template; its StatefulSet has moved on. */
  onOldRevision(image: string, role: Role = "server"): StackBuilder {
    const old = defaulted(templateOf(role, { image }));
    return this.withPod(
      (pod) => ({
        ...pod,
        revision: revisionOf(`${role}-0`, old),
        containers: pod.containers.map((container) => ({ ...container, image })),
      }),
      role,
    );
  }

  withNode(name: string, changes: Partial<NodeState>): StackBuilder {
    const known = this.#parts.nodes.filter((other) => other.name !== name);
    return this.#with({ nodes: [...known, node(name, changes)] });
  }

  withoutNodes(): StackBuilder {
    return this.#with({ nodes: [] });
  }

  /** What a close look finds of earlier templates. */
  revisions(...revisions: readonly RevisionState[]): StackBuilder {
    return this.#with({ revisions });
  }

  /** What a close look finds of volume claims, or why they cannot be read. */
  claims(claims: readonly ClaimState[] | string): StackBuilder {
    return this.#with({ claims });
  }

  /** An Event of the role's pod. */
  podEvent(reason: string, message: string, at: number = DEPLOYED, role: Role = "server"): StackBuilder {
    return this.event({ kind: "Pod", name: `${role}-0-0`, uid: `uid-${role}-0-0-a`, reason, message, at });
  }

  /** An Event of the role's StatefulSet. */
  setEvent(reason: string, message: string, at: number = DEPLOYED, role: Role = "server"): StackBuilder {
    return this.event({ kind: "StatefulSet", name: `${role}-0`, uid: `uid-${role}-0`, reason, message, at });
  }

  event(event: Partial<KubeEvent>): StackBuilder {
    const whole = {
      kind: "Pod",
      name: "",
      uid: "",
      type: "Warning",
      reason: "",
      message: "",
      component: "kubelet",
    };
    return this.#with({ events: [...this.#parts.events, { ...whole, count: 1, at: DEPLOYED, ...event }] });
  }

  /** The dry run's answer, when it is not the API server's own defaulting of the declared template. */
  dryRun(answer: Answer, role: Role = "server"): StackBuilder {
    return this.#with({ answers: { ...this.#parts.answers, [role]: answer } });
  }

  incident(status: Partial<IncidentStatus>): StackBuilder {
    return this.#with({
      status: {
        phase: "Remediating",
        tier: 1,
        reason: "ImageDrift",
        rootCause: "",
        findings: [],
        attempts: [],
        times: { Detected: this.#parts.at - SECOND },
        ...status,
      },
    });
  }

  farm(farm: Partial<FarmState>): StackBuilder {
    return this.#with({ farm: { ...this.#parts.farm, ...farm } });
  }

  snapshot(): Snapshot {
    const { sets, answers, status, ...rest } = this.#parts;
    const known = rest.detailed ? sets.flatMap((set) => dryRunOf(set, answers[set.role as Role])) : [];
    return {
      ...rest,
      events: rest.detailed ? rest.events : [],
      client: "0",
      statefulSets: sets,
      dryRuns: known,
      ...(status === undefined ? {} : { incident: { name: "ci-1-0-uid-serv-1", status } }),
    };
  }

  view(): StackView {
    return viewOf(this.snapshot());
  }

  /** The pod of a role as a rule is asked about it. */
  podCase(role: Role = "server"): Case {
    const view = this.view();
    const own = view.sets.find(({ set }) => set.role === role)!;
    const pod = own.pods[0]!;
    const events = view.snapshot.events.filter(({ uid }) => uid === pod.uid);
    return { view, own, pod, events, at: view.snapshot.at };
  }
}

/** As the API server would answer: its defaults on what a repair would write; not asked when nothing would change. */
export function dryRunOf(set: StatefulSetState, answer?: Answer): readonly DryRun[] {
  const about = { statefulSet: set.name, uid: set.uid };
  if (answer === "none") return [];
  if (answer !== undefined && isRefusal(answer)) return [{ ...about, ok: false, ...answer }];
  if (answer !== undefined) return [{ ...about, ok: true, template: answer }];
  const wanted = repairTemplate(set);
  if (wanted === undefined || jsonEqual(wanted, set.template)) return [];
  return [{ ...about, ok: true, template: defaulted(wanted) }];
}

function isRefusal(answer: JsonObject): answer is { readonly code: number; readonly message: string } {
  return typeof answer["code"] === "number";
}
