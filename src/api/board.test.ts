import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import { about, anIncident, served } from "../../test/support/served-api.ts";
import type { Incident } from "../core/incident.ts";
import type { Snapshot } from "../core/snapshot.ts";

interface Told {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream's events one after the other. */
async function follow(response: Response) {
  const reader = response.body!.getReader();
  let rest = "";
  async function next(): Promise<Told> {
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end >= 0) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        const event = /^event: (.*)$/m.exec(block)?.[1];
        if (event !== undefined) return { event, data: JSON.parse(/^data: (.*)$/m.exec(block)![1]!) };
        continue;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error(`the stream ended with ${rest}`);
      rest += new TextDecoder().decode(value);
    }
  }
  return {
    next,
    async until(event: string): Promise<Told[]> {
      const told = [await next()];
      while (told.at(-1)!.event !== event) told.push(await next());
      return told;
    },
    end: () => reader.cancel(),
  };
}

test("with the board a stream tells every incident, then every build, and the status last", async () => {
  const { api } = served({
    listIncidents: () => [anIncident("a")],
    listStacks: () => [aStack().snapshot()],
  });
  const stream = await follow(await api.request("/api/v1/stream?include=board"));
  const told = await stream.until("status-changed");
  assert.deepEqual(
    told.map(({ event }) => event),
    ["incident-changed", "build-changed", "status-changed"],
  );
  assert.equal(told[1]!.data["runId"], "4711");
  assert.deepEqual((told[2]!.data["stacks"] as Record<string, number>)["in-trouble"], 1);
  await stream.end();
});

test("tells a build only when it changed, what comes together only once, and one that is gone as removed", async () => {
  let stacks: readonly Snapshot[] = [
    aStack().snapshot(),
    aStack().namespace({ name: "ci-2", runId: "4712" }).snapshot(),
  ];
  const { api, clock, tellStacks } = served({ listStacks: () => stacks });
  const stream = await follow(await api.request("/api/v1/stream?include=board"));
  await stream.until("status-changed");
  stacks = [stacks[0]!, aStack().testsStarted().namespace({ name: "ci-2", runId: "4712" }).snapshot()];
  for (let times = 0; times < 20; times += 1) tellStacks();
  await clock.step(500);
  const changed = await stream.until("status-changed");
  assert.deepEqual(
    changed.map(({ event, data }) => [event, data["runId"]]),
    [
      ["build-changed", "4712"],
      ["status-changed", undefined],
    ],
  );
  stacks = [stacks[0]!];
  tellStacks();
  await clock.step(500);
  assert.deepEqual(await stream.next(), { event: "build-removed", data: { runId: "4712" } });
  await stream.end();
});

test("tells of readiness and budget as the time goes by, without any change in the cluster", async () => {
  let ready = true;
  const { api, clock } = served({ ready: () => ({ ready, checks: { pods: ready } }) });
  const stream = await follow(await api.request("/api/v1/stream?include=board"));
  await stream.until("status-changed");
  ready = false;
  await clock.step(10_000);
  assert.equal((await stream.next()).data["ready"], false);
  await stream.end();
});

test("masks the board, and works out nothing while nobody looks", async () => {
  let looked = 0;
  const { api, clock, tellStacks, listeners } = served({
    listStacks: () => {
      looked += 1;
      return [aStack().namespace({ runId: "token=hunter22hunter22" }).snapshot()];
    },
    about: () => ({ ...about, modeBecause: "password=hunter22hunter22" }),
  });
  tellStacks();
  await clock.step(60_000);
  assert.equal(looked, 0);
  const stream = await follow(await api.request("/api/v1/stream?include=board"));
  assert.doesNotMatch(JSON.stringify(await stream.until("status-changed")), /hunter22/);
  await stream.end();
  do await setImmediate();
  while (listeners.size > 0);
  const before = looked;
  tellStacks();
  await clock.step(60_000);
  assert.deepEqual([looked, clock.pending()], [before, 0]);
});

test("says what include accepts, and leaves the board out of a stream that did not ask for it", async () => {
  const { api, clock } = served({ listStacks: () => [aStack().snapshot()] });
  const refused = await api.request("/api/v1/stream?include=everything");
  assert.deepEqual([refused.status, (await refused.json()).detail], [400, "include accepts board."]);
  const reader = (await api.request("/api/v1/stream")).body!.getReader();
  await reader.read();
  await clock.step(15_000);
  assert.equal(new TextDecoder().decode((await reader.read()).value), ": heartbeat\n\n");
  await reader.cancel();
});

test("the status says what the medic is, what it may spend and how things stand, and counts every state", async () => {
  const hour = 3_600_000;
  const now = served().clock.now();
  const episode = { model: "m", turns: 1, tokens: 10, costUsd: 0.1, outcome: "completed", tools: [] };
  const incidents: Incident[] = [
    anIncident("paid", { status: { phase: "Resolved", episode: { ...episode, startedAt: now - hour / 2 } } }),
    anIncident("old", { status: { phase: "Resolved", episode: { ...episode, startedAt: now - 2 * hour } } }),
    anIncident("running", {
      status: {
        phase: "Investigating",
        episode: { ...episode, costUsd: 0, outcome: "running", startedAt: now - 1000, reservedUsd: 0.5 },
      },
    }),
  ];
  const { api } = served({
    listIncidents: () => incidents,
    listStacks: () => [aStack().testsStarted().snapshot()],
    about: () => ({ ...about, leader: false }),
  });
  const response = await api.request("/api/v1/status");
  const {
    limits,
    totals,
    incidents: phases,
    stacks,
    ...rest
  } = (await response.json()) as Record<string, Record<string, unknown>>;
  assert.deepEqual(rest, {
    version: "1.2.3",
    startedAt: "2026-01-02T03:04:05.006Z",
    mode: "act",
    model: "claude-sonnet-4-6",
    chat: "#farm",
    role: "standby",
    ready: true,
    checks: { pods: true },
    budget: {
      hourlyUsd: 1.5,
      spentUsd: 0.1,
      reservedUsd: 0.5,
      leftUsd: 0.9,
      nextFreeAt: new Date(now + hour / 2).toISOString(),
    },
  });
  assert.equal(limits!["maxActionsPerStack"], 3);
  assert.equal((totals!["incidents"] as { total: number }).total, 0);
  assert.deepEqual(phases, {
    Detected: 0,
    Remediating: 0,
    Investigating: 1,
    Verifying: 0,
    Resolved: 2,
    Escalated: 0,
    Gone: 0,
  });
  assert.deepEqual(stacks, {
    starting: 0,
    ready: 0,
    testing: 1,
    "in-trouble": 0,
    escalated: 0,
    paused: 0,
    terminating: 0,
  });
});
