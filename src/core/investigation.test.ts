import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { crashed } from "../../test/support/stack-pieces.ts";
import { Reasons } from "./finding.ts";
import type { Finding, Reason } from "./finding.ts";
import { RUNNING } from "./incident.ts";
import type { EpisodeRecord, IncidentStatus } from "./incident.ts";
import { orInvestigate, underWay } from "./investigation.ts";
import type { Plan } from "./plan.ts";

const stack = aStack().withPod(crashed());
const tier2 = { ...policy, tier2: true };
const escalate = (reason: Reason = "CrashLoop"): Plan & { kind: "escalate" } => ({
  kind: "escalate",
  reason,
  rootCause: "the server ends again and again",
});
const found = (reason: Reason): readonly Finding[] => [
  { reason, class: "beyond", subject: "Pod/server-0-0", message: "", since: 0, terminal: true },
];
const ask = (on: StackBuilder, reason: Reason = "CrashLoop", findings = found(reason)): Plan =>
  orInvestigate(on.view(), tier2, escalate(reason), findings);

const forPeople: readonly string[] = [
  "IntentInvalid",
  "IntentAmbiguous",
  "IntentConflict",
  "IntentRejected",
  "StackIncomplete",
  "RepairRefused",
  "Storm",
];
for (const reason of Object.keys(Reasons) as Reason[]) {
  const never = forPeople.includes(reason);
  test(`${reason} ${never ? "is for people" : "is for a model first"}`, () => {
    assert.deepEqual(
      ask(stack, reason),
      never
        ? escalate(reason)
        : { kind: "investigate", reason, rootCause: "the server ends again and again" },
    );
  });
}

test("without a second tier everything is for people", () => {
  assert.deepEqual(orInvestigate(stack.view(), policy, escalate(), found("CrashLoop")), escalate());
});

test("in a storm no model is asked, by what is found now or by what the incident found", () => {
  const storm = stack.farm({ stacks: 8, stacksBySymptom: { CrashLoop: 4 } });
  assert.equal(ask(storm).kind, "escalate");
  assert.equal(ask(storm.incident({ findings: found("CrashLoop") }), "NotReady", []).kind, "escalate");
  assert.equal(ask(storm, "NodeLost").kind, "investigate");
  assert.equal(ask(storm.incident({}), "NotReady", []).kind, "investigate");
});

const ended: EpisodeRecord = {
  model: "m",
  turns: 2,
  tokens: 3,
  costUsd: 0.1,
  outcome: "completed",
  tools: [],
};
const during = (episode: Partial<EpisodeRecord>, status: Partial<IncidentStatus> = {}): StackBuilder =>
  stack.incident({ phase: "Investigating", episode: { ...ended, ...episode }, ...status });

test("while a model looks at a stack nothing else touches it", () => {
  const running = during({ outcome: RUNNING });
  const hold = { kind: "hold", why: "an episode is under way" };
  assert.deepEqual(ask(running), hold);
  assert.deepEqual(underWay(running.view()), hold);
});

test("nothing is under way without an episode, after one, and after its incident was closed", () => {
  assert.equal(underWay(stack.view()), undefined);
  assert.equal(underWay(during({}).view()), undefined);
  for (const phase of ["Resolved", "Escalated", "Gone"] as const)
    assert.equal(underWay(during({ outcome: RUNNING }, { phase }).view()), undefined);
});

test("a model is asked once in an outage, and again in the next one", () => {
  assert.equal(ask(during({})).kind, "escalate");
  assert.equal(ask(during({ outcome: "no-budget" })).kind, "escalate");
  assert.equal(ask(during({}, { phase: "Resolved" })).kind, "investigate");
});

const messages: Record<string, readonly [Partial<EpisodeRecord>, string]> = {
  "the model's conclusion with all it says": [
    {
      conclusion: {
        rootCause: "The schema is missing",
        evidence: ' log: "no such table" ',
        nextStep: "Run the migration!",
      },
    },
    "The schema is missing. The medic's own finding: the server ends again and again.",
  ],
  "its bare root cause": [
    { conclusion: { rootCause: "Is the schema there?" } },
    "Is the schema there? The medic's own finding: the server ends again and again.",
  ],
  "that it had none, and how it ended": [
    { outcome: "max-turns" },
    "the server ends again and again; the model had no conclusion when its turns were used up",
  ],
  "that none was asked, and why": [
    { outcome: "no-budget" },
    "the server ends again and again; no model was asked, because this hour's budget is spent",
  ],
  "an end that has no words of its own": [
    { outcome: "constructor" },
    "the server ends again and again; the model had no conclusion (constructor)",
  ],
};
for (const [what, [episode, rootCause]] of Object.entries(messages)) {
  test(`after an episode people are told ${what}, beside the medic's own finding`, () =>
    assert.deepEqual(ask(during(episode)), { ...escalate(), rootCause }));
}
