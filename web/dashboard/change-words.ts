import type { IncidentJson } from "../../src/api/incident-json.ts";

/** What a change comes to for whoever listens; `undefined` when it is not worth a word. */
export function changeWords(incident: IncidentJson, before: IncidentJson | undefined): string | undefined {
  const { phase, reason } = incident.status;
  if (before?.status.phase === phase) return undefined;
  const what = before === undefined ? `New incident, ${reason}` : `${reason} is now ${phase}`;
  return `${what}: ${stackName(incident.spec)}.`;
}

/** An incident's stack for people. A storm's is the farm. */
function stackName({ namespace, client, runId, statefulSet }: IncidentJson["spec"]): string {
  if (client === "*") return "the whole farm";
  const build = runId === "" ? namespace : `build ${runId}`;
  return `${statefulSet || `client ${client}`}, ${build}`;
}
