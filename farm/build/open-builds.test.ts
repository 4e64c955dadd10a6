import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { abandonedBuilds, dropOpenBuild, listOpenBuilds, saveOpenBuild } from "./open-builds.ts";
import type { OpenBuild } from "./open-builds.ts";
import { thisOwner } from "./owner.ts";

// Hooks belong to this file alone, also when all tests share one process.
describe("the record of an open build", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "open-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const build = (runId: string, owner: OpenBuild["owner"]): OpenBuild => ({
    runId,
    namespace: `build-${runId}`,
    owner,
    kubeconfig: "/k",
    clusterUid: "u",
    cordoned: ["node-1"],
    keep: false,
  });

  test("a build whose process lives is not abandoned", async () => {
    await saveOpenBuild(build("a", await thisOwner()), folder);
    assert.deepEqual(await abandonedBuilds(folder), []);
    assert.equal((await listOpenBuilds(folder)).length, 1);
  });

  test("a build whose process number was given out again is abandoned", async () => {
    const killed = build("a", { pid: process.pid, started: "1" });
    await saveOpenBuild(killed, folder);
    assert.deepEqual(await abandonedBuilds(folder), [killed]);
  });

  test("a build whose steps are elsewhere is abandoned when no run can take that long", async () => {
    await saveOpenBuild(build("a", { until: Date.now() + 60_000 }), folder);
    const over = build("b", { until: Date.now() - 1 });
    await saveOpenBuild(over, folder);
    assert.deepEqual(await abandonedBuilds(folder), [over]);
  });

  test("a build that cleaned up leaves nothing", async () => {
    await saveOpenBuild(build("a", { pid: 1, started: "" }), folder);
    await dropOpenBuild("a", folder);
    assert.deepEqual(await listOpenBuilds(folder), []);
  });

  test("a farm that has never seen a build has none", async () => {
    assert.deepEqual(await abandonedBuilds(join(folder, "nowhere")), []);
  });
});
