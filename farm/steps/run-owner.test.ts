import assert from "node:assert/strict";
import { test } from "node:test";
import { thisOwner } from "../build/owner.ts";
import { RUN_PROCESS, runOwner } from "./run-owner.ts";

test("a build of separate steps belongs to the process of its run, where that is on this machine", async () => {
  assert.deepEqual(await runOwner({ [RUN_PROCESS]: String(process.pid) }, 0), await thisOwner());
});

test("without such a process it belongs to nobody that could be watched, until no run can take that long", async () => {
  for (const pid of [undefined, "", "x", "0", "4194304999"])
    assert.deepEqual(await runOwner({ [RUN_PROCESS]: pid }, 1000), { until: 1000 + 6 * 3600 * 1000 });
});
