import assert from "node:assert/strict";
import { test } from "node:test";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { SteppedClock } from "../../test/support/stepped-clock.ts";
import { DETECTED, toldEpisode, toldIncident } from "../../test/support/told-incidents.ts";
import type { TraceSpan } from "../core/trace.ts";
import { createTraceTeller, openTraceTeller } from "./tell-traces.ts";
import type { TraceTeller } from "./tell-traces.ts";

interface World {
  readonly teller: TraceTeller;
  readonly sent: TraceSpan[][];
  readonly clock: SteppedClock;
  readonly log: ReturnType<typeof collectingLog>;
  leads: boolean;
}

function world(
  read: (name: string) => Promise<readonly object[] | undefined> = async () => undefined,
): World {
  const sent: TraceSpan[][] = [];
  const clock = new SteppedClock(DETECTED + 60_000);
  const log = collectingLog();
  const own = { sent, clock, log, leads: true };
  const teller = createTraceTeller({
    traces: { send: (spans) => void sent.push([...spans]), stop: () => Promise.resolve() },
    transcripts: { read: (name) => read(name) as never },
    provider: "bedrock",
    leads: () => own.leads,
    clock,
    log,
  });
  return Object.assign(own, { teller });
}

test("tells an incident once, when it is over", async () => {
  const { teller, sent, clock } = world();
  teller.incidentChanged(toldIncident({ phase: "Verifying" }), false);
  teller.incidentChanged(toldIncident(), false);
  teller.incidentChanged(toldIncident(), false);
  await clock.step(1);
  assert.deepEqual(
    sent.map((spans) => spans.map(({ name }) => name)),
    [["incident", "decide", "attempt", "verify"]],
  );
});

test("only the leader tells; a new leader tells what was over a short while ago, and nothing older", async () => {
  const own = world();
  own.leads = false;
  own.teller.incidentChanged(toldIncident(), false);
  await own.clock.step(1);
  assert.equal(own.sent.length, 0);
  own.leads = true;
  own.teller.incidentChanged(toldIncident(), false);
  await own.clock.step(15 * 60_000);
  assert.equal(own.sent.length, 1);
  own.teller.incidentChanged(toldIncident({}, "another"), false);
  await own.clock.step(1);
  assert.equal(own.sent.length, 1);
});

test("tells the turns of an episode by its transcript, and the episode alone where that cannot be read", async () => {
  const episode = { tier: 2 as const, episode: toldEpisode };
  const message = { id: "msg_1", model: "m", content: [] };
  const line = { type: "assistant", timestamp: new Date(DETECTED + 2000).toISOString(), message };
  const [known, unknown] = [world(async () => [line]), world(() => Promise.reject(new Error("disk")))];
  for (const { teller, clock } of [known, unknown]) {
    teller.incidentChanged(toldIncident(episode), false);
    await clock.step(1);
  }
  const names = ({ sent }: World): string[] => sent.flat().map(({ name }) => name);
  assert.deepEqual(
    names(known).filter((name) => !names(unknown).includes(name)),
    ["chat"],
  );
  assert.ok(names(unknown).includes("invoke_agent build-medic"));
  const turn = known.sent.flat().find(({ name }) => name === "chat");
  assert.equal(turn?.attributes["gen_ai.provider.name"], "aws.bedrock");
  assert.equal(turn.end, DETECTED + 2000);
});

test("an address that cannot be used means no traces and a warning, not a medic that does not start", async () => {
  const { log, clock } = world();
  const teller = await openTraceTeller({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    version: "0",
    redactor: undefined as never,
    onSent() {},
    transcripts: { read: async () => undefined },
    provider: "none",
    leads: () => true,
    clock,
    log,
  });
  teller.incidentChanged(toldIncident(), false);
  await teller.stop();
  assert.deepEqual(
    log.lines.map(({ level, message }) => [level, message]),
    [["warn", "NO TRACES: the address of the collector cannot be used"]],
  );
});
