import { IncidentResource } from "../../src/core/contract.ts";
import { isClosed } from "../../src/core/incident.ts";
import type { Attempt, Incident } from "../../src/core/incident.ts";
import { decodeIncident } from "../../src/kube/incident-codec.ts";
import type { Kube } from "./kube.ts";
import type { MedicRecord } from "./record.ts";
import { poll } from "./sleep.ts";

const RESOURCE = `${IncidentResource.plural}.${IncidentResource.group}`;

/** The incidents of one build, in every namespace that a medic may keep them in; none when the CRD is not there. */
async function readIncidents(kube: Kube, namespace: string): Promise<Incident[]> {
  const crd = await kube.ask("look for Incidents", [
    "get",
    "crd",
    RESOURCE,
    "--ignore-not-found",
    "-o",
    "name",
  ]);
  if (crd.trim() === "") return [];
  const list = await kube.get<{ items: unknown[] }>("list the Incidents", [RESOURCE, "--all-namespaces"]);
  const incidents = list.items.map(decodeIncident).filter((incident) => incident !== undefined);
  return incidents.filter((incident) => incident.spec.namespace === namespace);
}

/**
 * Reads the incidents once the medic has finished with them: closed, and the message out where there is one. After
 * `limitMs` as they are.
 */
export async function settledIncidents(kube: Kube, namespace: string, limitMs: number): Promise<Incident[]> {
  let latest: Incident[] = [];
  await poll(
    async () => {
      latest = await readIncidents(kube, namespace);
      return latest.every(isSettled) ? true : undefined;
    },
    { everyMs: 1000, forMs: limitMs },
  );
  return latest;
}

function isSettled(incident: Incident): boolean {
  const { phase, escalation } = incident.status;
  return isClosed(phase) && (escalation === undefined || escalation.sentAt !== undefined);
}

/** What the medic did, in the words of its own Incident. */
export function medicRecord(incident: Incident): MedicRecord {
  const { spec, status } = incident;
  return {
    incident: incident.name,
    client: spec.client,
    phase: status.phase,
    tier: status.tier,
    reason: status.reason,
    rootCause: status.rootCause,
    actions: status.attempts.filter(tookEffect).map((attempt) => `${attempt.action} ${attempt.target}`),
    ...(status.episode ? { costUsd: status.episode.costUsd, turns: status.episode.turns } : {}),
    escalated: status.phase === "Escalated",
    messageSent: status.escalation?.sentAt !== undefined,
  };
}

function tookEffect(attempt: Attempt): boolean {
  return attempt.outcome === "applied" || attempt.outcome === "already";
}
