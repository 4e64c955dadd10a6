import type { Accounts, EscalationMessage } from "./escalation.ts";
import type { EpisodeRecord, Incident, IncidentStatus } from "./incident.ts";
import { accountOf, OWN_FINDING } from "./investigation.ts";
import { redact } from "./redact.ts";
import type { KubeEvent } from "./snapshot.ts";

const EVENTS_TOLD = 8;

/** The message of an escalated incident, masked. Everything comes from the Incident, so any replica can send it. */
export function escalationMessage(incident: Incident, messageId: string): EscalationMessage {
  const { spec, status } = incident;
  return {
    messageId,
    incident: incident.name,
    runId: spec.runId,
    namespace: spec.namespace,
    client: spec.client,
    stack: spec.pod === "" ? spec.statefulSet : `${spec.statefulSet} (pod ${spec.pod})`,
    pod: spec.pod,
    reason: status.reason,
    rootCause: redact(status.rootCause),
    ...toldByModel(status),
    events: (status.escalation?.events ?? []).map((line) => redact(line)),
    attempts: status.attempts.map((attempt) => ({ ...attempt, detail: redact(attempt.detail) })),
    costUsd: status.episode?.costUsd ?? 0,
    ...(spec.buildUrl === undefined ? {} : { buildUrl: redact(spec.buildUrl) }),
  };
}

/** What a model has to do with it, where one was asked. */
function toldByModel(
  status: IncidentStatus,
): Pick<EscalationMessage, "accounts" | "evidence" | "suggestion" | "episode"> {
  const { evidence, nextStep } = status.episode?.conclusion ?? {};
  const accounts = accountsOf(status);
  const episode = askedOf(status.episode);
  return {
    ...(accounts === undefined ? {} : { accounts }),
    ...(evidence === undefined ? {} : { evidence: redact(evidence) }),
    ...(nextStep === undefined ? {} : { suggestion: redact(nextStep) }),
    ...(episode === undefined ? {} : { episode }),
  };
}

/** By its length and not by its words: either side may quote the other's. */
function accountsOf({ rootCause, episode }: IncidentStatus): Accounts | undefined {
  if (episode?.conclusion === undefined) return undefined;
  const account = accountOf(episode.conclusion);
  const joint = `${account} ${OWN_FINDING}`;
  return rootCause.startsWith(joint)
    ? { model: redact(account), medic: redact(rootCause.slice(joint.length)) }
    : undefined;
}

/** An episode that never began asked nobody. */
function askedOf(episode: EpisodeRecord | undefined): EscalationMessage["episode"] {
  if (episode === undefined || episode.turns === 0) return undefined;
  return { model: episode.model, turns: episode.turns };
}

/** The newest events as lines for people, oldest first; the same message twice is told once, with its count. */
export function eventLines(events: readonly KubeEvent[]): readonly string[] {
  const lines = new Map<string, { count: number; at: number }>();
  for (const event of events) {
    const line = `${event.kind}/${event.name} ${event.reason}: ${cut(event.message)}`;
    const known = lines.get(line);
    lines.set(line, { count: (known?.count ?? 0) + event.count, at: Math.max(known?.at ?? 0, event.at) });
  }
  return [...lines]
    .toSorted(([, left], [, right]) => left.at - right.at)
    .slice(-EVENTS_TOLD)
    .map(([line, { count }]) => redact(count > 1 ? `${line} (${count} times)` : line));
}

function cut(message: string): string {
  const flat = message.replaceAll(/\s+/g, " ").trim();
  return flat.length > 240 ? `${flat.slice(0, 237)}...` : flat;
}
