import { episodesIn } from "../core/episode-record.ts";
import type { EpisodeRecord } from "../core/episode-record.ts";
import type { Incident } from "../core/incident.ts";
import type { Json } from "../core/json.ts";
import type { ApiDeps, KeptRecords, MessageText } from "./deps.ts";
import { incidentJson } from "./incident-json.ts";
import type { IncidentJson } from "./incident-json.ts";

/** An incident with everything that is kept of it. */
export interface IncidentFile extends IncidentJson {
  /** The messages of its episodes as they were written; absent when there are none. */
  readonly transcript?: readonly Json[];
  /** The same turn by turn, each call with its answer. */
  readonly episodes: readonly EpisodeRecord[];
  readonly audit: KeptRecords["audit"];
  readonly decisions: KeptRecords["decisions"];
  /** The one message as its sink words it, sent or not (`status.escalation` says which). */
  readonly message?: MessageText;
}

export async function incidentFile(
  incident: Incident,
  { deps, raw }: { readonly deps: ApiDeps; readonly raw: boolean },
): Promise<IncidentFile> {
  const { name } = incident;
  const [transcript, kept] = await Promise.all([deps.transcript?.(name), deps.records?.(name)]);
  const message = deps.message?.(incident);
  return {
    ...incidentJson(incident),
    ...(raw && transcript !== undefined ? { transcript } : {}),
    episodes: episodesIn(transcript ?? []),
    audit: kept?.audit ?? [],
    decisions: kept?.decisions ?? [],
    ...(message === undefined ? {} : { message }),
  };
}
