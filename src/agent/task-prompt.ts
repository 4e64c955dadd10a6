import { capText } from "../core/cap-text.ts";
import type { Attempt, Incident } from "../core/incident.ts";
import type { Finding } from "../core/finding.ts";
import type { Redactor } from "../core/redact.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import { eventsText } from "./describe/events.ts";
import { nodesText } from "./describe/nodes.ts";
import { podStatus } from "./describe/pod-status.ts";
import { present } from "./present.ts";

const EVIDENCE_BYTES = 14_000;
/** Each part has its own room, so that none can crowd out another; together they fit. */
const FINDINGS_BYTES = 2000;
const ATTEMPTS_BYTES = 1500;
const PART_BYTES = 3400;
/** What a list of events or nodes may have of a part, so that it is cut between two lines. */
const LIST_BYTES = PART_BYTES - 400;

export interface Task {
  readonly incident: Incident;
  readonly snapshot: Snapshot;
  readonly findings: readonly Finding[];
  readonly redactor: Redactor;
}

/** What the model is asked, with the evidence that the medic already has, so that the usual case needs few turns. */
export function taskPrompt(task: Task): string {
  return `${facts(task)}\n\n${evidence(task)}\n\nFind out why this stack does not become ready, and act as you were told.`;
}

/** The same without the evidence, to measure what the evidence is worth. */
export function bareTaskPrompt(task: Task): string {
  return `${facts(task)}\n\nFind out why this stack does not become ready, and act as you were told.`;
}

function facts({ incident, redactor }: Task): string {
  const { namespace, client, statefulSet, pod, runId, buildUrl } = incident.spec;
  return present(
    [
      "A stack is stuck before its tests.",
      "",
      `namespace: ${namespace}`,
      `client: ${client}`,
      `statefulset: ${statefulSet}`,
      `pod: ${pod === "" ? "none" : pod}`,
      `run: ${runId === "" ? "unknown" : runId}`,
      // An annotation may say anything; a link has no room for sentences.
      ...(buildUrl === undefined ? [] : [`build: ${buildUrl.trim().split(/\s/, 1).join("").slice(0, 300)}`]),
      `incident: ${incident.name}`,
    ].join("\n"),
    redactor,
  );
}

function evidence({ incident, snapshot, findings, redactor }: Task): string {
  const view = viewOf(snapshot);
  const parts = [
    ["The medic's findings", findings.map(findingLine).join("\n"), FINDINGS_BYTES],
    ["What was tried before", attemptLines(incident.status.attempts), ATTEMPTS_BYTES],
    ["Stack", podStatus(view), PART_BYTES],
    ["Events", eventsText(snapshot, undefined, LIST_BYTES), PART_BYTES],
    ["Nodes", nodesText(view, LIST_BYTES), PART_BYTES],
  ] as const;
  const text = parts
    .map(([title, body, bytes]) => `## ${title}\n${present(body, redactor, bytes)}`)
    .join("\n\n");
  return `<cluster-data>\n${capText(text, EVIDENCE_BYTES)}\n</cluster-data>`;
}

function findingLine({ reason, subject, message }: Finding): string {
  return `${reason} ${subject}: ${message}`;
}

function attemptLines(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return "Nothing.";
  return attempts
    .map(
      ({ action, target, by, outcome, detail }) => `${action} ${target} by the ${by}: ${outcome}. ${detail}`,
    )
    .join("\n");
}
