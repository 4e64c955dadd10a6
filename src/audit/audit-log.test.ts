import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readFile, rename, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AuditEntry } from "../controllers/ports.ts";
import { MedicError } from "../lib/medic-error.ts";
import { openAudit } from "./audit-log.ts";
import type { AuditLog } from "./audit-log.ts";
import { verifyFile } from "./verify.ts";

const entry: AuditEntry = {
  run: "run-1",
  namespace: "ci-1",
  client: "0",
  incident: "inc-1",
  actor: "playbook",
  action: "restart-pod",
  arguments: { pod: "server-0-0" },
  stage: "intent",
  decision: { allowed: true, why: "drift" },
};

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "audit-"));
}

function start(dir: string, mirror?: (line: string) => void): Promise<AuditLog> {
  return openAudit({
    dir,
    now: () => Date.parse("2026-01-02T03:04:05.006Z"),
    ...(mirror === undefined ? {} : { mirror }),
  });
}

async function write(dir: string, count: number): Promise<void> {
  const audit = await start(dir);
  for (let index = 0; index < count; index++) await audit.append(entry);
  await audit.close();
}

const file = (dir: string): string => join(dir, "audit.jsonl");
const linesOf = async (dir: string): Promise<string[]> =>
  (await readFile(file(dir), "utf8")).split("\n").slice(0, -1);
const isMedicError =
  (code: string, sentence: RegExp) =>
  (error: unknown): boolean =>
    error instanceof MedicError && error.code === code && sentence.test(error.message);

test("stores a record with everything the contract names, and mirrors it after it is stored", async () => {
  const dir = await folder();
  const mirrored: string[] = [];
  const audit = await start(dir, (line) => mirrored.push(line));
  await audit.append({ ...entry, stage: "outcome", result: "applied" });
  const [line] = await linesOf(dir);
  assert.deepEqual(mirrored, [line]);
  const record = JSON.parse(line!) as Record<string, unknown>;
  assert.equal(
    Object.keys(record).join(),
    "audit,seq,time,prev,run,namespace,client,incident,actor,action,arguments,stage,decision,result,hash",
  );
  assert.deepEqual(
    [record["seq"], record["time"], record["prev"]],
    [1, "2026-01-02T03:04:05.006Z", "0".repeat(64)],
  );
  assert.deepEqual(audit.head, { seq: 1, hash: record["hash"] });
  await audit.close();
  assert.equal((await stat(file(dir))).mode & 0o777, 0o600);
});

test("masks what it stores and mirrors", async () => {
  const dir = await folder();
  const mirrored: string[] = [];
  const audit = await start(dir, (line) => mirrored.push(line));
  await audit.append({
    ...entry,
    arguments: { env: [{ name: "DB_PASSWORD", value: "hunter22" }] },
    result: "token=hunter22",
  });
  await audit.close();
  assert.ok(!`${await readFile(file(dir), "utf8")}${mirrored.join()}`.includes("hunter22"));
  assert.equal((await verifyFile(file(dir)))?.intact, true);
});

test("keeps simultaneous appends in one chain, in the order they were asked for", async () => {
  const dir = await folder();
  const audit = await start(dir);
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => audit.append({ ...entry, incident: `inc-${index}` })),
  );
  await audit.close();
  const incidents = (await linesOf(dir)).map((line) => (JSON.parse(line) as AuditEntry).incident);
  assert.deepEqual(
    incidents,
    Array.from({ length: 50 }, (_, index) => `inc-${index}`),
  );
  assert.equal((await verifyFile(file(dir)))?.records, 50);
});

test("continues the chain after a restart", async () => {
  const dir = await folder();
  await write(dir, 3);
  await write(dir, 2);
  const verdict = await verifyFile(file(dir));
  assert.deepEqual([verdict?.intact, verdict?.records], [true, 5]);
});

// Every place where a crash can cut a write off.
for (const cut of [1, 2, 10, 100, -2, -1]) {
  test(`accounts for a last line cut off ${cut < 0 ? `${-cut} bytes before its end` : `after ${cut} bytes`}, and loses nothing`, async () => {
    const dir = await folder();
    await write(dir, 3);
    const [, , last] = await linesOf(dir);
    const { size } = await stat(file(dir));
    const kept = cut < 0 ? last!.length + 1 + cut : cut;
    await truncate(file(dir), size - last!.length - 1 + kept);
    const before = await readFile(file(dir));
    await write(dir, 1);
    const after = await readFile(file(dir));
    assert.deepEqual(after.subarray(0, before.length), before);
    const verdict = await verifyFile(file(dir));
    // Only the newline was missing: the record itself is whole.
    const whole = cut === -1;
    assert.ok(verdict?.intact);
    assert.deepEqual([verdict.records, verdict.torn], whole ? [4, 0] : [4, 1]);
  });
}

test("accounts for several torn writes in a row, and for zeroes that a power failure left", async () => {
  const dir = await folder();
  await write(dir, 1);
  await appendFile(file(dir), '{"audit":"v1","se\n{"audit":"v1","seq":2,"ti');
  await appendFile(file(dir), Buffer.alloc(16));
  await write(dir, 1);
  const verdict = await verifyFile(file(dir));
  assert.ok(verdict?.intact);
  assert.deepEqual([verdict.records, verdict.torn], [3, 1]);
});

test("accounts for a write that failed half-way while running, and goes on", async () => {
  const dir = await folder();
  const audit = await start(dir);
  await audit.append(entry);
  await appendFile(file(dir), '{"audit":"v1","seq":2,');
  await audit.append(entry);
  await audit.close();
  const verdict = await verifyFile(file(dir));
  assert.ok(verdict?.intact);
  assert.deepEqual([verdict.records, verdict.torn], [3, 1]);
});

test("refuses to continue a file that was changed", async () => {
  const dir = await folder();
  await write(dir, 2);
  const text = await readFile(file(dir), "utf8");
  await writeFile(file(dir), text.replace("server-0-0", "server-1-0"));
  await assert.rejects(
    start(dir),
    isMedicError("AuditBroken", /line 1: its content does not match its own hash\); look at it with/),
  );
  // The refusal gives the lock back.
  await writeFile(file(dir), text);
  await write(dir, 1);
});

test("refuses a second writer in the same process and in another one, and takes over after kill -9", async () => {
  const dir = await folder();
  const held = await start(dir);
  await assert.rejects(
    start(dir),
    isMedicError("AuditLocked", /^another build-medic is writing the audit log in .*; stop it, or/),
  );
  await held.close();

  const program = `import { openAudit } from ${JSON.stringify(new URL("audit-log.ts", import.meta.url).href)};
    const audit = await openAudit({ dir: ${JSON.stringify(dir)}, now: () => 0 });
    await audit.append(${JSON.stringify(entry)});
    process.stdout.write("open");
    setInterval(() => audit, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  await assert.rejects(start(dir), isMedicError("AuditLocked", /--state-dir/));
  child.kill("SIGKILL");
  await once(child, "exit");
  await write(dir, 1);
  assert.equal((await verifyFile(file(dir)))?.records, 2);
});

test("rejects an append that cannot be stored, so that nothing is done without a record", async () => {
  const dir = await folder();
  const audit = await start(dir);
  await audit.append(entry);
  await rename(file(dir), `${file(dir)}.1`);
  await assert.rejects(audit.append(entry), isMedicError("AuditUnwritable", /nothing is done without it/));
  await writeFile(file(dir), "");
  await assert.rejects(
    audit.append(entry),
    isMedicError("AuditBroken", /moved, replaced or cut while in use/),
  );
  await rename(`${file(dir)}.1`, file(dir));
  await audit.append(entry);
  await truncate(file(dir), 5);
  await assert.rejects(
    audit.append(entry),
    isMedicError("AuditBroken", /moved, replaced or cut while in use/),
  );
  await audit.close();
});

test("rejects a folder that cannot be used", async () => {
  const dir = await folder();
  await writeFile(join(dir, "state"), "a file");
  await assert.rejects(
    start(join(dir, "state")),
    isMedicError("AuditUnwritable", /free disk space or make the folder writable/),
  );
  await mkdir(join(dir, "other", "audit.jsonl"), { recursive: true });
  await assert.rejects(start(join(dir, "other")), isMedicError("AuditUnwritable", /audit\.jsonl/));
});
