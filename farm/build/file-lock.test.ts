import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { isLockHeld, releaseLock, takeLock } from "./file-lock.ts";

// Hooks belong to this file alone, also when all tests share one process.
describe("a file lock", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lock-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("only one at a time has the lock, and each gets its turn", async () => {
    const path = join(folder, "x.lock");
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map(async (one) => {
        const release = await takeLock(path);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(one);
        inside -= 1;
        await release();
      }),
    );
    assert.equal(most, 1);
    assert.equal(order.length, 3);
    assert.deepEqual(await readdir(folder), []);
  });

  test("the lock of a dead process does not count", async () => {
    const path = join(folder, "x.lock");
    await writeFile(path, JSON.stringify({ pid: process.pid, started: "long ago" }));
    const release = await takeLock(path, { onWait: () => assert.fail("waited for the dead") });
    await release();
  });

  test("a lock in the name of a run stays after the step that took it, and only that run gives it back", async () => {
    const path = join(folder, "x.lock");
    const owner = { until: Date.now() + 60_000 };
    await takeLock(path, { owner });
    assert.equal(await isLockHeld(path), true);
    await releaseLock(path, { until: owner.until + 1 });
    assert.equal(await isLockHeld(path), true);
    await releaseLock(path, owner);
    assert.equal(await isLockHeld(path), false);
  });

  test("an aborted wait ends with a sentence and leaves the lock to its owner", async () => {
    const path = join(folder, "x.lock");
    const release = await takeLock(path);
    const stop = new AbortController();
    const waiting = takeLock(path, { signal: stop.signal, onWait: () => stop.abort() });
    await assert.rejects(waiting, /interrupted/);
    assert.deepEqual(await readdir(folder), ["x.lock"]);
    await release();
  });
});
