import assert from "node:assert/strict";
import { test } from "node:test";
import { tellStory } from "../demo/story.ts";
import type { BuildRecord, ClientRecord, MedicRecord } from "./record.ts";
import { formatSummary } from "./summary.ts";

const good = (client: number): ClientRecord => ({
  client,
  outcome: "passed",
  deployed: true,
  readyAfterSeconds: 12.34,
  passed: 30,
  failed: 0,
  failures: [],
});
const notReady: ClientRecord = {
  client: 1,
  outcome: "environment",
  deployed: true,
  passed: 0,
  failed: 0,
  failures: [],
  why: "its stack was not ready within 90 s, so no test ran (last answer: 503)",
};
const redTests: ClientRecord = {
  ...good(1),
  outcome: "tests",
  passed: 28,
  failed: 2,
  failures: ["orders", "stock"],
  why: "2 of 30 tests failed: orders, stock",
};
const repaired: MedicRecord = {
  incident: "inc-1",
  client: "1",
  phase: "Resolved",
  tier: 1,
  reason: "ImageDrift",
  rootCause: "The image differs from the declared one.",
  actions: ["set-image StatefulSet/server-1", "delete-pod Pod/server-1-0"],
  escalated: false,
  messageSent: false,
};

function record(change: Partial<BuildRecord>): BuildRecord {
  return {
    runId: "abc-1",
    namespace: "build-abc-1",
    mode: "misconfig",
    medic: "off",
    seed: 5,
    startedAt: "",
    endedAt: "",
    seconds: 61.2,
    fault: { name: "misconfig", target: 1, detail: "image set to x:no-such-tag", injected: true, at: "" },
    clients: [good(0), good(1)],
    incidents: [],
    passed: true,
    problems: [],
    ...change,
  };
}
const summary = (change: Partial<BuildRecord>) =>
  formatSummary(record(change), { record: "out/builds/abc-1.json", state: "out/medic/state" });

test("the whole summary of a repaired build reads as it should", () => {
  assert.equal(
    summary({ medic: "on", incidents: [repaired] }),
    `Build abc-1: mode misconfig, medic on, 61 s

Client  Deployed  Ready after  Tests      Result  Medic
------  --------  -----------  ---------  ------  -----------------------------
0       yes       12.3 s       30 passed  passed  nothing to do
1 *     yes       12.3 s       30 passed  passed  repaired (tier 1): ImageDrift

Fault: misconfig on client 1 *: image set to x:no-such-tag (seed 5)
Medic on client 1: The image differs from the declared one. It did: set-image StatefulSet/server-1, then delete-pod Pod/server-1-0; no model call.
PASSED: all 2 clients
Record: out/builds/abc-1.json`,
  );
});

const uncordoned: MedicRecord = {
  ...repaired,
  tier: 2,
  reason: "NodesCordoned",
  rootCause: "The nodes are cordoned.",
  actions: ["uncordon-node Node/n1"],
  turns: 3,
  costUsd: 0.021,
};
const handedOver: MedicRecord = { ...uncordoned, phase: "Escalated", escalated: true, actions: [], turns: 1 };

test("every line that shows tier 2 names the rehearsal, and what Claude would cost", () => {
  const text = summary({ medic: "on", model: "rehearsal", incidents: [uncordoned] });
  assert.match(text, /^Build abc-1: mode misconfig, medic on with the rehearsal, 61 s$/m);
  assert.match(text, /passed +repaired \(tier 2, the rehearsal\): NodesCordoned$/m);
  assert.match(
    text,
    /It did: uncordon-node Node\/n1; 3 turns of the rehearsal, \$0\.02 as Claude would cost\.$/m,
  );
  const escalated = summary({ medic: "on", model: "rehearsal", incidents: [handedOver] });
  assert.match(escalated, /escalated \(tier 2, the rehearsal\): NodesCordoned/);
  assert.match(
    tellStory(record({ medic: "on", model: "rehearsal", incidents: [uncordoned] })),
    /repaired it in 3 turns of the rehearsal, \$0\.02 as Claude would cost \(uncordon-node/,
  );
  assert.match(
    tellStory(record({ medic: "on", model: "rehearsal", incidents: [handedOver] })),
    /called people once after 1 turn of the rehearsal, \$0\.02 as Claude would cost/,
  );
});

test("a real model is called Claude, and one that we know nothing of a model", () => {
  assert.match(
    summary({ medic: "on", model: "real", incidents: [uncordoned] }),
    /3 turns of Claude, \$0\.02\.$/m,
  );
  assert.match(summary({ medic: "on", incidents: [uncordoned] }), /3 turns of a model, \$0\.02\.$/m);
});

test("a stack that never came up is worded differently from failed tests", () => {
  const environment = summary({ clients: [good(0), notReady], passed: false });
  assert.match(environment, /^1 \* +yes +never +not run +FAILED: environment +off$/m);
  assert.match(environment, /^Client 1: its stack was not ready within 90 s/m);
  const tests = summary({ clients: [good(0), redTests], passed: false });
  assert.match(tests, /^1 \* +yes +12\.3 s +2 of 30 failed +FAILED: tests +off$/m);
  assert.match(tests, /^FAILED: 1 of 2 clients$/m);
});

test("a fault that could not be put in place does not look like a good build", () => {
  const text = summary({
    passed: false,
    problems: ["the fault loss was not put in place"],
    fault: { name: "loss", target: 1, detail: "no process found", injected: false, at: "" },
  });
  assert.match(text, /could not be put in place: no process found/);
  assert.match(text, /^FAILED: the build could not be carried out as asked$/m);
});

test("the story tells fault, repair and end of the client that was hit", () => {
  assert.equal(
    tellStory(record({ medic: "on", incidents: [repaired] })),
    `  client 0: ready after 12 s, its 30 tests passed
  client 1: its stack got a fault (image set to x:no-such-tag); the medic found ImageDrift and repaired it without a model (set-image StatefulSet/server-1, then delete-pod Pod/server-1-0); ready after 12 s, its 30 tests passed
  So the build is green, after 61 s.`,
  );
});

test("a build whose medic asked a model says how to read what it did", () => {
  const asked = { ...repaired, tier: 2, turns: 3 };
  const command = /^Episode: npx build-medic episode show inc-1 --state-dir out\/medic\/state$/m;
  assert.match(summary({ medic: "on", model: "rehearsal", incidents: [asked] }), command);
  assert.doesNotMatch(summary({ medic: "on", incidents: [asked] }), /episode show/);
  assert.doesNotMatch(summary({ medic: "on", model: "rehearsal", incidents: [repaired] }), /episode show/);
});
