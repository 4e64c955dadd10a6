import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { reapOrphans, recordChild } from "../../src/agent/orphans.ts";
import { processStart } from "../../src/lib/process-start.ts";
import { processesOf, rehearse, temporaryFolder } from "./episode-harness.ts";

test("an agent whose medic was killed goes on living until the next medic starts", async (t) => {
  const workDir = temporaryFolder(t);
  const asked = Promise.withResolvers<void>();
  const api = await rehearse(
    t,
    () => {
      asked.resolve();
      return { kind: "hang" };
    },
    { workDir, childPid: () => 0 },
  );
  const medic = spawn(process.execPath, [join(import.meta.dirname, "orphan-parent.ts"), workDir, api.url], {
    stdio: "ignore",
  });
  await asked.promise;
  assert.deepEqual(await reapOrphans(workDir), [], "its medic still runs");

  medic.kill("SIGKILL");
  await once(medic, "exit");
  const [child, ...others] = processesOf(workDir);
  assert.deepEqual(others, []);
  assert.ok(child !== undefined, "the agent died with its medic: nothing is tested here");

  assert.deepEqual(await reapOrphans(workDir), [child]);
  assert.deepEqual(processesOf(workDir), []);
  assert.deepEqual(readdirSync(workDir), []);
});

test("a process that only has the id of an orphan is left alone", async (t) => {
  const workDir = temporaryFolder(t);
  const bystander = await startBystander(t);
  write(workDir, { pid: bystander, start: "1", parent: 999_999, parentStart: "1", folder: "incident-1-abc" });
  assert.deepEqual(await reapOrphans(workDir), []);
  assert.ok(processStart(bystander) !== undefined, "it was killed");
  assert.deepEqual(readdirSync(workDir), [], "the record is of no use any more");
});

test("a child whose parent runs is left alone, with its record and its folder", async (t) => {
  const workDir = temporaryFolder(t);
  const bystander = await startBystander(t);
  mkdirSync(join(workDir, "incident-1-abc"));
  recordChild(workDir, "incident-1", { pid: bystander, folder: join(workDir, "incident-1-abc") });
  assert.deepEqual(await reapOrphans(workDir), []);
  assert.ok(processStart(bystander) !== undefined);
  assert.deepEqual(readdirSync(workDir).sort(), ["incident-1-abc", "incident-1.child"]);
});

test("a child is an orphan when its parent's id belongs to another process by now", async (t) => {
  const workDir = temporaryFolder(t);
  const orphan = await startBystander(t);
  recordChild(workDir, "incident-1", { pid: orphan, folder: join(workDir, "incident-1-abc") });
  const record = JSON.parse(readFileSync(join(workDir, "incident-1.child"), "utf8")) as object;
  write(workDir, { ...record, parentStart: "1" });
  assert.deepEqual(await reapOrphans(workDir), [orphan]);
  assert.equal(processStart(orphan), undefined);
});

test("a record that leads out of the work folder removes nothing there, and one cut off is dropped", async (t) => {
  const outside = temporaryFolder(t);
  const workDir = join(outside, "work");
  mkdirSync(workDir);
  writeFileSync(join(outside, "kept"), "");
  for (const folder of ["..", "../kept", ".", ""]) {
    write(workDir, { pid: 999_999, start: "1", parent: 999_999, folder });
    await reapOrphans(workDir);
  }
  writeFileSync(join(workDir, "incident-1.child"), '{"pid": 1');
  assert.deepEqual(await reapOrphans(workDir), []);
  assert.deepEqual(readdirSync(outside).sort(), ["kept", "work"]);
  assert.deepEqual(readdirSync(workDir), []);
});

test("without a work folder there are no orphans", async (t) => {
  assert.deepEqual(await reapOrphans(join(temporaryFolder(t), "none")), []);
});

function write(workDir: string, record: object): void {
  writeFileSync(join(workDir, "incident-1.child"), JSON.stringify(record));
}

async function startBystander(t: TestContext): Promise<number> {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  await once(child, "spawn");
  t.after(() => child.kill("SIGKILL"));
  return child.pid!;
}
