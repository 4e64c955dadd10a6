import type { Finding } from "../core/finding.ts";
import type { Attempt, Incident, IncidentSpec, IncidentStatus, Phase } from "../core/incident.ts";
import { isClosed } from "../core/incident.ts";
import type { Snapshot, StatefulSetState } from "../core/snapshot.ts";
import { MedicError } from "../lib/medic-error.ts";
import type { Call, Clock, Incidents, Telemetry } from "./ports.ts";

/** What a new or changed incident says. */
export interface Account {
  readonly phase: Phase;
  readonly reason: string;
  readonly rootCause: string;
  readonly findings: readonly Finding[];
}

export interface IncidentLog {
  /** The incident of this outage, made when there is none; its phase and account as given. */
  open(snapshot: Snapshot, account: Account, call: Call): Promise<Incident>;
  /** Changes the status; the change is computed again when the incident changed meanwhile. Returns what is stored. */
  change(
    name: string,
    change: (status: IncidentStatus) => IncidentStatus,
    call: Call,
  ): Promise<Incident | undefined>;
}

/** Incidents are the medic's memory: everything that decides the future is written there before it is acted on. */
export function createIncidentLog(deps: {
  incidents: Incidents;
  clock: Clock;
  telemetry: Telemetry;
}): IncidentLog {
  const { incidents, clock, telemetry } = deps;

  async function change(
    name: string,
    next: (status: IncidentStatus) => IncidentStatus,
    call: Call,
  ): Promise<Incident | undefined> {
    let incident = incidents.list().find((candidate) => candidate.name === name);
    for (let round = 0; round < 5; round += 1) {
      incident ??= await incidents.read(name, call);
      if (incident === undefined) return undefined;
      const status = next(incident.status);
      if (status === incident.status) return incident;
      const stored = await incidents.update(incident, status, call);
      if (stored !== undefined) {
        if (isClosed(status.phase) && !isClosed(incident.status.phase)) closed(stored);
        return stored;
      }
      incident = undefined;
    }
    throw new MedicError(
      "incident-contended",
      `update Incident ${name}: it kept changing; will be tried again`,
    );
  }

  function closed({ status }: Incident): void {
    const seconds = (clock.now() - (status.times.Detected ?? clock.now())) / 1000;
    telemetry.incidentClosed(status.phase, status.reason, status.tier, seconds);
  }

  return {
    change,
    async open(snapshot, account, call) {
      const there = openIncident(snapshot, incidents.list());
      if (there !== undefined) {
        const changed = await change(
          there,
          (status) => (isClosed(status.phase) ? status : entered(status, account, clock.now())),
          call,
        );
        if (changed !== undefined) return changed;
      }
      const anchor = anchorOf(snapshot);
      const name = incidentName(snapshot, anchor, incidents.list());
      const first: IncidentStatus = {
        phase: "Detected",
        tier: 1,
        reason: account.reason,
        rootCause: "",
        findings: [],
        attempts: [],
        times: { Detected: clock.now() },
      };
      const spec = specOf(snapshot, anchor, account.findings);
      const { incident } = await incidents.create(name, spec, entered(first, account, clock.now()), call);
      if (isClosed(incident.status.phase) && isClosed(account.phase)) closed(incident);
      return incident;
    },
  };
}

/** The status in a phase, with the time it was first entered. Only Verifying remembers since when the stack is ready. */
export function entered(
  status: IncidentStatus,
  account: Partial<Account> & { phase: Phase },
  at: number,
): IncidentStatus {
  const times = { ...status.times, [account.phase]: status.times[account.phase] ?? at };
  const { readySince, ...rest } = status;
  const held = account.phase === "Verifying" && readySince !== undefined ? { readySince } : {};
  return { ...rest, ...held, ...account, times };
}

/** The status with one more attempt, or with the same pending attempt completed. */
export function withAttempt(status: IncidentStatus, attempt: Attempt): IncidentStatus {
  const begun = status.attempts.findIndex(
    (candidate) =>
      candidate.outcome === "pending" &&
      candidate.action === attempt.action &&
      candidate.target === attempt.target,
  );
  const attempts = begun < 0 ? [...status.attempts, attempt] : status.attempts.with(begun, attempt);
  return { ...status, attempts };
}

/** The StatefulSet that gives the stack its identity: the server's, else the first by name. */
function anchorOf(snapshot: Snapshot): StatefulSetState {
  const sets = snapshot.statefulSets.toSorted((left, right) => left.name.localeCompare(right.name));
  const anchor = sets.find(({ role }) => role === "server") ?? sets[0];
  if (anchor === undefined) throw new Error("a stack without StatefulSets has no incident");
  return anchor;
}

/**
 * Deterministic: stack, its present incarnation, and the number of this outage. Creating it is the lock. The number is one
 * more than the highest there is, for old incidents are removed and a name that is taken would open a closed one.
 */
function incidentName(snapshot: Snapshot, anchor: StatefulSetState, known: readonly Incident[]): string {
  const numbers = numbered(snapshot, known).map(({ number }) => number);
  const client = snapshot.client
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const parts = [
    snapshot.namespace.name,
    client,
    anchor.uid.slice(0, 8),
    String(Math.max(0, ...numbers) + 1),
  ];
  return parts.filter((part) => part !== "").join("-");
}

/** The incident of this outage; also one that the snapshot does not know yet, made by a call whose answer was lost. */
function openIncident(snapshot: Snapshot, known: readonly Incident[]): string | undefined {
  const { incident } = snapshot;
  if (incident !== undefined && !isClosed(incident.status.phase)) return incident.name;
  return numbered(snapshot, known)
    .filter(({ status }) => !isClosed(status.phase))
    .toSorted((left, right) => left.number - right.number)
    .at(-1)?.name;
}

/** The incidents of the stack in its present incarnation, each with the number of its outage. */
function numbered(
  snapshot: Snapshot,
  known: readonly Incident[],
): readonly (Pick<Incident, "name" | "status"> & { readonly number: number })[] {
  const uids = new Set(snapshot.statefulSets.map(({ uid }) => uid));
  return known
    .filter(({ spec }) => uids.has(spec.statefulSetUid) && spec.client === snapshot.client)
    .map(({ name, status }) => ({ name, status, number: Number(/-(\d+)$/.exec(name)?.[1] ?? 0) }))
    .filter(({ number }) => number > 0);
}

function specOf(snapshot: Snapshot, anchor: StatefulSetState, findings: readonly Finding[]): IncidentSpec {
  const [kind, name] = (findings[0]?.subject ?? "").split("/");
  const named = snapshot.pods.find((pod) => kind === "Pod" && pod.name === name);
  const set =
    snapshot.statefulSets.find(
      (candidate) =>
        candidate.uid === named?.statefulSetUid || (kind === "StatefulSet" && candidate.name === name),
    ) ?? anchor;
  const pod = named ?? snapshot.pods.find(({ statefulSetUid }) => statefulSetUid === set.uid);
  const { runId = "", buildUrl } = snapshot.namespace;
  return {
    namespace: snapshot.namespace.name,
    client: snapshot.client,
    runId,
    statefulSet: set.name,
    statefulSetUid: set.uid,
    pod: pod?.name ?? "",
    ...(buildUrl === undefined ? {} : { buildUrl }),
  };
}
