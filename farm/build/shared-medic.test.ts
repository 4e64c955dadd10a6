import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { endProcess, isAlive, ownerOf } from "./owner.ts";
import type { Owner } from "./owner.ts";
import { rehearsalFailures, startRehearsalProcess } from "./rehearsal-process.ts";
import type { RehearsalProcess } from "./rehearsal-process.ts";
import { endMedicOfFarm, readSharedMedic, saveSharedMedic, sharedMedicPath } from "./shared-medic.ts";

/** A farm's folder of our own. */
function farmFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "shared-medic-"));
  const before = process.env["BUILD_MEDIC_FARM_DIR"];
  process.env["BUILD_MEDIC_FARM_DIR"] = folder;
  t.after(() => {
    if (before === undefined) delete process.env["BUILD_MEDIC_FARM_DIR"];
    else process.env["BUILD_MEDIC_FARM_DIR"] = before;
    rmSync(folder, { recursive: true });
  });
  return folder;
}

async function aProcess(t: TestContext): Promise<Owner> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  return ownerOf(child.pid ?? 0);
}

async function aRehearsal(t: TestContext, folder: string): Promise<RehearsalProcess> {
  const rehearsal = await startRehearsalProcess({
    address: join(folder, "rehearsal.json"),
    medicFile: join(folder, "medic.json"),
    log: join(folder, "rehearsal.log"),
  });
  t.after(() => endProcess(rehearsal.owner));
  return rehearsal;
}

test("the rehearsal runs as a process of its own and is asked over HTTP what it could not play", async (t) => {
  const rehearsal = await aRehearsal(t, farmFolder(t));
  const url = `${rehearsal.environment["ANTHROPIC_BASE_URL"]}/v1/messages`;
  const content = "namespace: build-a\nclient: 3\npod: none";
  const body = JSON.stringify({ model: "m", max_tokens: 1, messages: [{ role: "user", content }] });
  const response = await fetch(url, { method: "POST", body });
  assert.equal(response.status, 400);
  const [failure, ...more] = await rehearsalFailures(rehearsal, "build-a");
  assert.match(
    failure ?? "",
    /could not be played for client 3: REHEARSAL: cassette default, turn 1: missing/,
  );
  assert.deepEqual(more, []);
  assert.deepEqual(await rehearsalFailures(rehearsal, "build-b"), []);
});

test("a rehearsal that has died is a failure of every build that relied on it", async (t) => {
  const rehearsal = await aRehearsal(t, farmFolder(t));
  await endProcess(rehearsal.owner);
  assert.match((await rehearsalFailures(rehearsal, "build-a"))[0] ?? "", /does not answer any more/);
});

test("taking the farm down ends the shared medic and its rehearsal, and forgets both", async (t) => {
  const rehearsal = await aRehearsal(t, farmFolder(t));
  const owner = await aProcess(t);
  await saveSharedMedic({ owner, url: "", clusterUid: "", log: "", model: "rehearsal", rehearsal });
  await endMedicOfFarm();
  assert.deepEqual([await isAlive(owner), await isAlive(rehearsal.owner)], [false, false]);
  assert.equal(existsSync(sharedMedicPath()), false);
  assert.equal(await readSharedMedic(), undefined);
});
