import { decodeIncident } from "../../src/kube/incident-codec.ts";
import type { EscalationMessage } from "../../src/core/escalation.ts";
import type { Incident, IncidentStatus } from "../../src/core/incident.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { farmState } from "../../src/core/farm.ts";
import { keyOf } from "../../src/core/stack.ts";
import type { StackId } from "../../src/core/stack.ts";
import type {
  Announcer,
  Audit,
  AuditEntry,
  Chat,
  Cluster,
  Decisions,
  Incidents,
  Telemetry,
} from "../../src/controllers/ports.ts";
import { MedicError } from "../../src/lib/medic-error.ts";
import { policy } from "./builders.ts";
import type { FakeKubernetes } from "./fake-kubernetes.ts";
import { SECOND } from "./stack-pieces.ts";

/**
 * Our own ports in memory. What is stored (Kubernetes, incidents, audit, chat) outlives a medic; the ports belong to one
 * medic and die with it.
 */

/** The medic's process ended here. Nothing that it would have done after that happens. */
export class CrashSignal extends Error {
  override readonly name = "CrashSignal";
}

/** Every call of a port passes here twice: before it takes effect and before its answer arrives. */
export class Seam {
  readonly passed: string[] = [];
  readonly #crashAt: number;
  #crashed = false;

  /** Crashes at the n-th passage, counted from 1; never without. */
  constructor(crashAt = Infinity) {
    this.#crashAt = crashAt;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** Now, wherever it is. */
  die(): void {
    this.#crashed = true;
  }

  async around<T>(name: string, effect: () => T): Promise<T> {
    this.#pass(`${name} begins`);
    const answer = effect();
    this.#pass(`${name} ends`);
    return answer;
  }

  #pass(name: string): void {
    if (!this.#crashed) this.passed.push(name);
    this.#crashed ||= this.passed.length >= this.#crashAt;
    if (this.#crashed) throw new CrashSignal(name);
  }
}

export function fakeCluster(kubernetes: FakeKubernetes, incidents: Incidents, seam = new Seam()): Cluster {
  const read = (stack: StackId, detailed: boolean): Snapshot | undefined => {
    const snapshot = kubernetes.read(stack, detailed);
    const incident = snapshot && newestOf(incidents.list(), snapshot);
    return snapshot && incident
      ? { ...snapshot, incident: { name: incident.name, status: incident.status } }
      : snapshot;
  };
  const gather = (stack: StackId): Snapshot | undefined => {
    const others = kubernetes.stacks().filter((other) => keyOf(other) !== keyOf(stack));
    const farm = farmState(
      others.flatMap((other) => read(other, false) ?? []),
      policy,
    );
    const snapshot = read(stack, true);
    return snapshot && { ...snapshot, farm };
  };
  return {
    stacks: () => kubernetes.stacks(),
    peek: (stack) => read(stack, false),
    gather: (stack) => seam.around("gather", () => gather(stack)),
    examine: (stack) => seam.around("examine", () => gather(stack)),
    logs: () => seam.around("logs", () => ""),
    execute: (action, snapshot) => seam.around("execute", () => kubernetes.execute(action, snapshot)),
  };
}

function newestOf(
  incidents: readonly Incident[],
  { namespace, client, statefulSets }: Snapshot,
): Incident | undefined {
  const uids = statefulSets.map(({ uid }) => uid);
  return incidents
    .filter(({ spec }) => spec.namespace === namespace.name && spec.client === client)
    .filter(({ spec }) => uids.includes(spec.statefulSetUid))
    .toSorted((left, right) => right.createdAt - left.createdAt || (right.name < left.name ? -1 : 1))[0];
}

/** What the API server has of incidents. */
export class StoredIncidents {
  readonly byName = new Map<string, Incident>();
  readonly now: () => number;
  #versions = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  all(): readonly Incident[] {
    return [...this.byName.values()];
  }

  put(incident: Incident, changes: { readonly status?: IncidentStatus } = {}): Incident {
    this.#versions += 1;
    const stored = { ...incident, ...changes, resourceVersion: String(this.#versions) };
    this.byName.set(stored.name, stored);
    return stored;
  }

  /** Somebody else changes the status, unseen by a medic until it reads or syncs. */
  changeBehind(name: string, change: (status: IncidentStatus) => IncidentStatus): void {
    const incident = this.byName.get(name)!;
    this.put(incident, { status: change(incident.status) });
  }
}

/** Like the real store: own writes are seen at once, those of others after `sync`, the watch's work. */
export interface FakeIncidents extends Incidents {
  sync(): void;
}

export function fakeIncidents(stored: StoredIncidents, seam = new Seam()): FakeIncidents {
  const cache = new Map(stored.byName);
  const seen = (incident: Incident): Incident => {
    cache.set(incident.name, incident);
    return incident;
  };
  const read = (name: string): Incident | undefined => {
    const incident = stored.byName.get(name);
    if (incident === undefined) cache.delete(name);
    return incident && seen(incident);
  };
  return {
    list: () => [...cache.values()],
    sync() {
      cache.clear();
      for (const [name, incident] of stored.byName) cache.set(name, incident);
    },
    read: (name) => seam.around("read incident", () => read(name)),
    async create(name, spec, status) {
      // Two calls, as the API has it: the status of a custom resource is a resource of its own.
      const made = await seam.around("create incident", () => {
        if (stored.byName.has(name)) return undefined;
        const second = Math.floor(stored.now() / SECOND) * SECOND;
        const raw = {
          metadata: { name, uid: `uid-${name}`, creationTimestamp: new Date(second).toISOString() },
          spec,
        };
        return seen(stored.put(decodeIncident(raw)!));
      });
      if (made === undefined) return { incident: read(name)!, created: false };
      const incident = await seam.around("write first status", () => seen(stored.put(made, { status })));
      return { incident, created: true };
    },
    update: (incident, status) =>
      seam.around("update incident", () => {
        const current = stored.byName.get(incident.name);
        return current?.resourceVersion === incident.resourceVersion
          ? seen(stored.put(current, { status }))
          : undefined;
      }),
    remove: (incident) =>
      seam.around("remove incident", () => {
        stored.byName.delete(incident.name);
        cache.delete(incident.name);
      }),
  };
}

/** The audit log; `broken` makes every record of these stages fail. */
export class StoredAudit {
  readonly entries: AuditEntry[] = [];
  broken: readonly AuditEntry["stage"][] = [];
}

export function fakeAudit(stored: StoredAudit, seam = new Seam()): Audit {
  return {
    append: (entry) =>
      seam.around(`audit ${entry.stage}`, () => {
        if (stored.broken.includes(entry.stage)) throw new MedicError("audit", "no space left on device");
        stored.entries.push(entry);
      }),
  };
}

/** The chat service: it shows a message id once, and can be away. */
export class StoredChat {
  /** Message ids in the order in which they were sent, also those it had. */
  readonly sends: string[] = [];
  readonly shown = new Map<string, EscalationMessage>();
  down: MedicError | undefined;
}

export function fakeChat(stored: StoredChat, seam = new Seam()): Chat {
  return {
    channel: "#builds",
    send: (message) =>
      seam.around("send", () => {
        if (stored.down !== undefined) throw stored.down;
        const duplicate = stored.shown.has(message.messageId);
        stored.sends.push(message.messageId);
        if (!duplicate) stored.shown.set(message.messageId, message);
        return { channel: "#builds", duplicate };
      }),
  };
}

/** Events by what they say. */
export function fakeAnnouncer(said: string[], seam = new Seam()): Announcer {
  return {
    announce: (_, { reason, message }) =>
      seam.around("announce", () => {
        const words = `${reason}: ${message}`;
        if (!said.includes(words)) said.push(words);
      }),
  };
}

export function fakeDecisions(recorded: unknown[], seam = new Seam()): Decisions {
  return {
    record: (_, decision) => seam.around("record decision", () => void recorded.push(decision)),
  };
}

/** Counts what it is told, by name and labels. */
export function countingTelemetry(counts: Map<string, number>): Telemetry {
  const count =
    (name: string) =>
    (...labels: readonly unknown[]): void => {
      const key = [name, ...labels.filter((label) => typeof label === "string")].join(" ");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    };
  return {
    decided: count("decided"),
    acted: count("acted"),
    refused: count("refused"),
    incidentClosed: count("closed"),
    escalated: count("escalated"),
    reconciled: count("reconciled"),
    toolCalled: count("tool"),
    episodeEnded: count("episode"),
  };
}
