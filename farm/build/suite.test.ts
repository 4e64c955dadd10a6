import assert from "node:assert/strict";
import { test } from "node:test";
import { readSlice, readWait, waitUntilReady } from "./suite.ts";
import type { Runner } from "./runner.ts";

const READY =
  '{"event":"state","afterSeconds":1,"status":"ENOTFOUND"}\n{"event":"ready","afterSeconds":2,"lastStatus":200,"stable":3}\n';
const TIMEOUT = '{"event":"timeout","afterSeconds":5,"lastStatus":503,"stable":0}\n';

test("a wait that ended with ready is ready", () => {
  assert.deepEqual(readWait(READY), { ended: true, ready: true, last: "200" });
});

test("a wait that timed out says what it heard last", () => {
  assert.deepEqual(readWait(TIMEOUT), { ended: true, ready: false, last: "503" });
});

test("a wait that was cut off has not ended", () => {
  assert.deepEqual(readWait('{"event":"state","status":"ENOTFOUND"}\n{"ev'), {
    ended: false,
    ready: false,
    last: "ENOTFOUND",
  });
});

test("a wait whose connection breaks off is started again", async () => {
  const answers = [
    { code: 1, stdout: '{"event":"state","status":"ENOTFOUND"}\n', stderr: "error: stream closed" },
    { code: 0, stdout: READY, stderr: "" },
  ];
  const asked: (readonly string[])[] = [];
  const runner: Runner = {
    ready: () => Promise.resolve(),
    node: (args) => {
      asked.push(args);
      return Promise.resolve(answers[asked.length - 1]!);
    },
  };
  const signal = new AbortController().signal;
  const answer = await waitUntilReady(runner, { url: "http://server-0", timeoutSeconds: 60, signal });
  assert.deepEqual(answer, { ready: true, last: "200" });
  assert.equal(asked.length, 2);
});

test("a slice's result is its last line", () => {
  const stdout =
    'noise\n{"shard":"1/4","passed":11,"failed":1,"seconds":4,"failures":[{"name":"orders","message":"x"}]}\n';
  assert.deepEqual(readSlice({ code: 1, stdout }), { passed: 11, failed: 1, failures: ["orders"] });
});

const NO_RESULT: Record<string, { code: number; stdout: string }> = {
  "no output": { code: 1, stdout: "" },
  "a crash in the middle of a line": { code: 1, stdout: '{"passed":3,' },
  "green numbers with a red exit": { code: 1, stdout: '{"passed":3,"failed":0,"failures":[]}' },
  "red numbers with a green exit": { code: 0, stdout: '{"passed":3,"failed":1,"failures":[{"name":"a"}]}' },
  "no test at all": { code: 0, stdout: '{"passed":0,"failed":0,"failures":[]}' },
};
for (const [name, result] of Object.entries(NO_RESULT)) {
  test(`${name} is no result`, () => assert.equal(readSlice(result), undefined));
}
