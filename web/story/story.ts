import type { IncidentFile } from "../../src/api/incident-file.ts";
import type { RecordedDecision } from "../../src/core/recorded-decision.ts";
import type { EpisodeRecord as EpisodeText } from "../../src/core/episode-record.ts";
import type { EpisodeRecord, Phase } from "../../src/core/incident.ts";

type Status = IncidentFile["status"];
export type AttemptJson = Status["attempts"][number];
export type FindingJson = Status["findings"][number];

/** One thing that happened in an incident. `at`: epoch milliseconds, where it is known. */
export type StoryEntry = { readonly at: number | undefined } & (
  | { readonly kind: "detected"; readonly findings: readonly FindingJson[] }
  | { readonly kind: "decided"; readonly decision: RecordedDecision }
  | { readonly kind: "attempt"; readonly attempt: AttemptJson; readonly why: string }
  | {
      readonly kind: "episode";
      /** What the Incident says of it. */
      readonly record: EpisodeRecord | undefined;
      /** What its transcript tells, where this medic keeps it. */
      readonly text: EpisodeText | undefined;
    }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "message" }
);

/** In what order things of the same instant are told. */
const order: Readonly<Record<StoryEntry["kind"], number>> = {
  detected: 0,
  decided: 1,
  episode: 2,
  attempt: 3,
  phase: 4,
  message: 5,
};

/** An incident from its detection to its end, in the order in which it happened. */
export function storyOf(file: IncidentFile): StoryEntry[] {
  const { status } = file;
  const detected = timeOf(status.times.Detected ?? file.createdAt) ?? 0;
  const entries: StoryEntry[] = [
    {
      kind: "detected",
      at: detected,
      findings: status.findings,
    },
    ...file.decisions.map((decision): StoryEntry => ({
      kind: "decided",
      // The snapshot that an incident is made for is a little older than the incident.
      at: decision.at === undefined ? undefined : Math.max(decision.at, detected),
      decision,
    })),
    ...status.attempts.map((attempt): StoryEntry => ({
      kind: "attempt",
      at: timeOf(attempt.at),
      attempt,
      why: whyOf(attempt, file.audit),
    })),
    ...episodeEntries(file),
    ...(["Verifying", "Resolved", "Escalated", "Gone"] as const)
      .filter((phase) => status.times[phase] !== undefined)
      .map((phase): StoryEntry => ({ kind: "phase", at: timeOf(status.times[phase]), phase })),
    ...(status.escalation === undefined
      ? []
      : [
          {
            kind: "message" as const,
            at: timeOf(status.escalation.sentAt) ?? timeOf(status.times.Escalated),
          },
        ]),
  ];
  return entries.sort(
    (left, right) => (left.at ?? Infinity) - (right.at ?? Infinity) || order[left.kind] - order[right.kind],
  );
}

/** The Incident knows the last episode only; an earlier one is in the transcript alone. */
function episodeEntries({ status, episodes }: IncidentFile): StoryEntry[] {
  const told = episodes.map((text, at): StoryEntry => {
    const record = at === episodes.length - 1 ? status.episode : undefined;
    return { kind: "episode", at: record?.startedAt ?? timeOf(text.times[0]), record, text };
  });
  if (told.length > 0 || status.episode === undefined) return told;
  const { startedAt, endedAt } = status.episode;
  return [{ kind: "episode", at: startedAt ?? endedAt, record: status.episode, text: undefined }];
}

/** Why it was allowed or refused, from the audit record of the same moment. */
function whyOf(attempt: AttemptJson, audit: IncidentFile["audit"]): string {
  const at = Date.parse(attempt.at);
  const [record] = audit
    .flatMap((record) => auditRow(record) ?? [])
    .filter(({ actor, stage, at: time }) => actor === attempt.by && stage !== "outcome" && near(time, at))
    .toSorted((left, right) => Math.abs(left.at - at) - Math.abs(right.at - at));
  return record?.why ?? "";
}

function near(left: number, right: number): boolean {
  return Math.abs(left - right) < 5000;
}

/** An audit record as the page reads it. */
export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly stage: string;
  readonly allowed: boolean;
  readonly why: string;
  readonly result: string;
  readonly record: unknown;
}

export function auditRow(record: unknown): AuditRow | undefined {
  if (typeof record !== "object" || record === null) return undefined;
  const { seq, time, actor, action, stage, decision, result } = record as Record<string, unknown>;
  const { allowed, why } = (decision ?? {}) as Record<string, unknown>;
  return {
    seq: Number(seq),
    at: Date.parse(text(time)),
    actor: text(actor),
    action: text(action),
    stage: text(stage),
    allowed: allowed === true,
    why: text(why),
    result: text(result),
    record,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function timeOf(stamp: string | undefined): number | undefined {
  const at = Date.parse(stamp ?? "");
  return Number.isNaN(at) ? undefined : at;
}
