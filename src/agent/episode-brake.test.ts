import assert from "node:assert/strict";
import { test } from "node:test";
import { SteppedClock } from "../../test/support/stepped-clock.ts";
import { createEpisodeBrake, type EpisodeBrake } from "./episode-brake.ts";

function brake(fails = false): { clock: SteppedClock; brake: EpisodeBrake; done: string[] } {
  const clock = new SteppedClock();
  const done: string[] = [];
  const made = createEpisodeBrake({
    clock,
    onLatch() {
      done.push("latch");
      if (fails) throw new Error("nobody listens");
    },
    async interrupt() {
      done.push("interrupt");
      if (fails) throw new Error("not connected");
    },
    kill: () => done.push("kill"),
  });
  made.tools.addEventListener("abort", () => done.push("tools"));
  return { clock, brake: made, done };
}

for (const fails of [false, true]) {
  test(`stopping latches, tells the tools, asks the process and kills it 1.5 s later${fails ? ", whatever fails" : ""}`, async () => {
    const { clock, brake: it, done } = brake(fails);
    it.stop("deadline", "Late.");
    assert.deepEqual(done, ["latch", "tools"]);
    await clock.step(1499);
    assert.deepEqual(done, ["latch", "tools", "interrupt"]);
    await clock.step(1);
    assert.deepEqual(done, ["latch", "tools", "interrupt", "kill"]);
    assert.deepEqual(it.stopped, { reason: "deadline", detail: "Late." });
  });
}

test("stopping at once asks nothing", async () => {
  const { clock, brake: it, done } = brake();
  it.stop("wrong-tools", "Bash.", "at-once");
  await clock.step(10_000);
  assert.deepEqual(done, ["latch", "tools", "kill"]);
});

test("the first reason stays", () => {
  const { brake: it, done } = brake();
  it.stop("aborted", "Off.");
  it.stop("deadline", "Late.");
  it.ended();
  assert.equal(it.stopped?.reason, "aborted");
  assert.deepEqual(done, ["latch", "tools"]);
});

test("an episode that ended by itself is not stopped any more; its process has a moment, its tools keep running", async () => {
  const { clock, brake: it, done } = brake();
  it.ended();
  it.stop("deadline", "Late.");
  assert.equal(it.stopped, undefined);
  await clock.step(1500);
  assert.deepEqual(done, ["latch", "kill"]);
});

test("a released brake kills nobody later", async () => {
  const { clock, brake: it, done } = brake();
  it.stop("deadline", "Late.");
  it.release();
  await clock.step(10_000);
  assert.ok(!done.includes("kill"));
  assert.equal(clock.pending(), 0);
});
