import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES } from "../faults/catalogue.ts";
import { MODELS, differencesFrom, expectationOf } from "./expectations.ts";
import type { Observation } from "./expectations.ts";
import type { BuildRecord, ClientRecord, MedicRecord } from "./record.ts";

const client = (number: number, outcome: ClientRecord["outcome"]): ClientRecord => ({
  client: number,
  outcome,
  deployed: true,
  passed: 1,
  failed: 0,
  failures: [],
});
const incident = (change: Partial<MedicRecord>): MedicRecord => ({
  incident: "inc",
  client: "2",
  phase: "Resolved",
  tier: 1,
  reason: "ImageDrift",
  rootCause: "",
  actions: ["set-image StatefulSet/server-2"],
  escalated: false,
  messageSent: false,
  ...change,
});
const escalated = incident({ phase: "Escalated", actions: [], escalated: true, messageSent: true });

function seen(
  change: Partial<BuildRecord> & { writes?: number; chatMessages?: number; requests?: number },
): Observation {
  const { writes = 0, chatMessages, requests = 50, ...rest } = change;
  const write = { verb: "patch", object: "statefulsets/server-2", namespace: "n", at: "" };
  const record: BuildRecord = {
    runId: "r",
    namespace: "n",
    mode: "misconfig",
    medic: "on",
    seed: 1,
    startedAt: "",
    endedAt: "",
    seconds: 1,
    fault: { name: "misconfig", target: 2, detail: "", injected: true, at: "" },
    clients: [0, 1, 2, 3].map((one) => client(one, "passed")),
    incidents: [],
    passed: true,
    problems: [],
    ...rest,
  };
  return { record, traffic: { requests, writes: Array.from({ length: writes }, () => write) }, chatMessages };
}
const targetDown = [client(0, "passed"), client(1, "passed"), client(2, "environment"), client(3, "passed")];

test("every cell has an expectation, and without the medic nothing ever writes", () => {
  for (const mode of MODES) {
    for (const model of MODELS) {
      const expected = expectationOf(mode, "off", model);
      assert.deepEqual([expected.writes, expected.messages, expected.incidents], ["none", 0, "none"]);
      assert.equal(expected.target, mode === "none" ? "passed" : "environment");
    }
  }
});

test("a cordon is escalated without a model and repaired with one", () => {
  assert.equal(expectationOf("chaos-recoverable", "on", "none").incidents, "escalated");
  assert.equal(expectationOf("chaos-recoverable", "on", "none").target, "environment");
  assert.equal(expectationOf("chaos-recoverable", "on", "rehearsal").incidents, "repaired by tier 2");
  assert.equal(expectationOf("chaos-recoverable", "on", "real").target, "passed");
});

test("a misconfig never calls a model, whatever there is", () => {
  for (const model of MODELS) assert.equal(expectationOf("misconfig", "on", model).modelCalls, false);
});

test("cells that show what is expected have no differences", () => {
  const repaired = seen({ incidents: [incident({})], writes: 2 });
  assert.deepEqual(differencesFrom(expectationOf("misconfig", "on", "none"), repaired), []);
  const message = seen({ incidents: [escalated], clients: targetDown });
  assert.deepEqual(differencesFrom(expectationOf("chaos-unrecoverable", "on", "none"), message), []);
  const { fault: _, ...healthy } = seen({}).record;
  assert.deepEqual(differencesFrom(expectationOf("none", "on", "none"), seen(healthy)), []);
});

const misconfigOn = expectationOf("misconfig", "on", "none");
const noneOn = expectationOf("none", "on", "none");
const chaosOn = expectationOf("chaos-unrecoverable", "on", "none");
const WRONG: Record<string, [typeof misconfigOn, Observation, RegExp]> = {
  "a control client that fails": [
    misconfigOn,
    seen({ incidents: [incident({})], writes: 2, clients: [client(0, "tests"), client(2, "passed")] }),
    /client 0 should end as passed, but ended as tests/,
  ],
  "a target that passes although nobody helped": [
    expectationOf("misconfig", "off", "none"),
    seen({ medic: "off" }),
    /client 2, the target, should end as environment/,
  ],
  "a write on a healthy build": [noneOn, seen({ writes: 1 }), /no write .* patch statefulsets\/server-2/],
  "an incident on a healthy build": [
    noneOn,
    seen({ incidents: [incident({})] }),
    /no incidents expected, 1 seen/,
  ],
  "an incident on a stack without a fault": [
    misconfigOn,
    seen({ incidents: [incident({ client: "1" })], writes: 2 }),
    /an incident on client 1/,
  ],
  "a repair by tier 2 where tier 1 knows the way": [
    misconfigOn,
    seen({ incidents: [incident({ tier: 2, turns: 3 })], writes: 2 }),
    /repaired by tier 2; a model was called/,
  ],
  "a repair that nobody made": [
    misconfigOn,
    seen({ incidents: [incident({ actions: [] })], writes: 2 }),
    /should be repaired by tier 1, but is Resolved/,
  ],
  "a repair without a write in the audit log": [
    misconfigOn,
    seen({ incidents: [incident({})], writes: 0 }),
    /the medic wrote nothing/,
  ],
  "two messages": [
    chaosOn,
    seen({ incidents: [escalated], clients: targetDown, chatMessages: 2 }),
    /one message expected, 2 sent/,
  ],
  "an escalation whose message never left": [
    chaosOn,
    seen({ incidents: [incident({ ...escalated, messageSent: false })], clients: targetDown }),
    /one message expected, 0 sent/,
  ],
  "an audit log that has never seen the medic": [
    noneOn,
    seen({ requests: 0 }),
    /no request of the medic at all/,
  ],
  "trouble of the build itself": [
    noneOn,
    seen({ problems: ["namespace still there"] }),
    /namespace still there/,
  ],
};
for (const [name, [expected, observation, wanted]] of Object.entries(WRONG)) {
  test(`${name} is a difference`, () => {
    assert.match(differencesFrom(expected, observation).join("; "), wanted);
  });
}
