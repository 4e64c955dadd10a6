import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../src/controllers/ports.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { spansOf } from "../../src/core/trace.ts";
import type { TraceSpan } from "../../src/core/trace.ts";
import { openTraces } from "../../src/telemetry/traces.ts";
import { startCollector } from "../support/otel-collector/collector.ts";
import { attributesOf, startOtlpReceiver } from "../support/otlp-receiver.ts";
import type { ReceivedSpan } from "../support/otlp-receiver.ts";
import { eventually } from "../support/test-stack.ts";
import { toldEpisode, toldIncident, toldTranscript } from "../support/told-incidents.ts";

const spans = spansOf(toldIncident({ tier: 2, episode: toldEpisode }), {
  provider: "anthropic",
  transcript: toldTranscript,
});

const log: Log = { warn: assert.fail, error: assert.fail, info() {}, debug() {}, child: () => log };

test("a real OpenTelemetry collector takes an incident's trace, and after a restart the same spans again", async (t) => {
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.stop());
  const collector = await startCollector({ to: receiver.url });
  t.after(() => collector.stop());
  for (const life of [1, 2]) {
    const traces = openTraces({
      url: `${collector.url}/v1/traces`,
      version: "1.2.3",
      redactor: createRedactor(),
      log,
      onSent: (outcome) => assert.equal(outcome, "sent"),
    });
    traces.send(spans);
    await traces.stop();
    await eventually("the collector passed it on", async () => receiver.spans.length === life * spans.length);
  }
  const idsOf = ({ traceId, spanId, parentSpanId = "" }: TraceSpan | ReceivedSpan): string =>
    `${traceId} ${spanId} ${parentSpanId}`;
  const ids = receiver.spans.map(idsOf);
  assert.deepEqual(ids.slice(0, spans.length), ids.slice(spans.length));
  assert.deepEqual(new Set(ids), new Set(spans.map(idsOf)));
  const episode = receiver.spans.find(({ name }) => name === "invoke_agent build-medic");
  assert.ok(episode);
  assert.equal(attributesOf(episode)["gen_ai.usage.output_tokens"], "240");
  assert.equal(receiver.resources[0]?.["service.name"], "build-medic");
});
