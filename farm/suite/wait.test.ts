import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import type { Look, WaitEvent } from "./wait.ts";
import { errorCode, lookAt, waitUntilReady } from "./wait.ts";

/** Plays looks, one a second, on a clock that only moves when somebody sleeps. */
async function wait(looks: readonly (Look["status"] | Look)[], { timeoutSeconds = 60, stable = 3 } = {}) {
  let clock = 0;
  let next = 0;
  const events: WaitEvent[] = [];
  const result = await waitUntilReady({
    timeoutSeconds,
    stable,
    look: async () => {
      const look = looks[Math.min(next++, looks.length - 1)]!;
      return typeof look === "object" ? look : { status: look };
    },
    print: (event) => events.push(event),
    now: () => clock,
    sleep: async (ms) => {
      clock += ms;
    },
  });
  return { result, events };
}

describe("waiting for a stack", () => {
  it("is ready after enough looks in a row were good", async () => {
    const { result } = await wait([200]);
    assert.deepEqual(result, {
      event: "ready",
      afterSeconds: 2,
      readySinceSeconds: 0,
      lastStatus: 200,
      looks: 3,
    });
  });

  it("starts counting again when a look in between was bad", async () => {
    const { result } = await wait([200, 200, 503, 200]);
    assert.equal(result.event, "ready");
    assert.equal(result.readySinceSeconds, 3);
    assert.equal(result.looks, 6);
  });

  it("prints each change once and the end", async () => {
    const { events } = await wait(["ENOTFOUND", "ENOTFOUND", { status: 503, reason: "no database" }, 200]);
    assert.deepEqual(
      events.map((event) => (event.event === "state" ? [event.afterSeconds, event.status] : event.event)),
      [[0, "ENOTFOUND"], [2, 503], [3, 200], "ready"],
    );
  });

  it("gives up when the time is over, with the last thing it saw and why", async () => {
    const { result } = await wait([{ status: 503, reason: "no database" }], { timeoutSeconds: 10 });
    assert.deepEqual(result, {
      event: "timeout",
      afterSeconds: 10,
      lastStatus: 503,
      reason: "no database",
      looks: 10,
    });
  });

  it("keeps the last whole answer when its own end cuts a look short", async () => {
    const { result } = await wait([{ status: 503, reason: "no database" }, "TIMEOUT"], {
      timeoutSeconds: 2,
    });
    assert.deepEqual([result.lastStatus, result.reason, result.looks], [503, "no database", 1]);
  });

  it("says that no answer came when the only look timed out", async () => {
    const { result } = await wait(["TIMEOUT"], { timeoutSeconds: 2 });
    assert.equal(result.lastStatus, "TIMEOUT");
  });

  it("is no success when the time is over in the middle of a good row", async () => {
    const { result } = await wait([503, 200], { timeoutSeconds: 3 });
    assert.equal(result.event, "timeout");
    assert.equal(result.lastStatus, 200);
  });

  it("names the cause under a failed fetch", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    assert.equal((await lookAt(new URL(`http://127.0.0.1:${port}/readyz`), 1000.5)).status, "ECONNREFUSED");
    const cause = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
    assert.equal(errorCode(new TypeError("fetch failed", { cause })), "ENOTFOUND");
    assert.equal(errorCode(new DOMException("too late", "TimeoutError")), "TIMEOUT");
  });
});
