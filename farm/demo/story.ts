import type { BuildRecord, ClientRecord, MedicRecord } from "../build/record.ts";
import { episodeWords } from "../build/tier-two.ts";

/** What happened in a build, told client by client. */
export function tellStory(record: BuildRecord): string {
  const lines = record.clients.map((client) => `  client ${client.client}: ${tellClient(client, record)}`);
  return [...lines, ...record.problems.map((problem) => `  trouble: ${problem}`), `  ${ending(record)}`].join(
    "\n",
  );
}

function tellClient(client: ClientRecord, record: BuildRecord): string {
  const fault =
    record.fault?.target === client.client ? `its stack got a fault (${record.fault.detail}); ` : "";
  const medic = record.incidents
    .filter((incident) => incident.client === String(client.client))
    .map((incident) => `${tellIncident(incident, record)}; `)
    .join("");
  return `${fault}${medic}${tellEnd(client)}`;
}

function tellIncident(incident: MedicRecord, { model }: BuildRecord): string {
  const episode = episodeWords(incident, model);
  if (incident.phase === "Escalated") {
    const after = episode === undefined ? "" : ` after ${episode}`;
    return `the medic found ${incident.reason} and called people once${after}`;
  }
  const did = incident.actions.length > 0 ? ` (${incident.actions.join(", then ")})` : "";
  const cost = episode === undefined ? "without a model" : `in ${episode}`;
  return `the medic found ${incident.reason} and repaired it ${cost}${did}`;
}

function tellEnd(client: ClientRecord): string {
  const ready =
    client.readyAfterSeconds === undefined ? "" : `ready after ${client.readyAfterSeconds.toFixed(0)} s, `;
  switch (client.outcome) {
    case "passed":
      return `${ready}its ${client.passed} tests passed`;
    case "tests":
      return `${ready}${client.why ?? "its tests failed"}`;
    case "environment":
    case "interrupted":
      return client.why ?? "it did not come up";
  }
}

function ending(record: BuildRecord): string {
  const failed = record.clients.filter((client) => client.outcome !== "passed").length;
  const verdict = record.passed
    ? "the build is green"
    : `the build is red because of ${failed} of its ${record.clients.length} clients`;
  return `So ${verdict}, after ${Math.round(record.seconds)} s.`;
}
