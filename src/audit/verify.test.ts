import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { genesis, seal } from "./chain.ts";
import type { ChainHead } from "./chain.ts";
import { verifyAudit } from "./verify.ts";
import type { Expectation, Verdict } from "./verify.ts";

/** The lines of a valid log, each with its newline. */
function chain(length: number): string[] {
  let head: ChainHead = { seq: 0, hash: genesis };
  return Array.from({ length }, (_, index) => {
    const sealed = seal(
      { action: "restart-pod", stage: index % 2 === 0 ? "intent" : "outcome", n: index },
      head,
      "2026-01-02T03:04:05.000Z",
    );
    ({ head } = sealed);
    return `${sealed.line}\n`;
  });
}

async function check(text: string, expected?: Expectation): Promise<Verdict | undefined> {
  async function* lines() {
    const parts = text.split("\n");
    const last = parts.pop()!;
    for (const part of parts) yield { bytes: Buffer.from(part), complete: true };
    if (last !== "") yield { bytes: Buffer.from(last), complete: false };
  }
  return verifyAudit(lines(), expected);
}

const log = chain(6);
const hashes = log.map((line) => (JSON.parse(line) as { hash: string }).hash);
const without = (...removed: number[]): string => log.filter((_, index) => !removed.includes(index)).join("");
const swapped = [log[0], log[2], log[1], ...log.slice(3)].join("");
const foreign = chain(7)[6]!;

const broken: readonly [sentence: string, text: string, line: number, damage: string, why: RegExp][] = [
  ["a changed value", log.join("").replace('"n":2', '"n":9'), 3, "edited", /does not match its own hash/],
  ["added white space", log.join("").replace('"n":2', '"n": 2'), 3, "edited", /does not match its own hash/],
  [
    "a second member of the same name",
    log.join("").replace('"n":2', '"n":9,"n":2'),
    3,
    "edited",
    /its own hash/,
  ],
  ["a removed record", without(2), 3, "removed", /^record 3 is not before it$/],
  ["several removed records", without(1, 2, 3), 2, "removed", /^records 2 to 4 are not before it$/],
  ["a removed beginning", without(0, 1), 1, "removed", /^records 1 to 2 are not before it$/],
  ["two records in the wrong order", swapped, 2, "reordered", /^record 2 belongs here and comes later$/],
  [
    "a repeated record",
    log.slice(0, 3).join("") + log[1] + log.slice(3).join(""),
    4,
    "inserted",
    /^record 2 comes again after record 3$/,
  ],
  [
    "a record of another log",
    log.slice(0, 5).join("") + seal({}, { seq: 5, hash: "f".repeat(64) }, "t").line + "\n",
    6,
    "replaced",
    /not written after the record/,
  ],
  [
    "text between the records",
    `${log[0]}hello\n${log[1]}`,
    2,
    "unaccounted",
    /no audit record, and the next record does not account/,
  ],
  ["text after the records", `${log.join("")}hello\n`, 7, "unaccounted", /no record accounts for it/],
  ["an empty line", `${log[0]}\n${log[1]}`, 2, "unaccounted", /no audit record/],
  ["a last line without an end", log.join("").slice(0, -1), 6, "truncated", /cut off/],
  ["a cut last line", log.join("").slice(0, -20), 6, "truncated", /cut off/],
];
for (const [sentence, text, line, damage, why] of broken) {
  test(`names the first bad line and why, for ${sentence}`, async () => {
    const verdict = await check(text);
    assert.ok(verdict !== undefined && !verdict.intact, "found intact");
    assert.deepEqual([verdict.line, verdict.damage], [line, damage]);
    assert.match(verdict.why, why);
  });
}

test("counts the records of an intact log", async () => {
  assert.deepEqual(await check(log.join("")), {
    intact: true,
    records: 6,
    stages: { intent: 3, outcome: 3 },
    torn: 0,
    first: "2026-01-02T03:04:05.000Z",
    last: "2026-01-02T03:04:05.000Z",
    seq: 6,
    hash: hashes[5],
  });
});

test("cannot see that the newest records are gone, unless told what existed", async () => {
  const cut = log.slice(0, 4).join("");
  assert.equal((await check(cut))?.intact, true);
  const bySeq = await check(cut, { seq: 6 });
  assert.ok(bySeq !== undefined && !bySeq.intact);
  assert.match(bySeq.why, /^the file ends with record 4, but record 6 existed$/);
  const byHash = await check(cut, { hash: hashes[5]! });
  assert.ok(byHash !== undefined && !byHash.intact);
  assert.match(byHash.why, /the newest records were removed or the file was written anew/);
  assert.equal((await check(foreign + log.join(""), { hash: hashes[5]! }))?.intact, false);
  assert.equal((await check(log.join(""), { seq: 6, hash: hashes[3]! }))?.intact, true);
});

test("an empty log is intact and has no record", async () => {
  const verdict = await check("");
  assert.ok(verdict?.intact);
  assert.equal(verdict.records, 0);
});

test("does not take another file for an audit log", async () => {
  for (const text of ["hello", "hello\n", '{"level":"info"}\n{"a":1}\n', "\n", "{"])
    assert.equal(await check(text), undefined);
});

test("finds any single changed, added or removed character", async () => {
  const text = log.join("");
  await fc.assert(
    fc.asyncProperty(
      fc.nat(text.length - 1),
      fc.constantFrom("", "x", "0", '"', "\n", " "),
      fc.boolean(),
      async (at, put, over) => {
        const changed = text.slice(0, at) + put + text.slice(over || put === "" ? at + 1 : at);
        if (changed === text) return;
        assert.notEqual((await check(changed))?.intact, true);
      },
    ),
    { numRuns: 500 },
  );
});

test("finds any lines that were taken out of the middle or moved", async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(log, { minLength: 1 }), async (lines) => {
      const prefix = lines.every((line, index) => line === log[index]);
      assert.equal((await check(lines.join("")))?.intact, prefix);
    }),
    { numRuns: 500 },
  );
});
