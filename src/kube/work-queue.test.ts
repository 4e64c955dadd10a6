import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { SteppedClock } from "../../test/support/stepped-clock.ts";
import { MedicError } from "../lib/medic-error.ts";
import { WorkQueue } from "./work-queue.ts";

interface Rig {
  readonly clock: SteppedClock;
  readonly queue: WorkQueue<string>;
  readonly log: ReturnType<typeof collectingLog>;
  /** Keys in the order in which work on them began, with the time since the start. */
  readonly begun: { key: string; at: number }[];
  /** Ends the running work on a key. */
  readonly finish: (key: string, error?: Error) => Promise<void>;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

function rig(concurrency = 8): Rig {
  const clock = new SteppedClock();
  const log = collectingLog();
  const queue = new WorkQueue<string>({ clock, log, concurrency, backoff: { firstMs: 100, maxMs: 800 } });
  const begun: Rig["begun"] = [];
  const running = new Map<string, PromiseWithResolvers<void>>();
  const start = clock.now();
  const stop = new AbortController();
  const ended = queue.run((key) => {
    assert.ok(!running.has(key), `two workers on ${key}`);
    assert.ok(running.size < concurrency, "more workers than allowed");
    begun.push({ key, at: clock.now() - start });
    const work = Promise.withResolvers<void>();
    running.set(key, work);
    return work.promise;
  }, stop.signal);
  async function finish(key: string, error?: Error): Promise<void> {
    const work = running.get(key);
    assert.ok(work !== undefined, `nobody works on ${key}`);
    running.delete(key);
    if (error === undefined) work.resolve();
    else work.reject(error);
    await setImmediate();
  }
  return { clock, queue, log, begun, finish, stop, ended };
}

const keysOf = (begun: Rig["begun"]): string[] => begun.map(({ key }) => key);

test("works once on a key that was added many times before a worker was free", async () => {
  const { queue, begun, finish } = rig(1);
  queue.add("a");
  queue.add("b");
  queue.add("b");
  await finish("a");
  await finish("b");
  assert.deepEqual(keysOf(begun), ["a", "b"]);
});

test("works again on a key that was added while it was being worked on", async () => {
  const { queue, begun, finish } = rig();
  queue.add("a");
  queue.add("a");
  queue.add("a");
  assert.deepEqual(keysOf(begun), ["a"]);
  await finish("a");
  await finish("a");
  assert.deepEqual(keysOf(begun), ["a", "a"]);
  assert.deepEqual(queue.stats(), { ready: 0, delayed: 0, active: 0 });
});

test("holds keys back while every worker is busy", async () => {
  const { queue, begun, finish } = rig(2);
  for (const key of ["a", "b", "c"]) queue.add(key);
  assert.deepEqual(keysOf(begun), ["a", "b"]);
  assert.deepEqual(queue.stats(), { ready: 1, delayed: 0, active: 2 });
  await finish("b");
  assert.deepEqual(keysOf(begun), ["a", "b", "c"]);
});

test("keeps the earliest of several deadlines", async () => {
  const { clock, queue, begun } = rig();
  queue.addAfter("a", 300);
  queue.addAfter("a", 100);
  queue.addAfter("a", 200);
  await clock.step(1000);
  assert.deepEqual(begun, [{ key: "a", at: 100 }]);
  assert.equal(clock.pending(), 0);
});

test("drops a deadline when the key is added at once", async () => {
  const { clock, queue, begun, finish } = rig();
  queue.addAfter("a", 100);
  queue.add("a");
  await finish("a");
  await clock.step(1000);
  assert.deepEqual(begun, [{ key: "a", at: 0 }]);
});

test("tries a failed key again later and later, up to the maximum", async () => {
  const { clock, queue, begun, finish } = rig();
  queue.add("a");
  for (const wait of [100, 200, 400, 800, 800]) {
    await finish("a", new Error("no answer"));
    await clock.step(wait);
  }
  assert.deepEqual(
    begun.map(({ at }) => at),
    [0, 100, 300, 700, 1500, 2300],
  );
});

test("forgets the failures of a key once it succeeded", async () => {
  const { clock, queue, begun, finish } = rig();
  queue.add("a");
  await finish("a", new Error("no answer"));
  await clock.step(100);
  await finish("a");
  queue.add("a");
  await finish("a", new Error("no answer"));
  await clock.step(100);
  assert.deepEqual(
    begun.map(({ at }) => at),
    [0, 100, 100, 200],
  );
});

test("does not repeat what cannot succeed, says so, and still takes the key when it is added again", async () => {
  const { clock, queue, begun, finish, log } = rig();
  queue.add("a");
  await finish("a", new MedicError("forbidden", "patch StatefulSet x/y: forbidden", { retriable: false }));
  await clock.step(10_000);
  assert.equal(begun.length, 1);
  assert.deepEqual(
    log.lines.map(({ level, fields }) => ({ level, ...fields })),
    [{ level: "error", key: "a", error: "patch StatefulSet x/y: forbidden" }],
  );
  queue.add("a");
  assert.equal(begun.length, 2);
});

test("a shutdown works off what is ready, drops what is delayed and waits for the last worker", async () => {
  const { clock, queue, begun, finish, ended } = rig(1);
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 100);
  let down = false;
  const shutDown = queue.shutDown().then(() => (down = true));
  queue.add("d");
  await clock.step(1000);
  assert.equal(down, false);
  await finish("a");
  await finish("b");
  await Promise.all([shutDown, ended]);
  assert.deepEqual(keysOf(begun), ["a", "b"]);
});

test("an abort begins nothing more but waits for the workers that are busy", async () => {
  const { queue, begun, finish, stop, ended } = rig(1);
  queue.add("a");
  queue.add("b");
  let over = false;
  const end = ended.then(() => (over = true));
  stop.abort();
  await setImmediate();
  assert.equal(over, false);
  await finish("a");
  await end;
  assert.deepEqual(keysOf(begun), ["a"]);
});

test("a shutdown of a queue that never ran resolves", async () => {
  const clock = new SteppedClock();
  const queue = new WorkQueue<string>({ clock, log: collectingLog() });
  queue.addAfter("a", 10);
  await queue.shutDown();
  assert.equal(clock.pending(), 0);
});

type Step =
  | { readonly kind: "add"; readonly key: string }
  | { readonly kind: "after"; readonly key: string; readonly ms: number }
  | { readonly kind: "finish"; readonly pick: number; readonly fails: boolean }
  | { readonly kind: "time"; readonly ms: number };

const key = fc.constantFrom("a", "b", "c", "d", "e");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), key }),
  fc.record({ kind: fc.constant("after" as const), key, ms: fc.integer({ min: -5, max: 300 }) }),
  fc.record({ kind: fc.constant("finish" as const), pick: fc.nat(), fails: fc.boolean() }),
  fc.record({ kind: fc.constant("time" as const), ms: fc.integer({ min: 0, max: 200 }) }),
);

test("never two workers on a key, nothing lost, nothing later than its earliest deadline", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, workers) => {
        const clock = new SteppedClock(0);
        const queue = new WorkQueue<string>({
          clock,
          log: collectingLog(),
          concurrency: workers,
          backoff: { firstMs: 50, maxMs: 50 },
        });
        const active = new Map<string, PromiseWithResolvers<void>>();
        /** Per key the earliest time by which it was asked for since work on it last began. */
        const due = new Map<string, number>();
        const stop = new AbortController();
        const ended = queue.run((key) => {
          assert.ok(!active.has(key), "two workers on one key");
          assert.ok(active.size < workers, "more workers than allowed");
          const deadline = due.get(key);
          assert.ok(deadline !== undefined, "work that nobody asked for");
          assert.ok(deadline <= clock.now(), "work before its time");
          due.delete(key);
          const work = Promise.withResolvers<void>();
          active.set(key, work);
          return work.promise;
        }, stop.signal);
        const ask = (key: string, at: number): void =>
          void due.set(key, Math.min(due.get(key) ?? Infinity, at));
        const finish = async (pick: number, fails: boolean): Promise<void> => {
          const chosen = [...active.keys()][pick % Math.max(1, active.size)];
          if (chosen === undefined) return;
          const work = active.get(chosen)!;
          active.delete(chosen);
          if (fails) ask(chosen, clock.now() + 50);
          if (fails) work.reject(new Error("no answer"));
          else work.resolve();
          await setImmediate();
        };
        for (const step of steps) {
          if (step.kind === "add") {
            ask(step.key, clock.now());
            queue.add(step.key);
          } else if (step.kind === "after") {
            ask(step.key, clock.now() + Math.max(0, step.ms));
            queue.addAfter(step.key, step.ms);
          } else if (step.kind === "finish") {
            await finish(step.pick, step.fails);
          } else {
            await clock.step(step.ms);
          }
          const overdue = [...due].filter(([key, at]) => at <= clock.now() && !active.has(key));
          if (active.size < workers) assert.deepEqual(overdue, [], "a free worker and keys that wait");
        }
        for (let round = 0; round < 100 && due.size + active.size > 0; round += 1) {
          await clock.step(60_000);
          while (active.size > 0) await finish(0, false);
        }
        assert.deepEqual([...due.keys()], [], "lost keys");
        assert.deepEqual(queue.stats(), { ready: 0, delayed: 0, active: 0 });
        stop.abort();
        await ended;
      },
    ),
    { numRuns: 300 },
  );
});
