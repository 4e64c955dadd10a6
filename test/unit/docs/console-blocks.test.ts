import assert from "node:assert/strict";
import { test } from "node:test";
import { firstDifference, shownCommands } from "../../support/console-blocks.ts";

const page = [
  "# A page",
  "```console",
  "$ one --a",
  "first",
  "…",
  "$ two",
  "```",
  "```sh",
  "$ not this",
  "```",
  "```console exit=1",
  "$ three",
  "bad",
  "```",
].join("\n");

test("the commands of a page are its console blocks' lines after a dollar, with their answers", () => {
  assert.deepEqual(shownCommands(page), [
    { command: "one --a", answer: ["first", "…"], line: 3, exitCode: 0 },
    { command: "two", answer: [], line: 6, exitCode: 0 },
    { command: "three", answer: ["bad"], line: 12, exitCode: 1 },
  ]);
});

test("a block without an end, and an answer without a command, are mistakes of the page", () => {
  assert.throws(() => shownCommands("```console\n$ one"), /line 1 does not end/);
  assert.throws(() => shownCommands("```console\none\n```"), /line 2: an answer without a command/);
});

const same: readonly [shown: string[], output: string][] = [
  [[], "anything\nat all\n"],
  [["one", "two"], "one\ntwo\n"],
  [["took … s"], "took 12.5 s"],
  [["one", "…", "three"], "one\ntwo\ntwo again\nthree\n"],
  [["…", "three"], "one\nthree"],
  [["one", "…"], "one\ntwo"],
  [["one", "…", "two"], "one\ntwo"],
  [["(a) [b] $0.02 *"], "(a) [b] $0.02 *"],
];
for (const [shown, output] of same) {
  test(`${JSON.stringify(output)} is what ${JSON.stringify(shown)} shows`, () =>
    assert.equal(firstDifference(shown, output), undefined));
}

const other: readonly [shown: string[], output: string, difference: string][] = [
  [["one", "two"], "one\nthree\ntwo", "two"],
  [["one"], "one\ntwo", "(nothing after) one"],
  [["took … s"], "took 12.5 min", "took … s"],
  [["…", "three"], "one\ntwo", "three"],
  [["two", "…", "one"], "one\ntwo", "two"],
  [["a.c"], "abc", "a.c"],
  [["…", "three"], "three\nfour", "(nothing after) three"],
];
for (const [shown, output, difference] of other) {
  test(`${JSON.stringify(output)} is not what ${JSON.stringify(shown)} shows`, () =>
    assert.equal(firstDifference(shown, output), difference));
}
