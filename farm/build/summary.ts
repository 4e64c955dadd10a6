import type { BuildRecord, ClientRecord, MedicRecord } from "./record.ts";
import { formatTable } from "./table.ts";
import { episodeWords, tierTwoName } from "./tier-two.ts";

/** The summary of a build in its parts, for a terminal and for a page. */
export interface SummaryParts {
  readonly title: string;
  /** The first is the header. */
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly verdict: string;
}

/** One row per client, then the fault, what the medic did, and the verdict. */
export function summaryParts(record: BuildRecord): SummaryParts {
  const rows = record.clients.map((client) => [
    clientName(client, record),
    client.deployed ? "yes" : "no",
    client.readyAfterSeconds === undefined ? "never" : `${client.readyAfterSeconds.toFixed(1)} s`,
    tests(client),
    result(client),
    medicColumn(record, client),
  ]);
  const header = ["Client", "Deployed", "Ready after", "Tests", "Result", "Medic"];
  return {
    title: `Build ${record.runId}: mode ${record.mode}, medic ${record.medic}${tierTwo(record)}, ${Math.round(record.seconds)} s`,
    rows: [header, ...rows],
    notes: [
      ...faultLines(record),
      ...record.clients.flatMap(whyLines),
      ...record.incidents.flatMap((incident) => incidentLines(incident, record)),
      ...record.problems.map((problem) => `Trouble: ${problem}`),
    ],
    verdict: verdict(record),
  };
}

interface Places {
  /** Where the record is. */
  readonly record: string;
  /** The medic's state folder, where its episodes are; absent where it is not on this machine. */
  readonly state?: string;
}

/** The summary of a build for people at a terminal. */
export function formatSummary(record: BuildRecord, places: Places): string {
  const { title, rows, notes, verdict } = summaryParts(record);
  const after = [`Record: ${places.record}`, ...episodeLines(record, places)];
  return [title, "", formatTable(rows), "", ...notes, verdict, ...after].join("\n");
}

/** Named at the top as well, for a build on which it was not needed. */
function tierTwo({ model }: BuildRecord): string {
  return model === undefined ? "" : ` with ${tierTwoName(model)}`;
}

function clientName(client: ClientRecord, record: BuildRecord): string {
  return client.client === record.fault?.target ? `${client.client} *` : String(client.client);
}

function tests(client: ClientRecord): string {
  if (client.passed + client.failed === 0) return "not run";
  if (client.failed === 0) return `${client.passed} passed`;
  return `${client.failed} of ${client.passed + client.failed} failed`;
}

function result(client: ClientRecord): string {
  switch (client.outcome) {
    case "passed":
      return "passed";
    case "tests":
      return "FAILED: tests";
    case "environment":
      return "FAILED: environment";
    case "interrupted":
      return "interrupted";
  }
}

function medicColumn(record: BuildRecord, client: ClientRecord): string {
  if (record.medic === "off") return "off";
  const mine = record.incidents.filter((incident) => incident.client === String(client.client));
  return mine.length === 0 ? "nothing to do" : mine.map((incident) => medicWord(incident, record)).join("; ");
}

function medicWord(incident: MedicRecord, { model }: BuildRecord): string {
  const by = incident.turns === undefined ? "" : `, ${tierTwoName(model)}`;
  if (incident.escalated) return `escalated${by === "" ? "" : ` (tier 2${by})`}: ${incident.reason}`;
  if (incident.phase === "Resolved") return `repaired (tier ${incident.tier}${by}): ${incident.reason}`;
  return `${incident.phase}: ${incident.reason}`;
}

function faultLines(record: BuildRecord): string[] {
  const seed = `seed ${record.seed}`;
  if (!record.fault) return [`Fault: none (${seed})`];
  const { name, target, detail, injected } = record.fault;
  const what = injected ? detail : `could not be put in place: ${detail}`;
  return [`Fault: ${name} on client ${target} *: ${what} (${seed})`];
}

function whyLines(client: ClientRecord): string[] {
  return client.why === undefined ? [] : [`Client ${client.client}: ${client.why}`];
}

function incidentLines(incident: MedicRecord, { model }: BuildRecord): string[] {
  const did = incident.actions.length > 0 ? incident.actions.join(", then ") : "no action";
  const cost = episodeWords(incident, model) ?? "no model call";
  return [`Medic on client ${incident.client}: ${incident.rootCause} It did: ${did}; ${cost}.`];
}

/** How to read what a model did, where the medic is ours and the transcript therefore on this machine. */
function episodeLines({ incidents, model }: BuildRecord, { state }: Places): string[] {
  if (state === undefined || model === undefined) return [];
  return incidents
    .filter(({ turns }) => turns !== undefined)
    .map(({ incident }) => `Episode: npx build-medic episode show ${incident} --state-dir ${state}`);
}

function verdict(record: BuildRecord): string {
  const failed = record.clients.filter((client) => client.outcome !== "passed").length;
  if (record.passed) return `PASSED: all ${record.clients.length} clients`;
  if (failed === 0) return "FAILED: the build could not be carried out as asked";
  return `FAILED: ${failed} of ${record.clients.length} clients`;
}
