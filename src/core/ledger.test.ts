import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RUNNING } from "./incident.ts";
import type { EpisodeRecord, Incident } from "./incident.ts";
import { isRunning, mayBegin, spentUsd, worstHourUsd } from "./ledger.ts";

const HOUR = 60 * 60_000;
const now = Date.UTC(2026, 0, 5, 12);
const budget = { maxBudgetUsd: 0.5, hourlyBudgetUsd: 1.5 };

type Kept = Pick<Incident, "status">;
const blank = { phase: "Investigating", tier: 2, reason: "", rootCause: "", findings: [] } as const;
const without: Kept = { status: { ...blank, attempts: [], times: {} } };
const ended: EpisodeRecord = {
  model: "m",
  turns: 3,
  tokens: 9,
  costUsd: 0.2,
  outcome: "completed",
  tools: [],
  startedAt: now - 60_000,
};
const keeps = (episode: Partial<EpisodeRecord>): Kept => ({
  status: { ...without.status, episode: { ...ended, ...episode } },
});
const running = keeps({ costUsd: 0, outcome: RUNNING, reservedUsd: 0.5 });

const counted: Record<string, readonly [readonly Kept[], number]> = {
  "an incident without an episode costs nothing": [[without], 0],
  "an episode that has ended counts with what it cost": [[keeps({})], 0.2],
  "one that runs counts with what is reserved for it": [[running], 0.5],
  "one that was interrupted, so that its cost is not known, counts with what is reserved": [
    [keeps({ costUsd: 0.1, outcome: "interrupted", reservedUsd: 0.5 })],
    0.5,
  ],
  "one that cost more than was reserved counts with what it cost": [
    [keeps({ costUsd: 0.7, reservedUsd: 0.5 })],
    0.7,
  ],
  "one that never began costs nothing": [[keeps({ costUsd: 0, outcome: "no-budget" })], 0],
  "all of them count together": [[running, keeps({}), without, running], 1.2],
};
for (const [behaviour, [incidents, usd]] of Object.entries(counted)) {
  test(behaviour, () => assert.ok(Math.abs(spentUsd(incidents, now) - usd) < 1e-9));
}

test("an episode without a start was none", () => {
  const { startedAt: _, ...never } = ended;
  assert.equal(spentUsd([{ status: { ...without.status, episode: never } }], now), 0);
});

test("an episode is forgotten when an hour has passed since it began, to the millisecond", () => {
  assert.equal(spentUsd([keeps({ startedAt: now - HOUR + 1 })], now), 0.2);
  assert.equal(spentUsd([keeps({ startedAt: now - HOUR })], now), 0);
});

test("an episode may begin while the hour has room for its whole budget, and is told how much is left", () => {
  assert.deepEqual(mayBegin([running, running], now, budget), {
    allowed: true,
    why: "$1.00 of $1.50 spent or reserved within the last hour",
  });
  assert.deepEqual(mayBegin([running, running, keeps({ costUsd: 0.01 })], now, budget), {
    allowed: false,
    why: "$1.01 of $1.50 spent or reserved within the last hour, an episode may need $0.50",
  });
});

test("cents that binary numbers cannot hold do not cost an episode its place", () => {
  const cents = Array.from({ length: 10 }, () => keeps({ costUsd: 0.1 }));
  assert.equal(mayBegin(cents, now, budget).allowed, true);
});

test("an hour whose budget is smaller than an episode's has none", () => {
  assert.equal(mayBegin([], now, { maxBudgetUsd: 0.5, hourlyBudgetUsd: 0.49 }).allowed, false);
});

const worst: Record<string, readonly [maxConcurrent: number, hourly: number, expected: number]> = {
  "three at once may each exceed it by a turn": [3, 1.5, 1.8],
  "one at a time exceeds it by one turn": [1, 1.5, 1.6],
  "no more run at once than the hour has room for": [9, 1.2, 1.4],
  "an hour without room for one costs nothing": [3, 0.4, 0],
};
for (const [behaviour, [maxConcurrentEpisodes, hourlyBudgetUsd, usd]] of Object.entries(worst)) {
  test(`the worst hour: ${behaviour}`, () => {
    const found = worstHourUsd({ maxBudgetUsd: 0.5, hourlyBudgetUsd, maxConcurrentEpisodes }, 0.1);
    assert.ok(Math.abs(found - usd) < 1e-9, String(found));
  });
}

test("only an episode without an end runs", () => {
  assert.equal(isRunning(running.status.episode), true);
  assert.equal(isRunning(ended), false);
  assert.equal(isRunning(undefined), false);
});

const kept = fc
  .record({
    costUsd: fc.integer({ min: 0, max: 80 }).map((cents) => cents / 100),
    reserved: fc.boolean(),
    startedAt: fc.integer({ min: now - 2 * HOUR, max: now }),
    outcome: fc.constantFrom(RUNNING, "completed", "interrupted"),
  })
  .map(({ reserved, ...episode }) => keeps({ ...episode, ...(reserved ? { reservedUsd: 0.5 } : {}) }));

test("in whatever order incidents are read, the answer is the same", () => {
  const shuffled = fc
    .array(kept, { maxLength: 8 })
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
  fc.assert(
    fc.property(shuffled, ([all, other]) => {
      assert.ok(Math.abs(spentUsd(all, now) - spentUsd(other, now)) < 1e-9);
      assert.equal(mayBegin(all, now, budget).allowed, mayBegin(other, now, budget).allowed);
    }),
  );
});

interface Step {
  readonly waitMs: number;
  readonly begin: boolean;
  /** Of those that run, which one ends, what it cost, and whether that is known. */
  readonly which: number;
  readonly cents: number;
  readonly known: boolean;
}
const steps = fc.array(
  fc.record<Step>({
    waitMs: fc.integer({ min: 0, max: HOUR / 3 }),
    begin: fc.boolean(),
    which: fc.nat(),
    cents: fc.integer({ min: 0, max: 50 }),
    known: fc.boolean(),
  }),
  { maxLength: 40 },
);

test("episodes begun within any hour never cost more than its budget, whenever they end", () => {
  let refused = 0;
  fc.assert(
    fc.property(steps, (history) => {
      // What really happened, beside what the incidents say.
      const episodes: { at: number; really: number; record: Kept }[] = [];
      let at = now;
      for (const { waitMs, begin, which, cents, known } of history) {
        at += waitMs;
        const open = episodes.filter(({ record }) => isRunning(record.status.episode));
        if (begin) {
          const { allowed } = mayBegin(
            episodes.map(({ record }) => record),
            at,
            budget,
          );
          if (!allowed) refused += 1;
          else
            episodes.push({ at, really: 0.5, record: keeps({ ...running.status.episode, startedAt: at }) });
        } else if (open.length > 0) {
          const one = open[which % open.length]!;
          one.really = cents / 100;
          // Without a known end the medic knows less than it cost.
          one.record = keeps({
            startedAt: one.at,
            costUsd: known ? one.really : 0,
            outcome: known ? "completed" : "interrupted",
            ...(known ? {} : { reservedUsd: 0.5 }),
          });
        }
        const hour = episodes.filter((episode) => episode.at > at - HOUR);
        const sum = hour.reduce((total, { really }) => total + really, 0);
        assert.ok(sum <= budget.hourlyBudgetUsd + 1e-9, `${sum}`);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(refused > 20, "the property must be able to fail");
});
