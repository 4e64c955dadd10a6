import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { enterFarm } from "./farm-gate.ts";
import type { GateFiles } from "./farm-gate.ts";
import { dropOpenBuild, saveOpenBuild } from "./open-builds.ts";
import type { OpenBuild } from "./open-builds.ts";
import { thisOwner } from "./owner.ts";

// Hooks belong to this file alone, also when all tests share one process.
describe("the farm's gate", () => {
  let folder: string;
  let files: GateFiles;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gate-"));
    files = { lock: join(folder, "cordon.lock"), builds: join(folder, "builds") };
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function open(runId: string, change: Partial<OpenBuild> = {}): Promise<OpenBuild> {
    const owner = await thisOwner();
    const plain = { namespace: runId, kubeconfig: "/k", clusterUid: "u", cordoned: [], keep: false };
    return { runId, owner, ...plain, ...change };
  }

  /** Enters, and tells when somebody has to wait. */
  async function enter(runId: string, alone: boolean, signal = new AbortController().signal) {
    let tellWaiting = (): void => undefined;
    const waits = new Promise<void>((resolve) => {
      tellWaiting = resolve;
    });
    const build = await open(runId);
    const entered = enterFarm(build, alone, { report: () => tellWaiting(), signal }, files);
    return { waits, entered, leave: () => dropOpenBuild(runId, files.builds) };
  }

  test("builds that cordon nothing go in side by side", async () => {
    const first = await enter("a", false);
    await first.entered;
    const second = await enter("b", false);
    await second.entered;
  });

  test("a build that cordons waits for those inside, and keeps later ones out", async () => {
    const shared = await enter("a", false);
    await shared.entered;
    const alone = await enter("b", true);
    await alone.waits;
    const late = await enter("c", false);
    await late.waits;
    await shared.leave();
    const release = await alone.entered;
    await alone.leave();
    await release();
    await late.entered;
  });

  test("a build on another cluster, or one whose process died, keeps nobody waiting", async () => {
    await saveOpenBuild(await open("a", { clusterUid: "other" }), files.builds);
    await saveOpenBuild(await open("b", { owner: { pid: process.pid, started: "1" } }), files.builds);
    await (
      await enter("c", true)
    ).entered;
  });

  test("an interrupted wait ends with a sentence and lets the next one in", async () => {
    const shared = await enter("a", false);
    await shared.entered;
    const stop = new AbortController();
    const alone = await enter("b", true, stop.signal);
    await alone.waits;
    stop.abort();
    await assert.rejects(alone.entered, /interrupted/);
    await (
      await enter("c", false)
    ).entered;
  });
});
