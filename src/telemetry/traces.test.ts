import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { attributesOf, startOtlpReceiver } from "../../test/support/otlp-receiver.ts";
import { eventually } from "../../test/support/test-stack.ts";
import { toldEpisode, toldIncident, toldTranscript } from "../../test/support/told-incidents.ts";
import { createRedactor } from "../core/redact.ts";
import { spansOf } from "../core/trace.ts";
import { openTraces } from "./traces.ts";
import type { Traces } from "./traces.ts";
import { tracesUrl } from "./traces-wanted.ts";

const spans = spansOf(toldIncident(), { provider: "none" });

interface Opened {
  readonly traces: Traces;
  readonly log: ReturnType<typeof collectingLog>;
  readonly sent: { sent: number; failed: number };
}

function open(url: string, delayMs = 60_000): Opened {
  const log = collectingLog();
  const sent = { sent: 0, failed: 0 };
  const traces = openTraces({
    url: `${url}/v1/traces`,
    version: "1.2.3",
    redactor: createRedactor({ known: ["zebra-zebra"] }),
    log,
    delayMs,
    onSent: (outcome, count) => (sent[outcome] += count),
  });
  return { traces, log, sent };
}

test("sends spans with their own ids, parents, times, status and resource", async () => {
  const receiver = await startOtlpReceiver();
  const { traces, sent } = open(receiver.url);
  const told = spansOf(toldIncident({ tier: 2, episode: toldEpisode }), {
    provider: "anthropic",
    transcript: toldTranscript,
  });
  traces.send(told);
  await traces.stop();
  await receiver.stop();
  assert.deepEqual(
    receiver.spans.map(({ traceId, spanId, parentSpanId, name }) => [traceId, spanId, parentSpanId, name]),
    told.map(({ traceId, spanId, parentSpanId, name }) => [traceId, spanId, parentSpanId, name]),
  );
  assert.deepEqual(
    receiver.spans.map(({ startTimeUnixNano, endTimeUnixNano }) => [startTimeUnixNano, endTimeUnixNano]),
    told.map(({ start, end }) => [`${start}000000`, `${end}000000`]),
  );
  const turn = receiver.spans.find(({ name }) => name === "chat");
  assert.equal(turn?.kind, 3);
  assert.equal(attributesOf(turn)["gen_ai.usage.input_tokens"], 2903);
  assert.equal(receiver.spans[0]?.status?.code, 1);
  assert.equal(receiver.spans.find(({ name }) => name === "execute_tool uncordon_node")?.status?.code, 2);
  assert.deepEqual(
    [receiver.resources[0]?.["service.name"], receiver.resources[0]?.["service.version"]],
    ["build-medic", "1.2.3"],
  );
  assert.deepEqual(sent, { sent: told.length, failed: 0 });
});

test("masks secrets in every text", async () => {
  const receiver = await startOtlpReceiver();
  const { traces } = open(receiver.url);
  const leaky = { rootCause: "redis://:hunter22@x said zebra-zebra", phase: "Escalated", tier: 2 } as const;
  const episode = { ...toldEpisode, tools: ["zebra-zebra"] };
  const escalation = { messageId: "m", events: [], sentAt: 1 };
  traces.send(spansOf(toldIncident({ ...leaky, episode, escalation }), { provider: "anthropic" }));
  await traces.stop();
  await receiver.stop();
  assert.match(receiver.bodies.join(), /redis:\/\/:\[masked\]@x/);
  assert.doesNotMatch(receiver.bodies.join(), /hunter22|zebra/);
});

test("a collector that is away is told of once, and once when it is back; nothing else happens", async () => {
  let away = true;
  const receiver = await startOtlpReceiver(() => (away ? 400 : 200));
  const { traces, log, sent } = open(receiver.url, 10);
  for (const failures of [1, 2, 3]) {
    traces.send(spans);
    await eventually("the export failed", () => Promise.resolve(sent.failed === failures * spans.length), 20);
  }
  away = false;
  traces.send(spans);
  await eventually("the export went through", () => Promise.resolve(sent.sent === spans.length), 20);
  assert.deepEqual(
    log.lines.map(({ level, message }) => [level, message]),
    [
      ["warn", "traces cannot be sent; nothing else depends on them"],
      ["info", "traces are sent again"],
    ],
  );
  await traces.stop();
  await receiver.stop();
});

test("without a collector at its address the medic stops all the same", async () => {
  const receiver = await startOtlpReceiver();
  await receiver.stop();
  const { traces, sent } = open(receiver.url);
  traces.send(spans);
  await traces.stop();
  assert.equal(sent.sent, 0);
});

test("a collector that never answers neither holds the medic up when it stops nor makes the queue grow", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const receiver = await startOtlpReceiver(() => promise);
  const { traces } = open(receiver.url);
  for (let round = 0; round < 2000; round += 1) traces.send(spans);
  await traces.stop();
  resolve(200);
  await receiver.stop();
  // What waits, and the one batch that is under way.
  assert.ok(receiver.spans.length <= 2048 + 512, String(receiver.spans.length));
});

test("refuses an address that is none", () => {
  assert.throws(() => open("collector:4318"), /is no http address/);
  assert.throws(() => open("collector"), /Invalid URL/);
});

const wanted: Record<string, readonly [Record<string, string>, string | undefined]> = {
  "nothing set": [{}, undefined],
  "an empty address": [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined],
  "an address for all signals": [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, "http://c:4318/v1/traces"],
  "the same with a slash": [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/" }, "http://c:4318/v1/traces"],
  "one for traces, which is taken as it is": [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t/x" },
    "http://t/x",
  ],
  "the SDK switched off": [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_SDK_DISABLED: "true" },
    undefined,
  ],
  "no exporter of traces": [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "none" },
    undefined,
  ],
};
for (const [what, [environment, url]] of Object.entries(wanted)) {
  test(`with ${what} traces go to ${url ?? "nowhere"}`, () => assert.equal(tracesUrl(environment), url));
}

test("loads nothing of OpenTelemetry unless a collector is named", () => {
  const script = `
    import { registerHooks } from "node:module";
    let loaded = 0;
    registerHooks({ resolve(specifier, context, next) {
      const found = next(specifier, context);
      // prom-client brings the interface, which is small.
      if (/@opentelemetry\\/(?!api\\/)/.test(found.url)) loaded += 1;
      return found;
    } });
    const { openTraceTeller } = await import("./src/app/tell-traces.ts");
    await import("./src/app.ts");
    const log = { info() {} };
    await openTraceTeller({ environment: JSON.parse(process.argv[1]), version: "0", log });
    console.log(loaded);`;
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const loadedWith = (environment: object): number =>
    Number(
      spawnSync(process.execPath, ["--input-type=module", "-e", script, JSON.stringify(environment)], {
        cwd: root,
        encoding: "utf8",
        timeout: 30_000,
      }).stdout,
    );
  assert.equal(loadedWith({}), 0);
  assert.ok(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }) > 10);
});
