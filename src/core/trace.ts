import { isClosed } from "./incident.ts";
import type { Attempt, Incident, IncidentStatus } from "./incident.ts";
import type { JsonObject } from "./json.ts";
import { isRunning } from "./ledger.ts";
import { episodeSpans } from "./trace-episode.ts";
import { traceIdsOf } from "./trace-ids.ts";

export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** One piece of work in an incident's trace, as yet without ids. Times are epoch milliseconds. */
export interface Work {
  /** From a small set; what differs between incidents is in the attributes. */
  readonly name: string;
  readonly kind?: "client" | "producer";
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** Without: neither well nor ill. `why` is for people. */
  readonly outcome?: { readonly ok: boolean; readonly why?: string };
  readonly children?: readonly Work[];
}

export interface TraceSpan extends Omit<Work, "children"> {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** What the Incident does not say: who serves the model, and the episode's messages where this replica has them. */
export interface Known {
  readonly provider: string;
  readonly transcript?: readonly TimedMessage[];
}

/** A message of an episode's transcript, with its time where it has one. */
export interface TimedMessage {
  readonly at?: number | undefined;
  readonly message: JsonObject;
}

/** True when the incident's story is over: closed, its episode too, and its message delivered where one is owed. */
export function isTold({ status }: Incident): boolean {
  const { phase, episode, escalation } = status;
  const owed = phase === "Escalated" && escalation?.sentAt === undefined;
  return isClosed(phase) && !isRunning(episode) && !owed;
}

/** The spans of an incident that is told, parents first; none before. */
export function spansOf(incident: Incident, known: Known): readonly TraceSpan[] {
  if (!isTold(incident)) return [];
  const ids = traceIdsOf(incident.uid);
  const spans = (work: Work, path: string, parentSpanId?: string): TraceSpan[] => {
    const { children = [], ...own } = work;
    const parent = parentSpanId === undefined ? {} : { parentSpanId };
    const span = { ...own, traceId: ids.traceId, spanId: ids.spanId(path), ...parent };
    return [
      span,
      ...children.flatMap((child, at) => spans(child, `${path}/${child.name}-${at}`, span.spanId)),
    ];
  };
  return spans(whole(incident, known), "incident");
}

function whole(incident: Incident, known: Known): Work {
  const { spec, status } = incident;
  const start = status.times.Detected ?? incident.createdAt;
  const end = Math.max(start, status.times[status.phase] ?? start, status.escalation?.sentAt ?? start);
  return {
    name: "incident",
    start,
    end,
    attributes: {
      "k8s.namespace.name": spec.namespace,
      "k8s.statefulset.name": spec.statefulSet,
      "k8s.statefulset.uid": spec.statefulSetUid,
      ...(spec.pod === "" ? {} : { "k8s.pod.name": spec.pod }),
      ...(spec.runId === "" ? {} : { "cicd.pipeline.run.id": spec.runId }),
      ...(spec.buildUrl === undefined ? {} : { "cicd.pipeline.run.url.full": spec.buildUrl }),
      "buildmedic.incident": incident.name,
      "buildmedic.client": spec.client,
      "buildmedic.reason": status.reason,
      "buildmedic.phase": status.phase,
      "buildmedic.tier": status.tier,
      "buildmedic.root_cause": status.rootCause,
    },
    ...(status.phase === "Gone"
      ? {}
      : { outcome: status.phase === "Resolved" ? { ok: true } : { ok: false, why: status.rootCause } }),
    children: [
      ...decided(status, start),
      ...status.attempts.map((attempt) => attempted(attempt, status)),
      ...episodeSpans(status.episode, known),
      ...verified(status),
      ...escalated(status),
    ].toSorted((left, right) => left.start - right.start),
  };
}

/** From the detection to the first thing that was done about it. */
function decided({ times, reason }: IncidentStatus, start: number): readonly Work[] {
  const firsts = [times.Remediating, times.Investigating, times.Escalated].filter((at) => at !== undefined);
  if (firsts.length === 0) return [];
  const end = Math.max(start, Math.min(...firsts));
  return [{ name: "decide", start, end, attributes: { "buildmedic.reason": reason } }];
}

/** When an attempt ended is not kept; the first that took effect ended where the verification began. */
function attempted(attempt: Attempt, { attempts, times }: IncidentStatus): Work {
  const { action, target, by, at, outcome, detail } = attempt;
  const tookEffect = (one: Attempt): boolean => one.outcome === "applied" || one.outcome === "already";
  const end = attempt === attempts.find(tookEffect) ? (times.Verifying ?? at) : at;
  return {
    name: "attempt",
    start: at,
    end: Math.max(at, end),
    attributes: {
      "buildmedic.action": action,
      "buildmedic.target": target,
      "buildmedic.by": by,
      "buildmedic.outcome": outcome,
      "buildmedic.detail": detail,
    },
    ...(outcome === "failed" ? { outcome: { ok: false, why: detail } } : {}),
  };
}

/** From the first repair to the end, ready or not. */
function verified({ times, phase }: IncidentStatus): readonly Work[] {
  const { Verifying: start } = times;
  const end = times[phase];
  if (start === undefined || end === undefined) return [];
  const held = phase === "Resolved";
  return [
    {
      name: "verify",
      start,
      end: Math.max(start, end),
      attributes: { "buildmedic.held": held },
      ...(phase === "Gone" ? {} : { outcome: { ok: held } }),
    },
  ];
}

/** From the decision to hand it over to the delivery of the message. */
function escalated({ times, escalation, reason }: IncidentStatus): readonly Work[] {
  if (escalation?.sentAt === undefined || times.Escalated === undefined) return [];
  const { messageId, channel } = escalation;
  return [
    {
      name: "escalate",
      kind: "producer",
      start: times.Escalated,
      end: Math.max(times.Escalated, escalation.sentAt),
      attributes: {
        "messaging.operation.type": "send",
        "messaging.message.id": messageId,
        ...(channel === undefined ? {} : { "messaging.destination.name": channel }),
        "buildmedic.reason": reason,
      },
    },
  ];
}
