import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { openAudit } from "../audit/audit-log.ts";

const dir = mkdtempSync(join(tmpdir(), "audit-cli-"));
const file = join(dir, "audit.jsonl");
const program = `import { Command } from ${JSON.stringify(import.meta.resolve("commander"))};
  import { registerAudit } from ${JSON.stringify(new URL("audit.ts", import.meta.url).href)};
  const program = new Command("build-medic");
  registerAudit(program);
  await program.parseAsync(process.argv.slice(1), { from: "user" });`;

function verify(...args: string[]): { status: number | null; out: string; err: string } {
  const run = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program, "--", "audit", "verify", ...args],
    { encoding: "utf8" },
  );
  return { status: run.status, out: run.stdout, err: run.stderr };
}

before(async () => {
  const audit = await openAudit({ dir, now: () => Date.parse("2026-01-02T03:04:05Z") });
  const entry = {
    run: "r",
    namespace: "n",
    client: "0",
    incident: "i",
    actor: "playbook",
    action: "restart-pod",
    arguments: {},
  } as const;
  await audit.append({ ...entry, stage: "intent", decision: { allowed: true, why: "w" } });
  await audit.append({
    ...entry,
    stage: "outcome",
    decision: { allowed: true, why: "w" },
    result: "applied",
  });
  await audit.close();
});

test("exits 0 for an intact log, with counts, the newest hash and what a chain cannot show", () => {
  const { status, out, err } = verify(file);
  assert.deepEqual([status, err], [0, ""]);
  assert.match(out, /is intact: 2 records \(1 intent, 1 outcome\), 2026-01-02T03:04:05\.000Z to/);
  assert.match(out, /^Newest: seq 2, hash [0-9a-f]{64}$/m);
  assert.match(out, /cannot show that its newest records were removed/);
});

test("exits 1 for a changed log and names the line and why, also as JSON", () => {
  const changed = join(dir, "changed.jsonl");
  writeFileSync(changed, readFileSync(file, "utf8").replace("applied", "refused"));
  const { status, out } = verify(changed);
  assert.equal(status, 1);
  assert.match(
    out,
    /is NOT intact: line 2 \(edited\): its content does not match its own hash\. Records before it that hold: 1\./,
  );
  const json = verify(changed, "--json");
  assert.equal(json.status, 1);
  assert.deepEqual(JSON.parse(json.out), {
    intact: false,
    records: 1,
    line: 2,
    damage: "edited",
    why: "its content does not match its own hash",
  });
});

test("exits 1 when a record that is known to have existed is not there", () => {
  assert.equal(verify(file, "--expect-seq", "2").status, 0);
  assert.equal(verify(file, "--expect-seq", "3").status, 1);
  assert.equal(verify(file, "--expect-hash", "0".repeat(64)).status, 1);
});

test("exits 2 with one sentence for a missing file, another file and a nonsense expectation", () => {
  const other = join(dir, "other.txt");
  writeFileSync(other, "hello\n");
  for (const [args, sentence] of [
    [
      [join(dir, "none")],
      /^build-medic: .*none cannot be read \(ENOENT.*\); name the audit\.jsonl of a state folder\.\n$/,
    ],
    [[other], /^build-medic: .* is no audit log; name the audit\.jsonl of a state folder\.\n$/],
    [[dir], /^build-medic: .* cannot be read \(EISDIR.*\n$/],
    [[file, "--expect-seq", "x"], /^build-medic: --expect-seq takes the number of a record\.\n$/],
    [[file, "--expect-hash", "abc"], /^build-medic: --expect-hash takes the 64 hexadecimal digits/],
  ] as const) {
    const { status, out, err } = verify(...args);
    assert.deepEqual([status, out], [2, ""]);
    assert.match(err, sentence);
  }
});
