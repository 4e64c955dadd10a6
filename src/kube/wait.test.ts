import assert from "node:assert/strict";
import { test } from "node:test";
import { SteppedClock } from "../../test/support/stepped-clock.ts";
import { Backoff, wait } from "./wait.ts";

test("waits doubles up to the maximum, each drawn from the upper half, and start over after a success", () => {
  const draws = [0, 0.5, 1, 0, 1, 0];
  const backoff = new Backoff({ firstMs: 200, maxMs: 1000, random: () => draws.shift() ?? 0 });
  assert.deepEqual(
    [backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()],
    [100, 300, 800, 500, 1000],
  );
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test("a wait ends when its time has come, not before", async () => {
  const clock = new SteppedClock();
  let over = false;
  const waiting = wait(clock, 100, new AbortController().signal).then(() => (over = true));
  await clock.step(99);
  assert.equal(over, false);
  await clock.step(1);
  await waiting;
});

test("an aborted wait rejects with the reason and leaves no timer behind", async () => {
  const clock = new SteppedClock();
  const stop = new AbortController();
  const waiting = wait(clock, 100, stop.signal);
  stop.abort(new Error("the medic stops"));
  await assert.rejects(waiting, /the medic stops/);
  await assert.rejects(wait(clock, 100, stop.signal), /the medic stops/);
  assert.equal(clock.pending(), 0);
});
