import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Log } from "../controllers/ports.ts";
import { createDecisions } from "./decisions.ts";

function silent(warnings: string[] = []): Log {
  const log: Log = {
    info() {},
    debug() {},
    error() {},
    warn: (message) => void warnings.push(message),
    child: () => log,
  };
  return log;
}

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "decisions-"));
const read = async (dir: string, name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(dir, "decisions", name), "utf8")) as unknown;

test("keeps each decision of an incident in a file of its own, numbered on after a restart", async () => {
  const dir = await folder();
  const first = createDecisions({ dir, log: silent() });
  await Promise.all([
    first.record("inc-a", { n: 1 }),
    first.record("inc-a", { n: 2 }),
    first.record("inc-b", { n: 3 }),
  ]);
  await createDecisions({ dir, log: silent() }).record("inc-a", { n: 4 });
  assert.deepEqual((await readdir(join(dir, "decisions"))).sort(), [
    "inc-a-1.json",
    "inc-a-2.json",
    "inc-a-3.json",
    "inc-b-1.json",
  ]);
  assert.deepEqual([await read(dir, "inc-a-2.json"), await read(dir, "inc-a-3.json")], [{ n: 2 }, { n: 4 }]);
});

test("removes the oldest beyond the limit, also those of earlier runs", async () => {
  const dir = await folder();
  const before = createDecisions({ dir, log: silent(), maxFiles: 3 });
  for (const name of ["a", "b", "c"]) await before.record(name, {});
  await utimes(join(dir, "decisions", "c-1.json"), 1, 1);
  const after = createDecisions({ dir, log: silent(), maxFiles: 3 });
  await after.record("d", {});
  await after.record("e", {});
  assert.deepEqual((await readdir(join(dir, "decisions"))).sort(), ["b-1.json", "d-1.json", "e-1.json"]);
});

test("masks secrets so that equal stays equal and different stays different, wherever they stand", async () => {
  const dir = await folder();
  const template = (value: string): object => ({ env: [{ name: "DB_PASSWORD", value }] });
  await createDecisions({ dir, log: silent(), known: ["tok-123456"] }).record("inc", {
    snapshot: {
      live: template("hunter22"),
      intent: JSON.stringify(template("hunter33")),
      dryRun: template("hunter33"),
    },
    decision: { changes: ["env DB_PASSWORD: hunter22 → hunter33"], url: "http://x/tok-123456" },
  });
  const stored = (await read(dir, "inc-1.json")) as {
    snapshot: { live: { env: { value: string }[] }; intent: string; dryRun: unknown };
    decision: { changes: string[] };
  };
  assert.doesNotMatch(JSON.stringify(stored), /hunter|tok-123456/);
  const live = stored.snapshot.live.env[0]!.value;
  const { env } = JSON.parse(stored.snapshot.intent) as { env: { value: string }[] };
  assert.notEqual(env[0]!.value, live);
  assert.deepEqual({ env }, stored.snapshot.dryRun);
  assert.deepEqual(stored.decision.changes, [`env DB_PASSWORD: ${live} → ${env[0]!.value}`]);
});

test("logs a decision that cannot be written instead of failing, and goes on when it can be again", async () => {
  const dir = await folder();
  const warnings: string[] = [];
  const decisions = createDecisions({ dir, log: silent(warnings) });
  await writeFile(join(dir, "decisions"), "in the way");
  await decisions.record("inc", {});
  assert.deepEqual(warnings, ["decision not recorded"]);
  await rm(join(dir, "decisions"));
  await decisions.record("inc", {});
  assert.deepEqual(await readdir(join(dir, "decisions")), ["inc-1.json"]);
});

test("never leaves the folder, whatever an incident is called", async () => {
  const dir = await folder();
  await createDecisions({ dir, log: silent() }).record("../../etc/x", {});
  assert.deepEqual(await readdir(join(dir, "decisions")), ["__.._etc_x-1.json"]);
});
