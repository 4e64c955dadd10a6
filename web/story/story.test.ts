import assert from "node:assert/strict";
import { test } from "node:test";
import { anIncident, detectedAt } from "../../test/support/served-api.ts";
import { incidentJson } from "../../src/api/incident-json.ts";
import type { IncidentFile } from "../../src/api/incident-file.ts";
import type { Incident } from "../../src/core/incident.ts";
import { storyOf } from "./story.ts";

function fileOf(status: Partial<Incident["status"]>, more: Partial<IncidentFile> = {}): IncidentFile {
  return {
    ...incidentJson(anIncident("a", { status })),
    episodes: [],
    audit: [],
    decisions: [],
    ...more,
  };
}

const at = (ms: number): string => new Date(detectedAt + ms).toISOString();
const kinds = (file: IncidentFile): string[] =>
  storyOf(file).map((entry) => (entry.kind === "phase" ? entry.phase : entry.kind));

test("a repair is told from its detection to its end, the decision after what it is about", () => {
  const file = fileOf(
    {
      attempts: [
        {
          action: "restart-pod",
          target: "Pod/a",
          by: "playbook",
          at: detectedAt + 300,
          outcome: "applied",
          detail: "",
        },
      ],
      times: { Detected: detectedAt, Verifying: detectedAt + 400, Resolved: detectedAt + 9000 },
    },
    {
      decisions: [
        { file: "a-1.json", at: detectedAt - 40, plan: "remediate", reason: "ImageDrift", what: "" },
      ],
    },
  );
  assert.deepEqual(kinds(file), ["detected", "decided", "attempt", "Verifying", "Resolved"]);
});

test("an escalation ends with its message, sent or not", () => {
  const times = { Detected: detectedAt, Escalated: detectedAt + 100 };
  const escalation = { messageId: "m", events: [] };
  const owed = fileOf({ phase: "Escalated", attempts: [], escalation, times });
  assert.deepEqual(kinds(owed), ["detected", "Escalated", "message"]);
  const sent = fileOf({
    phase: "Escalated",
    attempts: [],
    escalation: { ...escalation, sentAt: detectedAt + 5000 },
    times,
  });
  assert.equal(storyOf(sent).at(-1)?.at, detectedAt + 5000);
});

test("why an attempt was allowed stands in the audit record of its moment and its actor", () => {
  const record = (actor: string, ms: number, why: string, stage = "intent") => ({
    seq: 1,
    time: at(ms),
    actor,
    action: "restart-pod",
    stage,
    decision: { allowed: true, why },
  });
  const file = fileOf(
    {
      attempts: [
        {
          action: "replace-stuck-pod",
          target: "Pod/a",
          by: "playbook",
          at: detectedAt + 900,
          outcome: "applied",
          detail: "",
        },
        {
          action: "restart-pod",
          target: "Pod/a",
          by: "playbook",
          at: detectedAt + 90_000,
          outcome: "applied",
          detail: "",
        },
      ],
    },
    {
      audit: [
        record("playbook", 100, "the one before"),
        record("agent", 910, "another's"),
        record("playbook", 950, "within limits"),
        record("playbook", 901, "", "outcome"),
      ],
    },
  );
  const whys = storyOf(file).flatMap((entry) => (entry.kind === "attempt" ? [entry.why] : []));
  assert.deepEqual(whys, ["within limits", ""]);
});

test("an episode that has no transcript here is told by what the Incident knows, and one that never began too", () => {
  const episode = { model: "m", turns: 3, tokens: 10, costUsd: 0.1, outcome: "completed", tools: [] };
  const [, told] = storyOf(fileOf({ attempts: [], episode: { ...episode, startedAt: detectedAt + 50 } }));
  assert.deepEqual([told?.kind, told?.at], ["episode", detectedAt + 50]);
  const refused = fileOf({
    attempts: [],
    episode: { ...episode, outcome: "no-budget", endedAt: detectedAt + 60 },
  });
  assert.equal(storyOf(refused)[1]?.at, detectedAt + 60);
});
