import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import type { Totals } from "../../src/core/totals.ts";
import { incidentsOf, installMedic, medicWrites, startMedic } from "../support/medic-process.ts";
import { containerOf, createBuild, createStack, eventually, isPodReady } from "../support/test-stack.ts";
import type { StackOptions } from "../support/test-stack.ts";

const BIN = fileURLToPath(new URL("../../bin/build-medic.js", import.meta.url));
const stage = (name: string): string =>
  fileURLToPath(new URL(`../support/stages/${name}.yaml`, import.meta.url));
type Trouble = Omit<StackOptions, "namespace" | "client">;
/** For the playbook. */
const drifted: Trouble = { fault: (set) => (containerOf(set)["image"] = "farm.test/server:missing") };
/** Beyond it. */
const stuck: Trouble = {
  withoutTemplate: true,
  fault: (set) => (containerOf(set)["env"] = [{ name: "DB_HOST", value: "nowhere" }]),
};

/** A shadow week in short: the oracle of what was done is the API server's own audit log. */
describe("the totals of an observing and of an acting medic", () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await startControlPlane({
      log: () => {},
      fakeNodes: { count: 2, stages: [stage("image-missing"), stage("never-ready")] },
    });
    await installMedic(plane.admin);
  });
  after(() => plane?.stop());

  async function build(namespace: string, ...stacks: readonly Trouble[]): Promise<void> {
    await createBuild(plane.admin, namespace);
    for (const [client, trouble] of stacks.entries())
      await createStack(plane.admin, { namespace, client: String(client), ...trouble });
  }

  function told(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, "totals", ...args], {
      env: { PATH: process.env["PATH"], KUBECONFIG: plane.kubeconfig },
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr);
    return stdout;
  }
  const totals = (): Totals => JSON.parse(told("--json")) as Totals;

  async function closed(namespace: string, count: number, phase: string): Promise<void> {
    await eventually(`${count} incidents of ${namespace} are ${phase}`, async () => {
      const phases = (await incidentsOf(plane.admin, namespace)).map(({ status }) => status?.phase);
      return phases.filter((own) => own === phase).length === count;
    });
  }

  it("an observer says what it would have saved and spent, and did nothing", async () => {
    const medic = await startMedic({ kubeconfig: plane.kubeconfig, env: { MEDIC_MODE: "observe" } });
    await build("build-1", {}, drifted);
    await build("build-2", drifted, stuck);
    await build("build-3", stuck, {});
    await closed("build-1", 1, "Escalated");
    await closed("build-2", 2, "Escalated");
    await closed("build-3", 1, "Escalated");
    await medic.stop();
    const { since, ...rest } = totals();
    assert.ok(since !== undefined && Date.now() - since < 600_000);
    const none = { recovered: 0, gone: 0, open: 0, "repaired-tier1": 0, "repaired-tier2": 0 };
    assert.deepEqual(rest, {
      incidents: { ...none, total: 4, escalated: 4 },
      storms: 0,
      builds: { total: 3, saved: 0, recovered: 0, "not-saved": 3, open: 0 },
      minutesSaved: 0,
      episodes: 0,
      spentUsd: 0,
      reservedUsd: 0,
      wouldHave: {
        "repair-tier1": 2,
        "repair-tier2": 0,
        investigate: 2,
        worstUsd: rest.wouldHave.worstUsd,
        buildsSaved: 1,
        minutesSaved: 40,
      },
    });
    assert.ok(rest.wouldHave.worstUsd > 1 && rest.wouldHave.worstUsd < 3);
    for (const namespace of ["build-1", "build-2", "build-3"])
      assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
    assert.equal(await isPodReady(plane.admin, "build-1", "server-1"), false);
    console.error(told());
  });

  it("one that acts adds what it did, with the minutes that a re-run costs that team", async () => {
    const medic = await startMedic({ kubeconfig: plane.kubeconfig });
    await build("build-4", drifted, {});
    await closed("build-4", 1, "Resolved");
    await medic.stop();
    const { incidents, builds, wouldHave } = totals();
    assert.deepEqual([incidents["repaired-tier1"], builds.saved, builds.total], [1, 1, 4]);
    assert.equal(wouldHave.buildsSaved, 1);
    assert.match(told("--rerun-minutes", "25"), /builds saved {2,}1 {2}25 minutes, at 25 for a re-run\n/);
    assert.ok(await isPodReady(plane.admin, "build-4", "server-0"));
  });
});
