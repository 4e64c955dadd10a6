import type { EscalationMessage } from "./escalation.ts";
import type { Attempt, Incident } from "./incident.ts";
import { redact } from "./redact.ts";
import type { KubeEvent } from "./snapshot.ts";

const EVENTS_TOLD = 8;

/** The message of an escalated incident, masked. Everything comes from the Incident, so any replica can send it. */
export function escalationMessage(incident: Incident, messageId: string): EscalationMessage {
  const { spec, status } = incident;
  const { evidence, nextStep } = status.episode?.conclusion ?? {};
  const buildUrl = spec.buildUrl === undefined ? {} : { buildUrl: redact(spec.buildUrl) };
  return {
    messageId,
    incident: incident.name,
    runId: spec.runId,
    namespace: spec.namespace,
    client: spec.client,
    stack: spec.pod === "" ? spec.statefulSet : `${spec.statefulSet} (pod ${spec.pod})`,
    reason: status.reason,
    rootCause: redact(status.rootCause),
    ...(evidence === undefined ? {} : { evidence: redact(evidence) }),
    ...(nextStep === undefined ? {} : { suggestion: redact(nextStep) }),
    events: (status.escalation?.events ?? []).map((line) => redact(line)),
    attempts: status.attempts.map((attempt) => redact(attemptLine(attempt))),
    costUsd: status.episode?.costUsd ?? 0,
    ...buildUrl,
  };
}

function attemptLine({ action, target, by, outcome, detail }: Attempt): string {
  return `${action} on ${target} by the ${by}: ${outcome}${detail === "" ? "" : ` (${detail})`}`;
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
