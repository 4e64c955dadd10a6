import { eventLines } from "../core/escalation-message.ts";
import type { Incident, IncidentStatus } from "../core/incident.ts";
import { messageIdOf } from "../core/message-id.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Call } from "./ports.ts";
import type { StackDeps } from "./stack-controller.ts";

/** How long one storm's message stands for further stacks with the same symptom. */
const COOL_DOWN_MS = 30 * 60_000;
/** In an incident's spec: not one stack but the farm. */
const FARM = "*";

/** The farm's incident for this symptom, made when there is none; its one message speaks for every stack in it. */
export async function joinStorm(
  deps: Pick<StackDeps, "incidents" | "incidentLog" | "clock" | "telemetry">,
  snapshot: Snapshot,
  { incident, symptom }: { incident: Incident; symptom: string },
  call: Call,
): Promise<Incident> {
  const now = deps.clock.now();
  const running = deps.incidents
    .list()
    .find(
      ({ spec, createdAt }) =>
        spec.client === FARM && spec.statefulSet === symptom && now - createdAt < COOL_DOWN_MS,
    );
  const name = running?.name ?? `storm-${symptom.toLowerCase()}-${Math.floor(now / COOL_DOWN_MS)}`;
  const stacks = 1 + (snapshot.farm.stacksBySymptom[symptom] ?? 0);
  const status: IncidentStatus = {
    phase: "Escalated",
    tier: 1,
    reason: "Storm",
    rootCause: `${stacks} of ${snapshot.farm.stacks} watched stacks have ${symptom} at once, so the trouble is the farm's and nothing was done to any of them. First seen here: ${incident.status.rootCause}`,
    findings: incident.status.findings,
    attempts: [],
    escalation: { messageId: messageIdOf(name, ""), events: eventLines(snapshot.events) },
    times: { Detected: now, Escalated: now },
  };
  const { runId = "" } = snapshot.namespace;
  const spec = { namespace: FARM, client: FARM, runId, statefulSet: symptom, statefulSetUid: "", pod: "" };
  const storm = running ?? (await begin(deps, { name, spec, status }, call));
  if (storm.status.phase === "Escalated") return storm;
  // Whoever made it died before its status was written.
  const told = await deps.incidentLog.change(
    name,
    (known) => (known.phase === "Escalated" ? known : status),
    call,
  );
  return told ?? storm;
}

async function begin(
  { incidents, telemetry }: Pick<StackDeps, "incidents" | "telemetry">,
  { name, spec, status }: Pick<Incident, "name" | "spec" | "status">,
  call: Call,
): Promise<Incident> {
  const { incident, created } = await incidents.create(name, spec, status, call);
  if (created) telemetry.incidentClosed(status.phase, status.reason, status.tier, 0);
  return incident;
}
