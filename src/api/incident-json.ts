import type { Finding } from "../core/finding.ts";
import type { Attempt, EscalationRecord, Incident, IncidentStatus } from "../core/incident.ts";

type Stamped<T, Time extends keyof T> = {
  readonly [K in keyof T]: K extends Time ? string : T[K];
};

/** An incident as the API shows it: like the custom resource, times in RFC 3339 (those of its episode in epoch milliseconds). */
export interface IncidentJson {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: string;
  readonly spec: Incident["spec"];
  readonly status: Omit<IncidentStatus, "findings" | "attempts" | "escalation" | "readySince" | "times"> & {
    readonly findings: readonly Stamped<Finding, "since" | "patienceUntil">[];
    readonly attempts: readonly Stamped<Attempt, "at">[];
    readonly escalation?: Stamped<EscalationRecord, "sentAt">;
    readonly readySince?: string;
    readonly times: Partial<Readonly<Record<IncidentStatus["phase"], string>>>;
  };
}

export function incidentJson({ name, uid, createdAt, spec, status }: Incident): IncidentJson {
  const { findings, attempts, escalation, readySince, times, ...rest } = status;
  return {
    name,
    uid,
    createdAt: stamp(createdAt),
    spec,
    status: {
      ...rest,
      findings: findings.map(({ since, patienceUntil, ...finding }) => ({
        ...finding,
        since: stamp(since),
        ...(patienceUntil === undefined ? {} : { patienceUntil: stamp(patienceUntil) }),
      })),
      attempts: attempts.map((attempt) => ({ ...attempt, at: stamp(attempt.at) })),
      ...(escalation === undefined ? {} : { escalation: escalationJson(escalation) }),
      ...(readySince === undefined ? {} : { readySince: stamp(readySince) }),
      times: Object.fromEntries(Object.entries(times).map(([phase, at]) => [phase, stamp(at)])),
    },
  };
}

function escalationJson({ sentAt, ...rest }: EscalationRecord): Stamped<EscalationRecord, "sentAt"> {
  return { ...rest, ...(sentAt === undefined ? {} : { sentAt: stamp(sentAt) }) };
}

export function stamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** Newest first. */
export function newestFirst(incidents: readonly Incident[]): Incident[] {
  return [...incidents].sort(
    (left, right) => right.createdAt - left.createdAt || left.name.localeCompare(right.name),
  );
}
