import type { Incident } from "../core/incident.ts";

/** An incident as the API shows it: like the custom resource, times in RFC 3339. */
export function incidentJson({ name, uid, createdAt, spec, status }: Incident): object {
  const { findings, attempts, escalation, readySince, times, ...rest } = status;
  return {
    name,
    uid,
    createdAt: stamp(createdAt),
    spec,
    status: {
      ...rest,
      findings: findings.map((finding) => ({
        ...finding,
        since: stamp(finding.since),
        patienceUntil: stamp(finding.patienceUntil),
      })),
      attempts: attempts.map((attempt) => ({ ...attempt, at: stamp(attempt.at) })),
      escalation: escalation && { ...escalation, sentAt: stamp(escalation.sentAt) },
      readySince: stamp(readySince),
      times: Object.fromEntries(Object.entries(times).map(([phase, at]) => [phase, stamp(at)])),
    },
  };
}

function stamp(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** Newest first. */
export function newestFirst(incidents: readonly Incident[]): Incident[] {
  return [...incidents].sort(
    (left, right) => right.createdAt - left.createdAt || left.name.localeCompare(right.name),
  );
}
