import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { closed, opened, result, says } from "../../test/support/transcript-pieces.ts";

const stateDir = mkdtempSync(join(tmpdir(), "episode-cli-"));
after(() => rmSync(stateDir, { recursive: true, force: true }));
const self = fileURLToPath(import.meta.url);
const program = `import { Command } from ${JSON.stringify(import.meta.resolve("commander"))};
  import { registerEpisode } from ${JSON.stringify(new URL("episode.ts", import.meta.url).href)};
  const program = new Command("build-medic");
  registerEpisode(program);
  await program.parseAsync(process.argv.slice(1), { from: "user" });`;
const messages = [opened(), says("m1", "It was \u009b31mthe disk."), result(), closed({})];
const jsonLines = messages.map((message) => `${JSON.stringify(message)}\n`).join("");

mkdirSync(join(stateDir, "episodes"));
for (let n = 0; n < 12; n += 1) store(`incident-${n}`, jsonLines, n);
store("empty", "", 0);
const audit = {
  audit: "v1",
  actor: "agent",
  action: "restart-pod",
  stage: "outcome",
  result: "applied: restarted",
};
writeFileSync(
  join(stateDir, "audit.jsonl"),
  ["ci-1-0-abc-1", "another"]
    .map((incident) => `${JSON.stringify({ ...audit, incident, arguments: { pod: `of-${incident}` } })}\n`)
    .join(""),
);

function store(name: string, text: string, minute: number): void {
  const path = join(stateDir, "episodes", `${name}.jsonl`);
  writeFileSync(path, text);
  utimesSync(path, 60 * minute, 60 * minute);
}

function show(...args: string[]): { status: number | null; out: string; err: string } {
  const env = { PATH: process.env["PATH"] ?? "", MEDIC_STATE_DIR: stateDir };
  const run = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program, "--", "episode", "show", ...args],
    { encoding: "utf8", env },
  );
  return { status: run.status, out: run.stdout, err: run.stderr };
}

test("prints the episode of an incident, or of a transcript by its path, with what the audit log knows", () => {
  const byName = show("incident-3");
  assert.deepEqual([byName.status, byName.err], [0, ""]);
  assert.match(byName.out, /^Episode of ci-1-0-abc-1\n/);
  assert.match(byName.out, /restart-pod of-ci-1-0-abc-1: applied: restarted/);
  assert.doesNotMatch(byName.out, /of-another/);
  assert.equal(show(join(stateDir, "episodes", "incident-3.jsonl")).out, byName.out);
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(byName.out, /\u001b|\u009b/, "no colours in a pipe, none that a transcript brings");
});

test("prints the messages as JSON that is the same, without characters that a terminal would obey", () => {
  const { status, out } = show("incident-3", "--json");
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(out), messages);
  assert.ok(!out.includes("\u009b"));
});

test("names at most ten of the episodes that are there, the newest first, and exits 1", () => {
  const { status, out, err } = show("incident-99");
  assert.deepEqual([status, out], [1, ""]);
  assert.match(
    err,
    /^build-medic: There is no episode of incident-99 in .*; there is one of incident-11, incident-10,/,
  );
  assert.match(err, /incident-2 and 3 more\.\n$/);
});

test("exits 1 in one sentence where there is no episode at all, and no such file", () => {
  const none = show("incident-1", "--state-dir", join(stateDir, "nowhere"));
  assert.equal(none.status, 1);
  assert.match(
    none.err,
    /^build-medic: There is no episode of incident-1, .*name the medic's folder with --state-dir\.\n$/,
  );
  const file = show("./no.jsonl");
  assert.deepEqual([file.status, file.err], [1, "build-medic: There is no file ./no.jsonl.\n"]);
});

test("exits 2 in one sentence for what is no transcript, a folder, and a setting that is none", () => {
  for (const [args, sentence] of [
    [
      [self],
      /^build-medic: .*episode\.test\.ts holds no episode; name a file of stateDir\/episodes or an Incident\.\n$/,
    ],
    [["empty"], /^build-medic: empty holds no episode; .*\n$/],
    [[`${stateDir}/`], /^build-medic: .* cannot be read \(EISDIR.*\); name an Incident or a transcript\.\n$/],
    [["x", "--max-turns", "none"], /^build-medic: .*max-turns.*\n$/],
  ] as const) {
    const { status, out, err } = show(...args);
    assert.deepEqual([status, out], [2, ""]);
    assert.match(err, sentence);
  }
});
