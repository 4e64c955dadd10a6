import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { DETECTED, toldEpisode, toldIncident, toldTranscript } from "../../test/support/told-incidents.ts";
import { RUNNING } from "./incident.ts";
import type { Incident, IncidentStatus } from "./incident.ts";
import { spansOf } from "./trace.ts";
import type { Known, TraceSpan } from "./trace.ts";
import { traceIdsOf } from "./trace-ids.ts";

const known: Known = { provider: "anthropic" };
const escalated: Partial<IncidentStatus> = {
  phase: "Escalated",
  tier: 2,
  attempts: [],
  episode: toldEpisode,
  times: { Detected: DETECTED, Investigating: DETECTED + 20, Escalated: DETECTED + 5000 },
  escalation: { messageId: "0123456789abcdefg", events: [], channel: "#builds", sentAt: DETECTED + 5300 },
};

/** Each span as `parent/name start–end`, in milliseconds since the detection. */
function tree(spans: readonly TraceSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  return spans.map(
    ({ name, parentSpanId = "", start, end }) =>
      `${names.get(parentSpanId) ?? ""}/${name} ${start - DETECTED}–${end - DETECTED}`,
  );
}

const spanNamed = (spans: readonly TraceSpan[], name: string): TraceSpan => {
  const [span, ...more] = spans.filter((candidate) => candidate.name === name);
  assert.equal(more.length, 0);
  return span!;
};

test("tells a repair from its detection to the end of its verification", () => {
  const spans = spansOf(toldIncident(), known);
  assert.deepEqual(tree(spans), [
    "/incident 0–11000",
    "incident/decide 0–2",
    "incident/attempt 5–90",
    "incident/verify 90–11000",
  ]);
  const [root] = spans;
  assert.deepEqual(root!.outcome, { ok: true });
  assert.equal(root!.attributes["k8s.namespace.name"], "build-4711");
  assert.equal(root!.attributes["cicd.pipeline.run.id"], "4711");
  assert.equal(spanNamed(spans, "attempt").attributes["buildmedic.outcome"], "applied");
});

test("tells an episode with each turn and call, its tokens and cost, and the message that was sent", () => {
  const spans = spansOf(toldIncident(escalated), { ...known, transcript: toldTranscript });
  assert.deepEqual(tree(spans), [
    "/incident 0–5300",
    "incident/decide 0–20",
    "incident/invoke_agent build-medic 1000–4000",
    "invoke_agent build-medic/chat 1000–1810",
    "invoke_agent build-medic/execute_tool get_nodes 1810–2000",
    "invoke_agent build-medic/chat 2000–3000",
    "invoke_agent build-medic/execute_tool uncordon_node 3000–3200",
    "incident/escalate 5000–5300",
  ]);
  const episode = spanNamed(spans, "invoke_agent build-medic");
  assert.equal(episode.attributes["gen_ai.usage.input_tokens"], 5806);
  assert.equal(episode.attributes["gen_ai.usage.output_tokens"], 240);
  assert.equal(episode.attributes["buildmedic.episode.cost_usd"], 0.02);
  assert.equal(episode.outcome, undefined);
  assert.equal(spanNamed(spans, "execute_tool uncordon_node").outcome?.ok, false);
  assert.equal(spanNamed(spans, "execute_tool get_nodes").outcome, undefined);
  assert.equal(spanNamed(spans, "escalate").attributes["messaging.message.id"], "0123456789abcdefg");
  assert.deepEqual(spans[0]!.outcome, { ok: false, why: "server-2 runs x:bad instead of x:1" });
});

test("tells an episode without its transcript by the Incident alone", () => {
  const spans = spansOf(toldIncident(escalated), known);
  assert.deepEqual(
    spans.map(({ name }) => name),
    ["incident", "decide", "invoke_agent build-medic", "escalate"],
  );
  const episode = spanNamed(spans, "invoke_agent build-medic");
  assert.equal("gen_ai.usage.input_tokens" in episode.attributes, false);
});

test("an episode that failed, and one that was never begun", () => {
  const of = (change: object): readonly TraceSpan[] =>
    spansOf(toldIncident({ ...escalated, episode: { ...toldEpisode, ...change } }), known);
  assert.equal(spanNamed(of({ outcome: "api-error" }), "invoke_agent build-medic").outcome?.ok, false);
  assert.equal(spanNamed(of({ outcome: "interrupted" }), "invoke_agent build-medic").outcome, undefined);
  assert.ok(
    !of({ outcome: "no-budget", startedAt: undefined }).some(({ name }) => name.startsWith("invoke_agent")),
  );
});

const untold: Record<string, Partial<IncidentStatus>> = {
  "that is open": { phase: "Verifying" },
  "whose episode still runs": { episode: { ...toldEpisode, outcome: RUNNING } },
  "whose message is owed": { ...escalated, escalation: { messageId: "m", events: [] } },
};
for (const [which, status] of Object.entries(untold)) {
  test(`tells nothing yet of an incident ${which}`, () => {
    assert.deepEqual(spansOf(toldIncident(status), known), []);
  });
}

test("a stack that went away is neither well nor ill", () => {
  const times = { Detected: DETECTED, Verifying: DETECTED + 1, Gone: DETECTED + 2 };
  const spans = spansOf(toldIncident({ phase: "Gone", times }), known);
  assert.deepEqual([spans[0]!.outcome, spanNamed(spans, "verify").outcome], [undefined, undefined]);
  assert.equal(spanNamed(spans, "verify").attributes["buildmedic.held"], false);
});

test("no span ends before it begins, also when clocks and records disagree", () => {
  const times = {
    Detected: DETECTED,
    Verifying: DETECTED - 50,
    Investigating: DETECTED - 9,
    Escalated: DETECTED - 7,
  };
  const odd = toldIncident({
    ...escalated,
    attempts: [{ action: "a", target: "t", by: "agent", at: DETECTED + 9, outcome: "failed", detail: "no" }],
    times,
    episode: { ...toldEpisode, endedAt: DETECTED },
    escalation: { messageId: "m", events: [], sentAt: DETECTED - 100 },
  });
  const spans = spansOf(odd, { ...known, transcript: toldTranscript });
  assert.ok(spans.length > 7);
  for (const { name, start, end } of spans) assert.ok(end >= start, name);
  assert.deepEqual(spanNamed(spans, "attempt").outcome, { ok: false, why: "no" });
});

test("leaves out what the incident does not know", () => {
  const bare: Incident = toldIncident({ times: {}, attempts: [] });
  const { buildUrl: _, ...spec } = bare.spec;
  const spans = spansOf({ ...bare, spec: { ...spec, runId: "", pod: "" } }, known);
  assert.deepEqual(tree(spans), ["/incident 0–0"]);
  const names = Object.keys(spans[0]!.attributes);
  assert.ok(!names.some((name) => name.startsWith("cicd.") || name.startsWith("k8s.pod")), names.join());
});

test("has the same ids for the same incident, other ids for another one, and never twice the same in a trace", () => {
  const one = spansOf(toldIncident(escalated), { ...known, transcript: toldTranscript });
  const again = spansOf(toldIncident(escalated), { ...known, transcript: toldTranscript });
  const other = spansOf(toldIncident(escalated, "2f1b0d6c-8a55-4f0e-9d1c-1d2f3a4b5c6e"), known);
  const ids = (spans: readonly TraceSpan[]): readonly string[] => spans.map(({ spanId }) => spanId);
  assert.deepEqual(ids(one), ids(again));
  assert.equal(new Set(ids(one)).size, one.length);
  assert.ok(!ids(other).some((id) => ids(one).includes(id)));
  assert.deepEqual([...new Set(one.map(({ traceId }) => traceId))], ["2f1b0d6c8a554f0e9d1c1d2f3a4b5c6d"]);
  for (const { spanId } of one) assert.match(spanId, /^(?!0{16})[0-9a-f]{16}$/);
});

test("a uid that is no UUID still gives a valid trace id", () => {
  for (const uid of ["", "u", "00000000-0000-0000-0000-000000000000", "Z".repeat(36)])
    assert.match(traceIdsOf(uid).traceId, /^(?!0{32})[0-9a-f]{32}$/, uid);
});

test("every attribute is OpenTelemetry's own, or stands under buildmedic.", () => {
  const folder = new URL("../../node_modules/@opentelemetry/semantic-conventions/dist/", import.meta.url);
  const conventions = readdirSync(folder)
    .filter((file) => file.endsWith(".mjs"))
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");
  const spans = [
    ...spansOf(toldIncident(escalated), { ...known, transcript: toldTranscript }),
    ...spansOf(toldIncident(), known),
  ];
  const names = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
  const foreign = [...names].filter((name) => !name.startsWith("buildmedic."));
  assert.ok(foreign.length > 15, foreign.join());
  assert.deepEqual(
    foreign.filter((name) => !conventions.includes(`"${name}"`)),
    [],
  );
});
