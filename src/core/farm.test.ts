import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import {
  MINUTE,
  SECOND,
  crashed,
  imageNotFound,
  running,
  unscheduled,
  waiting,
} from "../../test/support/stack-pieces.ts";
import { farmState, symptomOf } from "./farm.ts";
import type { Finding } from "./finding.ts";

const stateOf = (...stacks: readonly StackBuilder[]) =>
  farmState(
    stacks.map((stack) => stack.cached().snapshot()),
    policy,
  );
const stuck = aStack().withPod(imageNotFound("x:1"));
const finding = (reason: Finding["reason"], kind: Finding["class"]): Finding => ({
  reason,
  class: kind,
  subject: "Pod/x",
  message: "",
  since: 0,
  terminal: false,
});

test("the asking stack counts, and so does every other that is not being deleted", () => {
  assert.deepEqual(stateOf(), { stacks: 1, stacksBySymptom: {} });
  assert.deepEqual(stateOf(aStack(), aStack().testsStarted(), aStack().namespace({ terminating: true })), {
    stacks: 3,
    stacksBySymptom: {},
  });
});

test("stacks are counted by what ails them", () => {
  assert.deepEqual(stateOf(stuck, stuck, aStack().withPod(crashed())).stacksBySymptom, {
    ImageNotFound: 2,
    CrashLoop: 1,
  });
});

test("a stack that is coming up ails nothing yet", () => {
  assert.deepEqual(stateOf(aStack().withPod(running(0)).after(SECOND)).stacksBySymptom, {});
});

test("a stack that hides its trouble behind started tests or a dying namespace is not counted", () => {
  assert.deepEqual(stateOf(stuck.testsStarted(), stuck.namespace({ terminating: true })).stacksBySymptom, {});
});

const told = { findings: [finding("ImageDrift", "drift"), finding("NodesCordoned", "beyond")] };
const now = aStack().snapshot().at;

test("an incident of the last two minutes counts though its stack looks well, until it is resolved", () => {
  const open = aStack().incident({ ...told, times: { Detected: now - MINUTE } });
  assert.deepEqual(stateOf(open).stacksBySymptom, { NodesCordoned: 1 });
  const escalated = aStack().incident({ ...told, phase: "Escalated", times: { Detected: now - MINUTE } });
  assert.deepEqual(stateOf(escalated).stacksBySymptom, { NodesCordoned: 1 });
  const resolved = aStack().incident({ ...told, phase: "Resolved", times: { Detected: now - MINUTE } });
  assert.deepEqual(stateOf(resolved).stacksBySymptom, {});
});

test("an incident that is older, or that nobody detected, or that found nothing, does not count", () => {
  const old = stuck.incident({ ...told, phase: "Escalated", times: { Detected: now - 2 * MINUTE } });
  const odd = aStack().incident({ ...told, times: {} });
  const empty = aStack().incident({ findings: [], times: { Detected: now - MINUTE } });
  assert.deepEqual(stateOf(old, odd, empty).stacksBySymptom, {});
});

test("a stack with an incident and the same trouble still counts once", () => {
  const both = stuck.incident({
    findings: [finding("ImageNotFound", "beyond")],
    times: { Detected: now - MINUTE },
  });
  assert.deepEqual(stateOf(both).stacksBySymptom, { ImageNotFound: 1 });
});

test("the symptom is what one cause does to many stacks, not what their intent says", () => {
  assert.equal(symptomOf([]), undefined);
  assert.equal(
    symptomOf([
      finding("ImageDrift", "drift"),
      finding("IntentMissing", "intent"),
      finding("Starting", "wait"),
      finding("SandboxTimeout", "wait"),
    ]),
    "SandboxTimeout",
  );
  assert.equal(symptomOf([finding("ImageDrift", "drift"), finding("Starting", "wait")]), "ImageDrift");
});

test("a stack that nobody can explain has that as its symptom", () => {
  const unseen = aStack().withPod((pod) => ({ ...unscheduled("")(pod), conditions: [] }));
  assert.deepEqual(stateOf(unseen).stacksBySymptom, { NotReady: 1 });
  assert.deepEqual(stateOf(aStack().withPod(waiting("ContainerCreating"))).stacksBySymptom, { Starting: 1 });
});
