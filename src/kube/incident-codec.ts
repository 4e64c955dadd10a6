import type { Finding, FindingClass, Reason } from "../core/finding.ts";
import { Reasons } from "../core/finding.ts";
import { Phases } from "../core/incident.ts";
import type {
  Attempt,
  Conclusion,
  EpisodeRecord,
  EscalationRecord,
  Incident,
  IncidentSpec,
  IncidentStatus,
  Phase,
} from "../core/incident.ts";
import { isJsonObject } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";

/**
 * Incidents as the API server stores them: times as RFC 3339 with milliseconds. Reading never throws and fails safe:
 *
 * - no status at all is what a crash between creating an Incident and writing its status leaves: nothing was tried yet,
 *   it reads as Detected;
 * - a status whose phase, tier, attempts or escalation cannot be read (edited by hand, written by another version) reads
 *   as Escalated: the medic does not act on that stack again, and since nothing says that the message was sent, a person
 *   still hears of it. A `sentAt` in any form counts as sent, so there is no second message;
 * - anything else that is missing or garbled is left out.
 */
export function decodeIncident(raw: unknown): Incident | undefined {
  const { metadata, spec, status } = object(raw);
  const meta = object(metadata);
  const name = text(meta["name"]);
  if (name === "") return undefined;
  const createdAt = time(meta["creationTimestamp"]) ?? 0;
  return {
    name,
    uid: text(meta["uid"]),
    resourceVersion: text(meta["resourceVersion"]),
    createdAt,
    spec: decodeSpec(object(spec)),
    status: decodeStatus(status, createdAt),
  };
}

/** Characters; the API server refuses a longer one, and with it the Incident. */
export const longestUrl = 2048;

/** A link that is too long is left out. */
export function encodeSpec({ buildUrl, ...spec }: IncidentSpec): JsonObject {
  return { ...spec, ...(buildUrl === undefined || buildUrl.length > longestUrl ? {} : { buildUrl }) };
}

export function encodeStatus(status: IncidentStatus): JsonObject {
  const { findings, attempts, episode, escalation, readySince, times, ...plain } = status;
  return {
    ...plain,
    findings: findings.map(({ since, patienceUntil, ...finding }) => ({
      ...finding,
      since: stamp(since),
      ...(patienceUntil === undefined ? {} : { patienceUntil: stamp(patienceUntil) }),
    })),
    attempts: attempts.map(({ at, ...attempt }) => ({ ...attempt, at: stamp(at) })),
    ...(episode === undefined ? {} : { episode: encodeEpisode(episode) }),
    ...(escalation === undefined ? {} : { escalation: encodeEscalation(escalation) }),
    ...(readySince === undefined ? {} : { readySince: stamp(readySince) }),
    times: Object.fromEntries(Object.entries(times).map(([phase, at]) => [phase, stamp(at)])),
  };
}

function encodeEpisode({ startedAt, endedAt, conclusion, ...episode }: EpisodeRecord): JsonObject {
  return {
    ...episode,
    ...(startedAt === undefined ? {} : { startedAt: stamp(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: stamp(endedAt) }),
    ...(conclusion === undefined ? {} : { conclusion: { ...conclusion } }),
  };
}

function encodeEscalation({ sentAt, ...escalation }: EscalationRecord): JsonObject {
  return { ...escalation, ...(sentAt === undefined ? {} : { sentAt: stamp(sentAt) }) };
}

function decodeSpec(spec: JsonObject): IncidentSpec {
  const buildUrl = text(spec["buildUrl"]);
  return {
    namespace: text(spec["namespace"]),
    client: text(spec["client"]),
    runId: text(spec["runId"]),
    statefulSet: text(spec["statefulSet"]),
    statefulSetUid: text(spec["statefulSetUid"]),
    pod: text(spec["pod"]),
    ...(buildUrl === "" ? {} : { buildUrl }),
  };
}

function decodeStatus(raw: Json | undefined, createdAt: number): IncidentStatus {
  if (raw === undefined || raw === null || (isJsonObject(raw) && Object.keys(raw).length === 0)) {
    return {
      phase: "Detected",
      tier: 1,
      reason: "NotReady",
      rootCause: "",
      findings: [],
      attempts: [],
      times: { Detected: createdAt },
    };
  }
  const status = object(raw);
  const unreadable = unreadableFields(status);
  const times = decodeTimes(object(status["times"]));
  const escalation = decodeEscalation(status["escalation"], times.Escalated ?? createdAt);
  const readySince = time(status["readySince"]);
  const garbled = unreadable.length > 0;
  return {
    phase: garbled ? "Escalated" : (status["phase"] as Phase),
    tier: status["tier"] === 2 ? 2 : 1,
    reason: text(status["reason"]) || "NotReady",
    rootCause: garbled
      ? `The stored state of this incident cannot be read (status.${unreadable.join(", status.")}), so the medic leaves the stack alone.`
      : text(status["rootCause"]),
    findings: list(status["findings"]).flatMap((item) => decodeFinding(object(item)) ?? []),
    attempts: list(status["attempts"]).map((item) => decodeAttempt(object(item), createdAt)),
    ...optional("episode", decodeEpisode(status["episode"])),
    ...optional("escalation", escalation),
    ...(status["wouldInvestigate"] === true ? { wouldInvestigate: true } : {}),
    ...optional("readySince", readySince),
    times: garbled ? { Escalated: createdAt, ...times } : times,
  };
}

/** The fields that decide the future and cannot be understood. */
function unreadableFields(status: JsonObject): string[] {
  const { phase, tier, attempts, escalation } = status;
  const isAttempt = (item: Json): boolean => isJsonObject(item) && text(item["action"]) !== "";
  return [
    ...(Phases.some((known) => known === phase) ? [] : ["phase"]),
    ...(tier === undefined || tier === 1 || tier === 2 ? [] : ["tier"]),
    ...(attempts === undefined || (Array.isArray(attempts) && attempts.every(isAttempt)) ? [] : ["attempts"]),
    ...(escalation === undefined || (isJsonObject(escalation) && text(escalation["messageId"]) !== "")
      ? []
      : ["escalation"]),
  ];
}

function decodeTimes(raw: JsonObject): Partial<Record<Phase, number>> {
  return Object.fromEntries(
    Phases.flatMap((phase) => {
      const at = time(raw[phase]);
      return at === undefined ? [] : [[phase, at]];
    }),
  ) as Partial<Record<Phase, number>>;
}

const classes: readonly string[] = ["drift", "wait", "beyond", "intent"] satisfies FindingClass[];

function decodeFinding(raw: JsonObject): Finding | undefined {
  const reason = text(raw["reason"]);
  const kind = text(raw["class"]);
  if (!Object.hasOwn(Reasons, reason) || !classes.includes(kind)) return undefined;
  return {
    reason: reason as Reason,
    class: kind as FindingClass,
    subject: text(raw["subject"]),
    message: text(raw["message"]),
    since: time(raw["since"]) ?? 0,
    terminal: raw["terminal"] === true,
    ...optional("patienceUntil", time(raw["patienceUntil"])),
  };
}

const outcomes: readonly string[] = [
  "pending",
  "applied",
  "already",
  "refused",
  "failed",
  "observed",
] satisfies Attempt["outcome"][];

/** An attempt always counts, so a budget is never refilled by a garbled one; an unknown outcome is one that is not known yet. */
function decodeAttempt(raw: JsonObject, createdAt: number): Attempt {
  const outcome = text(raw["outcome"]);
  return {
    action: text(raw["action"]),
    target: text(raw["target"]),
    by: raw["by"] === "agent" ? "agent" : "playbook",
    at: time(raw["at"]) ?? createdAt,
    outcome: outcomes.includes(outcome) ? (outcome as Attempt["outcome"]) : "pending",
    detail: text(raw["detail"]),
  };
}

function decodeEpisode(raw: Json | undefined): EpisodeRecord | undefined {
  if (!isJsonObject(raw)) return undefined;
  return {
    model: text(raw["model"]),
    turns: number(raw["turns"]),
    tokens: number(raw["tokens"]),
    costUsd: number(raw["costUsd"]),
    outcome: text(raw["outcome"]),
    tools: list(raw["tools"]).map(text),
    ...optional("startedAt", time(raw["startedAt"])),
    ...optional("endedAt", time(raw["endedAt"])),
    ...(raw["reservedUsd"] === undefined ? {} : { reservedUsd: number(raw["reservedUsd"]) }),
    ...optional("conclusion", decodeConclusion(raw["conclusion"])),
  };
}

function decodeConclusion(raw: Json | undefined): Conclusion | undefined {
  const { rootCause, evidence, nextStep } = object(raw);
  if (text(rootCause) === "") return undefined;
  return {
    rootCause: text(rootCause),
    ...(typeof evidence === "string" ? { evidence } : {}),
    ...(typeof nextStep === "string" ? { nextStep } : {}),
  };
}

function decodeEscalation(raw: Json | undefined, fallbackTime: number): EscalationRecord | undefined {
  if (!isJsonObject(raw)) return undefined;
  const { sentAt, channel, lastError } = raw;
  const messageId = text(raw["messageId"]);
  const sent = sentAt === undefined || sentAt === null ? undefined : (time(sentAt) ?? fallbackTime);
  if (messageId === "" && sent === undefined) return undefined;
  return {
    messageId,
    events: list(raw["events"]).map(text),
    ...(typeof channel === "string" ? { channel } : {}),
    ...optional("sentAt", sent),
    ...(typeof lastError === "string" ? { lastError } : {}),
  };
}

function object(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function number(value: Json | undefined): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function time(value: Json | undefined): number | undefined {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

function stamp(ms: number): string {
  return new Date(ms).toISOString();
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
