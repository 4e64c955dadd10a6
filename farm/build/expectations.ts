import type { Mode } from "../faults/catalogue.ts";
import type { BuildRecord, MedicRecord } from "./record.ts";
import type { MedicTraffic } from "./audit-writes.ts";

/** What stands in for tier 2: nothing, recorded turns, or the real thing. */
export const MODELS = ["none", "rehearsal", "real"] as const;
export type Model = (typeof MODELS)[number];

/** What a cell of the matrix has to show. */
export interface Expectation {
  /** How the target's client ends; the others pass in every cell. */
  readonly target: "passed" | "environment";
  /** Incidents of the build, and how the one on the target ends. */
  readonly incidents: "none" | "repaired by tier 1" | "repaired by tier 2" | "escalated";
  /** Messages to people. */
  readonly messages: 0 | 1;
  /** Whether the medic may have written to the cluster (asked of the API server's audit log). */
  readonly writes: "none" | "some" | "any";
  /** Whether a model may have been called. */
  readonly modelCalls: boolean;
}

const NOTHING = { incidents: "none", messages: 0, writes: "none", modelCalls: false } as const;
const ESCALATED = { target: "environment", incidents: "escalated", messages: 1 } as const;

/** The contract: design by mode and medic, and for the last two modes by whether there is a tier 2. */
export function expectationOf(mode: Mode, medic: "on" | "off", model: Model): Expectation {
  const withModel = model !== "none";
  if (mode === "none") return { target: "passed", ...NOTHING };
  if (medic === "off") return { target: "environment", ...NOTHING };
  if (mode === "misconfig") {
    return {
      target: "passed",
      incidents: "repaired by tier 1",
      messages: 0,
      writes: "some",
      modelCalls: false,
    };
  }
  if (mode === "chaos-recoverable" && withModel) {
    return {
      target: "passed",
      incidents: "repaired by tier 2",
      messages: 0,
      writes: "some",
      modelCalls: true,
    };
  }
  // Without a model nothing but tier 1 could write, and neither fault is in its playbook.
  return { ...ESCALATED, writes: withModel ? "any" : "none", modelCalls: withModel };
}

/** What a cell showed. */
export interface Observation {
  readonly record: BuildRecord;
  /** Messages counted by a chat that stood by; `undefined` counts what the Incidents say. */
  readonly chatMessages?: number | undefined;
  /** From the audit log; `undefined` where it cannot be read. */
  readonly traffic?: MedicTraffic | undefined;
}

/** Every way in which a cell differs from what is expected of it, one sentence each; empty when it is right. */
export function differencesFrom(expected: Expectation, seen: Observation): string[] {
  const { record } = seen;
  return [
    ...record.problems,
    ...clientDifferences(expected, record),
    ...incidentDifferences(expected, record),
    ...messageDifferences(expected, seen),
    ...writeDifferences(expected, seen),
  ];
}

function clientDifferences(expected: Expectation, record: BuildRecord): string[] {
  const target = record.fault?.target;
  return record.clients.flatMap((client) => {
    const wanted = client.client === target ? expected.target : "passed";
    if (client.outcome === wanted) return [];
    const why = client.why === undefined ? "" : ` (${client.why})`;
    return [
      `client ${client.client}${client.client === target ? ", the target," : ""} should end as ${wanted}, but ended as ${client.outcome}${why}`,
    ];
  });
}

function incidentDifferences(expected: Expectation, record: BuildRecord): string[] {
  const wanted = expected.incidents === "none" ? 0 : 1;
  const count = record.incidents.length;
  const problems: string[] = [];
  if (count !== wanted) problems.push(`${plural(wanted, "incident")} expected, ${count} seen`);
  for (const incident of record.incidents) {
    if (incident.client !== String(record.fault?.target))
      problems.push(`an incident on client ${incident.client}, which had no fault`);
    else if (endOf(incident) !== expected.incidents)
      problems.push(`the incident should be ${expected.incidents}, but is ${endOf(incident)}`);
  }
  const called = record.incidents.some((incident) => incident.turns !== undefined);
  if (called !== expected.modelCalls) problems.push(called ? "a model was called" : "no model was called");
  return problems;
}

function endOf(incident: MedicRecord): string {
  if (incident.phase === "Escalated") return "escalated";
  if (incident.phase === "Resolved" && incident.actions.length > 0)
    return `repaired by tier ${incident.tier}`;
  return incident.phase;
}

function messageDifferences(expected: Expectation, seen: Observation): string[] {
  const counted = messagesOf(seen);
  return counted === expected.messages
    ? []
    : [`${plural(expected.messages, "message")} expected, ${counted} sent`];
}

/** Messages as the chat counted them, else as the Incidents record them. */
export function messagesOf(seen: Observation): number {
  return seen.chatMessages ?? seen.record.incidents.filter((incident) => incident.messageSent).length;
}

function writeDifferences(expected: Expectation, seen: Observation): string[] {
  if (!seen.traffic) return [];
  const { writes, requests } = seen.traffic;
  if (seen.record.medic === "on" && requests === 0)
    return ["the audit log shows no request of the medic at all"];
  const listed = writes.map((write) => `${write.verb} ${write.object}`).join(", ");
  if (expected.writes === "none" && writes.length > 0)
    return [`no write by the medic expected, but: ${listed}`];
  if (expected.writes === "some" && writes.length === 0) return ["the medic wrote nothing"];
  return [];
}

function plural(count: number, noun: string): string {
  return count === 1 ? `one ${noun}` : `${count === 0 ? "no" : count} ${noun}s`;
}
