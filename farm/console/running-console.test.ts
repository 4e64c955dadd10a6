import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ownerOf, thisOwner } from "../build/owner.ts";
import {
  endRunningConsole,
  forgetRunningConsole,
  readRunningConsole,
  saveRunningConsole,
} from "./running-console.ts";

const FOLDER = "BUILD_MEDIC_FARM_DIR";
const usual = process.env[FOLDER];
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "farm-"));
  process.env[FOLDER] = folder;
});
after(async () => {
  if (usual === undefined) delete process.env[FOLDER];
  else process.env[FOLDER] = usual;
  await rm(folder, { recursive: true, force: true });
});

const place = {
  url: "http://127.0.0.1:1",
  kubeconfig: "/k",
  model: "none",
  ofTour: true,
  guarded: false,
} as const;

test("finds the console that runs, and none where one died, never was, or left nonsense", async () => {
  assert.equal(await readRunningConsole(), undefined);
  const owner = await thisOwner();
  await saveRunningConsole({ ...place, owner });
  assert.equal((await readRunningConsole())?.url, place.url);
  await saveRunningConsole({ ...place, owner: { pid: owner.pid, started: "another" } });
  assert.equal(await readRunningConsole(), undefined);
  await writeFile(join(folder, "console.json"), "{");
  assert.equal(await readRunningConsole(), undefined);
});

test("ends a console and waits for it, and touches no other process", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const ended = once(child, "exit");
  const owner = await ownerOf(child.pid ?? 0);
  await saveRunningConsole({ ...place, owner: { ...owner, started: "another" } });
  await endRunningConsole(() => undefined);
  assert.equal(child.exitCode ?? child.signalCode, null);
  await saveRunningConsole({ ...place, owner });
  const lines: string[] = [];
  await endRunningConsole((line) => lines.push(line));
  assert.deepEqual(await ended, [null, "SIGTERM"]);
  assert.deepEqual(lines, ["ending the farm console at http://127.0.0.1:1"]);
  assert.equal(await readRunningConsole(), undefined);
});

test("does not forget a console that came after it", async () => {
  const owner = await thisOwner();
  await saveRunningConsole({ ...place, owner });
  await forgetRunningConsole({ pid: owner.pid + 1, started: "" });
  assert.equal((await readRunningConsole())?.owner.pid, owner.pid);
  await forgetRunningConsole(owner);
  assert.equal(await readRunningConsole(), undefined);
});
