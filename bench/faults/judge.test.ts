import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "../../src/core/json.ts";
import { judge } from "./judge.ts";
import type { Evidence } from "./judge.ts";
import { KINDS } from "./kinds.ts";
import type { Outage } from "./outage.ts";
import type { Write } from "./writes.ts";

const declared = templateOf("good");

function templateOf(image: string): JsonObject {
  return { replicas: 1, template: { spec: { containers: [{ name: "server", image }] } } };
}

function outage(kind: string, more: Partial<Outage> = {}): Outage {
  return {
    number: 7,
    namespace: "outage-0007",
    kind: KINDS.find(({ name }) => name === kind)!,
    node: "cordoned-7",
    restarts: false,
    deletion: undefined,
    declared,
    brokenAt: 1000,
    deleted: false,
    settled: true,
    met: new Set(),
    ...more,
  };
}

const patch: Write = {
  at: 2000,
  verb: "patch",
  resource: "statefulsets",
  namespace: "outage-0007",
  name: "server-0",
  sent: [
    { op: "test", path: "/metadata/uid", value: "u" },
    { op: "replace", path: "/spec/template", value: {} },
  ],
  object: { spec: declared },
};

const stuckPod: Write = {
  at: 3000,
  verb: "delete",
  resource: "pods",
  namespace: "outage-0007",
  name: "server-0-0",
  sent: {},
  object: {
    spec: { containers: [{ image: "missing" }] },
    status: { conditions: [{ type: "Ready", status: "False" }] },
  },
};

const uncordon: Write = {
  at: 2000,
  verb: "patch",
  resource: "nodes",
  namespace: "",
  name: "cordoned-7",
  sent: [{ op: "replace", path: "/spec/unschedulable", value: false }],
  object: { spec: {} },
};

const word: Write = {
  ...patch,
  verb: "create",
  resource: "events",
  name: "server-0.1",
  object: { involvedObject: { kind: "StatefulSet", name: "server-0" } },
};

function evidence(kind: string, more: Partial<Evidence>): Evidence {
  return { outage: outage(kind), incidents: [], messages: 0, writes: [], ready: true, ...more };
}

function ended(...phases: string[]): Evidence["incidents"] {
  return phases.map((phase) => ({ status: { phase, reason: "", rootCause: "" } }));
}

const verdicts = (given: Evidence): string[] => judge(given).map(({ verdict }) => verdict);

describe("the judgement of an outage", () => {
  const fine: Readonly<Record<string, Evidence>> = {
    "a repair": evidence("image drift", { incidents: ended("Resolved"), writes: [patch, word, stuckPod] }),
    "an escalation": evidence("never ready", { incidents: ended("Escalated"), messages: 1, ready: false }),
    "an uncordoned node": evidence("cordoned node", { incidents: ended("Resolved"), writes: [uncordon] }),
    "a build that was deleted": evidence("image drift", {
      outage: outage("image drift", { deleted: true }),
      incidents: ended("Gone"),
      ready: false,
    }),
    "a stack in its tests": evidence("broken in its tests", { ready: false }),
  };
  for (const [name, given] of Object.entries(fine)) {
    it(`finds nothing in ${name}`, () => assert.deepEqual(judge(given), []));
  }

  const repaired = { incidents: ended("Resolved") };
  const wrongTemplate = { ...patch, object: { spec: templateOf("other") } };
  const readyPod = {
    ...stuckPod,
    object: { ...stuckPod.object, status: { conditions: [{ type: "Ready", status: "True" }] } },
  };
  const goodPod = { ...stuckPod, object: { ...stuckPod.object, spec: { containers: [{ image: "good" }] } } };
  const more = { ...patch, sent: [{ op: "replace", path: "/metadata/labels", value: {} }] };
  const bad: Readonly<Record<string, readonly [Evidence, string]>> = {
    "no message of an escalation": [
      evidence("never ready", { incidents: ended("Escalated"), ready: false }),
      "lost",
    ],
    "two messages of one escalation": [
      evidence("never ready", { incidents: ended("Escalated"), messages: 2, ready: false }),
      "doubled",
    ],
    "a message about what was repaired": [evidence("image drift", { ...repaired, messages: 1 }), "doubled"],
    "a repair made twice": [evidence("image drift", { ...repaired, writes: [patch, patch] }), "repeated"],
    "a pod deleted twice": [
      evidence("image drift", { ...repaired, writes: [patch, stuckPod, { ...stuckPod, at: 4000 }] }),
      "repeated",
    ],
    "another image than the declared one": [
      evidence("image drift", { ...repaired, writes: [wrongTemplate] }),
      "wrong",
    ],
    "a write beside the intent": [evidence("image drift", { ...repaired, writes: [more] }), "wrong"],
    "a write before anything broke": [
      evidence("image drift", { ...repaired, writes: [{ ...patch, at: 500 }] }),
      "wrong",
    ],
    "a pod deleted that was ready": [evidence("image drift", { ...repaired, writes: [readyPod] }), "wrong"],
    "a pod deleted that was right": [evidence("image drift", { ...repaired, writes: [goodPod] }), "wrong"],
    "another stack's database": [
      evidence("image drift", { ...repaired, writes: [{ ...patch, name: "db-0" }] }),
      "wrong",
    ],
    "a write in the tests": [evidence("broken in its tests", { ready: false, writes: [patch] }), "wrong"],
    "a word in the tests": [evidence("broken in its tests", { ready: false, writes: [word] }), "wrong"],
    "a word said twice": [evidence("image drift", { ...repaired, writes: [word, word] }), "repeated"],
    "a write where only people can help": [
      evidence("intent unusable", { incidents: ended("Escalated"), messages: 1, writes: [patch] }),
      "wrong",
    ],
    "a node that stays cordoned": [
      evidence("cordoned node", {
        ...repaired,
        writes: [{ ...uncordon, object: { spec: { unschedulable: true } } }],
      }),
      "wrong",
    ],
    "something made": [
      evidence("image drift", { ...repaired, writes: [{ ...patch, verb: "create", resource: "pods" }] }),
      "wrong",
    ],
    "an incident without an end": [evidence("image drift", { incidents: ended("Remediating") }), "open"],
    "a broken stack that is called repaired": [
      evidence("image drift", { ...repaired, ready: false }),
      "silent",
    ],
    "a broken stack without an incident": [evidence("image drift", { ready: false }), "silent"],
  };
  for (const [name, [given, verdict]] of Object.entries(bad)) {
    it(`finds ${name}`, () => assert.deepEqual(verdicts(given), [verdict]));
  }
});
