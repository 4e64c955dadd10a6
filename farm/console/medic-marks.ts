import { isClosed } from "../../src/core/incident.ts";
import type { Attempt, Incident, IncidentStatus } from "../../src/core/incident.ts";
import { defined } from "./defined.ts";
import type { EpisodeTurn } from "./episode-turns.ts";
import type { EpisodeView, IncidentView, MedicMark } from "./view.ts";

export interface IncidentContext {
  /** The episode's turns so far, as its transcript has them. */
  readonly turns: readonly EpisodeTurn[];
  /** Address of the medic's dashboard. */
  readonly dashboard: string | undefined;
}

/** An incident as the page shows it: what the medic did on the build's time line. */
export function incidentView(incident: Incident, context: IncidentContext): IncidentView {
  const { name, spec, status } = incident;
  const { dashboard } = context;
  return defined({
    name,
    client: spec.client,
    phase: status.phase,
    tier: status.tier,
    reason: status.reason,
    rootCause: status.rootCause,
    marks: marksOf(incident, context.turns),
    episode: status.episode && episodeView(status.episode, context.turns),
    messageSent: status.escalation?.sentAt !== undefined,
    storyUrl: dashboard === undefined ? undefined : storyUrl(dashboard, name),
  });
}

/** The page of one incident on the medic's dashboard. */
function storyUrl(dashboard: string, incident: string): string {
  return `${dashboard}/#/incidents/${encodeURIComponent(incident)}`;
}

function marksOf({ status, createdAt }: Incident, turns: readonly EpisodeTurn[]): MedicMark[] {
  const { times, reason } = status;
  const at = (phase: keyof typeof times, mark: Omit<MedicMark, "at">): MedicMark[] => {
    const time = times[phase];
    return time === undefined ? [] : [{ ...mark, at: time }];
  };
  const marks: MedicMark[] = [
    { kind: "detected", at: times.Detected ?? createdAt, words: `found ${reason}` },
    ...status.attempts.map(attemptMark),
    ...episodeMarks(status),
    ...turns.map(turnMark),
    ...at("Verifying", { kind: "verifying", words: "waits for the stack to stay ready" }),
    ...at("Resolved", { kind: "resolved", words: resolvedWords(status) }),
    ...at("Escalated", { kind: "escalated", words: escalatedWords(status) }),
    ...at("Gone", { kind: "gone", words: "the stack went away" }),
  ];
  return marks.sort((left, right) => left.at - right.at);
}

function attemptMark({ action, target, outcome, by, at }: Attempt): MedicMark {
  const who = by === "agent" ? "the model asked for" : "the playbook did";
  const end = outcome === "applied" ? "" : `: ${outcome}`;
  return { kind: "acted", at, words: `${who} ${action} on ${target}${end}` };
}

function episodeMarks({ episode, times, phase }: IncidentStatus): MedicMark[] {
  const from = episode?.startedAt ?? times.Investigating;
  if (episode === undefined || from === undefined) return [];
  const to = episode.endedAt ?? (isClosed(phase) ? from : undefined);
  return [
    {
      kind: "episode",
      at: from,
      ...(to === undefined ? {} : { to }),
      words: `episode with ${episode.model}`,
    },
  ];
}

function turnMark({ at, tools }: EpisodeTurn, index: number): MedicMark {
  const what = tools.length === 0 ? "its last word" : tools.join(", ");
  return { kind: "turn", at, words: `turn ${index + 1}: ${what}` };
}

function resolvedWords({ attempts }: IncidentStatus): string {
  const applied = attempts.some(({ outcome }) => outcome === "applied" || outcome === "already");
  return applied ? "repaired: the stack is ready" : "ready again without a repair";
}

function escalatedWords({ escalation }: IncidentStatus): string {
  return escalation?.sentAt === undefined ? "people are being told" : "people were told, once";
}

function episodeView(
  episode: NonNullable<IncidentStatus["episode"]>,
  turns: readonly EpisodeTurn[],
): EpisodeView {
  const { model, tokens, costUsd, outcome, tools } = episode;
  // The Incident learns of its turns when the episode is over.
  return { model, turns: Math.max(episode.turns, turns.length), tokens, costUsd, outcome, tools };
}
