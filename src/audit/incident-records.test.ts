import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { AuditEntry } from "../controllers/ports.ts";
import { openAudit } from "./audit-log.ts";
import { createDecisions } from "./decisions.ts";
import { createIncidentRecords } from "./incident-records.ts";
import { recordedDecisions } from "./recorded-decisions.ts";
import { collectingLog } from "../../test/support/collecting-log.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "records-"));
  folders.push(made);
  return made;
}

function entry(incident: string, action: string): AuditEntry {
  return {
    run: "r",
    namespace: "n",
    client: "0",
    incident,
    actor: "playbook",
    action,
    arguments: {},
    stage: "intent",
    decision: { allowed: true, why: "ünder the limits" },
  };
}

const actionsOf = async (records: ReturnType<typeof createIncidentRecords>, incident: string) =>
  (await records.of(incident)).map(({ action }) => action);

test("finds the records of one incident, also those that came after it was asked first", async () => {
  const dir = await folder();
  const records = createIncidentRecords(dir);
  assert.deepEqual(await records.of("a"), []);
  const audit = await openAudit({ dir, now: () => 0 });
  await audit.append(entry("a", "one"));
  await audit.append(entry("b", "two"));
  assert.deepEqual(await actionsOf(records, "a"), ["one"]);
  await audit.append(entry("a", "three"));
  assert.deepEqual(await actionsOf(records, "a"), ["one", "three"]);
  assert.deepEqual(await actionsOf(records, "b"), ["two"]);
  assert.deepEqual(await actionsOf(records, "constructor"), []);
  await audit.close();
});

test("leaves out a line that is half written, and has it once it is whole", async () => {
  const dir = await folder();
  const path = join(dir, "audit.jsonl");
  const line = JSON.stringify({ audit: "v1", seq: 1, incident: "a", action: "one" });
  await writeFile(path, `no record\n${line.slice(0, 20)}`);
  const records = createIncidentRecords(dir);
  assert.deepEqual(await records.of("a"), []);
  await appendFile(path, `${line.slice(20)}\n`);
  assert.deepEqual(await actionsOf(records, "a"), ["one"]);
});

test("begins anew with a new file", async () => {
  const dir = await folder();
  const path = join(dir, "audit.jsonl");
  const line = (action: string): string =>
    `${JSON.stringify({ audit: "v1", seq: 1, incident: "a", action })}\n`;
  await writeFile(path, line("old"));
  const records = createIncidentRecords(dir);
  assert.deepEqual(await actionsOf(records, "a"), ["old"]);
  await rename(path, `${path}.old`);
  await writeFile(path, line("new") + line("newer"));
  assert.deepEqual(await actionsOf(records, "a"), ["new", "newer"]);
});

test("tells recorded decisions in short, oldest first, and those of no other incident", async () => {
  const dir = await folder();
  const decisions = createDecisions({ dir, log: collectingLog() });
  const decision = (plan: object) => ({
    snapshot: { at: 1000 },
    policy: {},
    decision: { findings: [], plan },
  });
  const action = { kind: "reconcile-to-intent", statefulSet: "server-0", changes: ["image: a → b"] };
  await decisions.record("ns-1", decision({ kind: "remediate", action, finding: { reason: "ImageDrift" } }));
  await decisions.record("ns-1-1", decision({ kind: "investigate", reason: "X", rootCause: "other" }));
  const refused = {
    permission: { allowed: false, code: "ObserveOnly", why: "The medic runs in observe mode." },
  };
  await decisions.record(
    "ns-1",
    decision({ kind: "escalate", reason: "RepairRefused", rootCause: "No.", refused }),
  );
  await writeFile(join(dir, "decisions", "ns-1-3.json"), "{");
  assert.deepEqual(await recordedDecisions(dir, "ns-1"), [
    {
      file: "ns-1-1.json",
      at: 1000,
      plan: "remediate",
      reason: "ImageDrift",
      what: "reconcile-to-intent server-0: image: a → b",
    },
    {
      file: "ns-1-2.json",
      at: 1000,
      plan: "escalate",
      reason: "RepairRefused",
      what: "No.",
      refused: "The medic runs in observe mode.",
    },
  ]);
  assert.deepEqual(await recordedDecisions(dir, "nothing"), []);
});
