import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { redactJson } from "../core/redact.ts";
import { createTranscripts } from "./transcripts.ts";
import type { Transcripts } from "./transcripts.ts";

function stored(t: TestContext): {
  readonly dir: string;
  readonly transcripts: Transcripts;
  readonly log: ReturnType<typeof collectingLog>;
  readonly mirrored: string[];
} {
  const dir = mkdtempSync(join(tmpdir(), "transcripts-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const log = collectingLog();
  const mirrored: string[] = [];
  return {
    dir,
    log,
    mirrored,
    transcripts: createTranscripts({ dir, log, mirror: (line) => mirrored.push(line) }),
  };
}

test("messages are stored in their order, one a line, and read again", async (t) => {
  const { transcripts } = stored(t);
  const transcript = transcripts.open("ci-1-0-abc-1", redactJson);
  transcript.write({ type: "system" });
  transcript.write({ type: "assistant", text: "two\nlines" });
  transcripts.open("ci-1-0-abc-1", redactJson).write({ type: "result" });
  assert.deepEqual(await transcripts.read("ci-1-0-abc-1"), [
    { type: "system" },
    { type: "assistant", text: "two\nlines" },
    { type: "result" },
  ]);
  assert.equal(await transcripts.read("ci-1-0-abc-2"), undefined);
});

test("a message is masked before it is stored and before it is mirrored", async (t) => {
  const { transcripts, mirrored, dir } = stored(t);
  transcripts.open("i", redactJson).write({ type: "user", text: "Authorization: Bearer abcdefghijklmnop" });
  const file = readFileSync(join(dir, "episodes", "i.jsonl"), "utf8");
  assert.doesNotMatch(file + mirrored.join(""), /abcdefghijklmnop/);
  assert.match(mirrored[0]!, /^\{"episode":"i","message":\{"type":"user","text":"Authorization: /);
});

test("what the masking makes of a message is what is stored, whatever that is", async (t) => {
  const { transcripts } = stored(t);
  transcripts.open("i", () => "masked").write({ secret: "x" });
  assert.deepEqual(await transcripts.read("i"), ["masked"]);
});

test("only the medic's own account may read a transcript", (t) => {
  const { transcripts, dir } = stored(t);
  transcripts.open("i", redactJson).write({});
  assert.equal(statSync(join(dir, "episodes")).mode & 0o777, 0o700);
  assert.equal(statSync(join(dir, "episodes", "i.jsonl")).mode & 0o777, 0o600);
});

test("a disk that takes nothing is reported once, and every message is still mirrored", async (t) => {
  const { transcripts, dir, log, mirrored } = stored(t);
  // A file where the folder should be: root, too, cannot write into it.
  writeFileSync(join(dir, "episodes"), "");
  const transcript = transcripts.open("i", redactJson);
  transcript.write({ n: 1 });
  transcript.write({ n: 2 });
  assert.deepEqual(
    log.lines.map(({ level, message }) => [level, message]),
    [["error", "transcript cannot be stored"]],
  );
  assert.equal(mirrored.length, 2);
  await assert.rejects(transcripts.read("i"), { code: "ENOTDIR" });
});

test("a disk that takes something again gets the messages from there on", async (t) => {
  const { transcripts, dir, log } = stored(t);
  writeFileSync(join(dir, "episodes"), "");
  const transcript = transcripts.open("i", redactJson);
  transcript.write({ n: 1 });
  rmSync(join(dir, "episodes"));
  transcript.write({ n: 2 });
  assert.deepEqual(await transcripts.read("i"), [{ n: 2 }]);
  assert.equal(log.lines.length, 1);
});

test("a line that was cut off is left out when it is read", async (t) => {
  const { transcripts, dir } = stored(t);
  transcripts.open("i", redactJson).write({ n: 1 });
  appendFileSync(join(dir, "episodes", "i.jsonl"), '{"n":2,"text":"cut o');
  assert.deepEqual(await transcripts.read("i"), [{ n: 1 }]);
});

test("no name of an incident leads out of the folder", async (t) => {
  const { transcripts, dir } = stored(t);
  for (const name of ["../../escaped", "..", "a/b", ".hidden"]) {
    transcripts.open(name, redactJson).write({ name });
    assert.deepEqual(await transcripts.read(name), [{ name }]);
  }
  assert.deepEqual(readdirSync(dir), ["episodes"]);
  const names = new Set(readdirSync(join(dir, "episodes")));
  assert.deepEqual(names, new Set(["__.._escaped.jsonl", "_.jsonl", "_hidden.jsonl", "a_b.jsonl"]));
});
