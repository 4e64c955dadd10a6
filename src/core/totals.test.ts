import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RUNNING, Phases } from "./incident.ts";
import type { Attempt, EpisodeRecord, Incident, IncidentSpec, IncidentStatus } from "./incident.ts";
import { outcomeOf, totalsOf, wouldHave } from "./totals.ts";
import type { Totals } from "./totals.ts";

const options = { rerunMinutes: 40, worstEpisodeUsd: 1 };
const DAY = Date.UTC(2026, 0, 5);

const tried = (by: Attempt["by"], outcome: Attempt["outcome"]): Attempt => ({
  action: "reconcile-to-intent",
  target: "StatefulSet/server-0",
  by,
  at: DAY,
  outcome,
  detail: "image: x:bad → x:1",
});
const episode: EpisodeRecord = {
  model: "m",
  turns: 3,
  tokens: 9,
  costUsd: 0.02,
  outcome: "completed",
  tools: [],
  startedAt: DAY,
  endedAt: DAY + 1,
};

interface Given extends Partial<IncidentStatus> {
  readonly run?: string;
  readonly spec?: Partial<IncidentSpec>;
  readonly createdAt?: number;
}

function incident({ run = "1", spec, createdAt = DAY, ...status }: Given): Incident {
  return {
    name: "i",
    uid: "u",
    resourceVersion: "1",
    createdAt,
    spec: {
      namespace: `ci-${run}`,
      client: "0",
      runId: run,
      statefulSet: "server-0",
      statefulSetUid: "s",
      pod: "",
      ...spec,
    },
    status: {
      phase: "Resolved",
      tier: 1,
      reason: "ImageDrift",
      rootCause: "",
      findings: [],
      attempts: [],
      times: {},
      ...status,
    },
  };
}

const repaired: Given = { attempts: [tried("playbook", "applied")] };
const uncordoned: Given = { tier: 2, attempts: [tried("agent", "applied")], episode };
const handedOver: Given = { phase: "Escalated" };
const observed: Given = { phase: "Escalated", attempts: [tried("playbook", "observed")] };
const unasked: Given = { phase: "Escalated", wouldInvestigate: true };

const outcomes: Record<string, readonly [Given, ReturnType<typeof outcomeOf>]> = {
  "a change of the playbook that held is a repair of tier 1": [repaired, "repaired-tier1"],
  "a change that a model asked for is a repair of tier 2": [uncordoned, "repaired-tier2"],
  "a model's change after one of the playbook is a repair of tier 2": [
    { attempts: [tried("playbook", "applied"), tried("agent", "applied")] },
    "repaired-tier2",
  ],
  "a stack that became ready without a change was not repaired by the medic": [{}, "recovered"],
  "nor one whose wanted state was there already": [{ attempts: [tried("playbook", "already")] }, "recovered"],
  "nor one that a model only looked at": [{ tier: 2, episode }, "recovered"],
  "nor one whose repair was only observed": [
    { attempts: [tried("playbook", "observed"), tried("agent", "observed")] },
    "recovered",
  ],
  "a change that did not help ends as escalated": [{ ...repaired, ...handedOver }, "escalated"],
  "a stack that went away is gone": [{ ...repaired, phase: "Gone" }, "gone"],
  "a repair that must still hold is open": [{ ...repaired, phase: "Verifying" }, "open"],
  "an episode that runs keeps it open": [
    { ...uncordoned, episode: { ...episode, outcome: RUNNING } },
    "open",
  ],
};

for (const [name, [given, expected]] of Object.entries(outcomes)) {
  test(name, () => assert.equal(outcomeOf(incident(given)), expected));
}

const heldBack: Record<string, readonly [Given, ReturnType<typeof wouldHave>]> = {
  "the mode held a repair of the playbook back": [observed, "repair-tier1"],
  "the mode held a model's repair back": [
    { phase: "Escalated", episode, attempts: [tried("agent", "observed")] },
    "repair-tier2",
  ],
  "no model was there to ask": [unasked, "investigate"],
  "nothing was held back where people were needed anyway": [handedOver, undefined],
  "nor where a repair was refused for another reason": [
    { phase: "Escalated", attempts: [tried("playbook", "refused")] },
    undefined,
  ],
  "nor where something was done: what it would have done is told by what it did": [
    { attempts: [tried("playbook", "observed"), tried("playbook", "applied")] },
    undefined,
  ],
};

for (const [name, [given, expected]] of Object.entries(heldBack)) {
  test(name, () => assert.equal(wouldHave(incident(given)), expected));
}

const builds: Record<string, readonly [readonly Given[], Partial<Totals["builds"]>]> = {
  "a build is saved when its incident was repaired": [[repaired], { total: 1, saved: 1 }],
  "a build with two repaired incidents is saved once": [[repaired, uncordoned], { total: 1, saved: 1 }],
  "a build with one repaired and one recovered stack is saved": [[repaired, {}], { total: 1, saved: 1 }],
  "a build whose stacks all recovered by themselves is not the medic's to count": [
    [{}, {}],
    { total: 1, recovered: 1 },
  ],
  "one escalated stack makes a build not saved": [[repaired, handedOver], { total: 1, "not-saved": 1 }],
  "one stack that went away makes a build not saved": [
    [repaired, { phase: "Gone" }],
    { total: 1, "not-saved": 1 },
  ],
  "a build with an open incident is not counted yet": [
    [repaired, handedOver, { phase: "Detected" }],
    { total: 1, open: 1 },
  ],
  "builds are told apart by their run id": [
    [repaired, { ...handedOver, run: "2" }],
    { total: 2, saved: 1, "not-saved": 1 },
  ],
  "a build in two namespaces is one": [
    [repaired, { ...handedOver, spec: { namespace: "other" } }],
    { total: 1, "not-saved": 1 },
  ],
  "builds without a run id are told apart by their namespaces": [
    [
      { ...repaired, spec: { runId: "", namespace: "a" } },
      { ...handedOver, spec: { runId: "", namespace: "b" } },
    ],
    { total: 2, saved: 1, "not-saved": 1 },
  ],
  "the record of a storm is no build": [[{ ...handedOver, spec: { namespace: "*", client: "*" } }], {}],
};

for (const [name, [given, expected]] of Object.entries(builds)) {
  test(name, () => {
    const none = { total: 0, saved: 0, recovered: 0, "not-saved": 0, open: 0 };
    assert.deepEqual(totalsOf(given.map(incident), options).builds, { ...none, ...expected });
  });
}

test("tells what was done apart from what would have been done", () => {
  const totals = totalsOf(
    [
      incident({ ...repaired, run: "1" }),
      incident({ ...uncordoned, run: "2", createdAt: DAY + 5 }),
      incident({ ...observed, run: "3", times: { Detected: DAY - 7 } }),
      incident({ ...observed, run: "4" }),
      incident({ ...handedOver, run: "4" }),
      incident({ ...unasked, run: "5" }),
      incident({ ...handedOver, spec: { client: "*" }, createdAt: 1 }),
    ],
    options,
  );
  assert.deepEqual(totals, {
    since: DAY - 7,
    incidents: {
      total: 6,
      "repaired-tier1": 1,
      "repaired-tier2": 1,
      recovered: 0,
      escalated: 4,
      gone: 0,
      open: 0,
    },
    storms: 1,
    builds: { total: 5, saved: 2, recovered: 0, "not-saved": 3, open: 0 },
    minutesSaved: 80,
    episodes: 1,
    spentUsd: 0.02,
    reservedUsd: 0,
    wouldHave: {
      "repair-tier1": 2,
      "repair-tier2": 0,
      investigate: 1,
      worstUsd: 1,
      buildsSaved: 1,
      minutesSaved: 40,
    },
  } satisfies Totals);
});

test("counts the dollars that are known apart from those that may have been spent", () => {
  const { spentUsd, reservedUsd, episodes } = totalsOf(
    [
      incident({ episode: { ...episode, costUsd: 0.1 } }),
      incident({ episode: { ...episode, costUsd: 0.2, outcome: "interrupted", reservedUsd: 0.5 } }),
      incident({ episode: { ...episode, costUsd: 0.7, reservedUsd: 0.5 } }),
      incident({ episode: noBudget }),
    ],
    options,
  );
  assert.deepEqual({ spentUsd, reservedUsd, episodes }, { spentUsd: 1, reservedUsd: 0.3, episodes: 3 });
});

const { startedAt: _, ...noBudget }: EpisodeRecord = { ...episode, costUsd: 0, outcome: "no-budget" };

test("has nothing to tell of no incidents", () => {
  const totals = totalsOf([], options);
  assert.equal(totals.since, undefined);
  assert.deepEqual([totals.builds.total, totals.incidents.total, totals.minutesSaved], [0, 0, 0]);
});

const anyIncident = fc
  .record({
    run: fc.constantFrom("1", "2", "3"),
    phase: fc.constantFrom(...Phases),
    attempts: fc.array(
      fc
        .tuple(
          fc.constantFrom<Attempt["by"][]>("playbook", "agent"),
          fc.constantFrom<Attempt["outcome"][]>(
            "pending",
            "applied",
            "already",
            "refused",
            "failed",
            "observed",
          ),
        )
        .map(([by, outcome]) => tried(by, outcome)),
      { maxLength: 3 },
    ),
    wouldInvestigate: fc.boolean(),
  })
  .map(incident);

test("every incident and every build is counted exactly once, and nothing held back counts as done", () => {
  fc.assert(
    fc.property(fc.array(anyIncident, { maxLength: 8 }), (incidents) => {
      const { incidents: outcome, builds: build, wouldHave: would } = totalsOf(incidents, options);
      const { total, ...each } = outcome;
      assert.equal(total, incidents.length);
      assert.equal(
        Object.values(each).reduce((sum, one) => sum + one),
        total,
      );
      const { total: all, ...came } = build;
      assert.equal(
        Object.values(came).reduce((sum, one) => sum + one),
        all,
      );
      assert.equal(all, new Set(incidents.map(({ spec }) => spec.runId)).size);
      assert.ok(would.buildsSaved <= build["not-saved"]);
      const applied = incidents.filter(({ status }) =>
        status.attempts.some(({ outcome: came }) => came === "applied"),
      );
      assert.ok(outcome["repaired-tier1"] + outcome["repaired-tier2"] <= applied.length);
      assert.ok(build.saved <= applied.length);
    }),
  );
});
