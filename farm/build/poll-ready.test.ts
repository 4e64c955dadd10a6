import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { runCommand } from "./command.ts";
import { pollReady, pollReadyProgram } from "./poll-ready.ts";
import type { ReadyAnswer } from "./poll-ready.ts";

/** A server that gives these statuses in turn, and the last one for ever. */
async function serving<T>(
  statuses: readonly number[],
  use: (url: string, asked: () => number) => Promise<T>,
): Promise<T> {
  let count = 0;
  const server = createServer((_, response) => {
    response.statusCode = statuses[Math.min(count, statuses.length - 1)] ?? 500;
    count += 1;
    response.end("answer");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`, () => count);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a stack is ready after two good answers in a row, not after one", async () => {
  await serving([503, 200, 503, 200, 200], async (url, asked) => {
    const answer = await pollReady(url, 30_000);
    assert.equal(answer.ready, true);
    assert.equal(asked(), 5);
  });
});

test("a stack that never gets ready is given up, with its last words", async () => {
  await serving([503], async (url) => {
    const answer = await pollReady(url, 900);
    assert.equal(answer.ready, false);
    assert.equal(answer.last, "503 answer");
  });
});

test("a name that does not resolve is an answer like any other", async () => {
  const answer = await pollReady("http://server-0.nowhere.invalid/readyz", 100);
  assert.equal(answer.ready, false);
  assert.match(answer.last, /nowhere\.invalid/);
});

test("the wait also runs as a program of its own", async () => {
  await serving([200], async (url) => {
    const result = await runCommand(process.execPath, ["-e", pollReadyProgram(url, 5000)]);
    assert.equal(result.code, 0, result.stderr);
    assert.equal((JSON.parse(result.stdout) as ReadyAnswer).ready, true);
  });
});
