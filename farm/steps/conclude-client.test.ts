import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concludeClient } from "./conclude-client.ts";
import type { StepResults } from "./conclude-client.ts";

const ok = { outcome: "success", outputs: {} };
const READY = { outcome: "success", outputs: { "ready-after-seconds": "12.5" } };
const slice = (failed: number) => ({
  outcome: failed === 0 ? "success" : "failure",
  outputs: { slice: JSON.stringify({ passed: 5, failed, failures: failed === 0 ? [] : ["orders"] }) },
});

describe("a client's job", () => {
  const ENDS: Record<
    string,
    { readonly steps: StepResults; readonly status?: string; readonly end: RegExp }
  > = {
    "whose tests pass has passed": {
      steps: { deploy: ok, fault: ok, wait: READY, test: slice(0) },
      end: /^passed $/,
    },
    "whose tests fail has failed its tests": {
      steps: { deploy: ok, fault: ok, wait: READY, test: slice(1) },
      end: /^tests 1 of 6 tests failed: orders$/,
    },
    "whose suite ends without a result has failed its tests": {
      steps: { deploy: ok, wait: READY, test: { outcome: "failure", outputs: { why: "the suite died" } } },
      end: /^tests the suite died$/,
    },
    "whose stack was not ready has failed for its environment": {
      steps: {
        deploy: ok,
        wait: { outcome: "failure", outputs: { why: "no node" } },
        test: { outcome: "skipped" },
      },
      end: /^environment no node$/,
    },
    "whose deploy failed has failed for its environment": {
      steps: { deploy: { outcome: "failure", outputs: { why: "refused" } } },
      end: /^environment refused$/,
    },
    "whose step was ended by its limit says which": {
      steps: { deploy: ok, wait: { outcome: "failure", outputs: {} } },
      end: /^environment the step wait failed without a reason$/,
    },
    "that was cancelled was interrupted, although a step failed of it": {
      steps: { deploy: ok, wait: { outcome: "failure" } },
      status: "cancelled",
      end: /^interrupted/,
    },
    "of which no step ran was interrupted": { steps: {}, end: /^interrupted/ },
    "whose outputs are garbled is not taken for one that passed": {
      steps: { deploy: ok, wait: READY, test: { outcome: "failure", outputs: { slice: "{" } } },
      end: /^tests the step test failed/,
    },
  };
  for (const [name, { steps, status, end }] of Object.entries(ENDS))
    test(name, () => {
      const { client } = concludeClient(2, steps, status);
      assert.match(`${client.outcome} ${client.why ?? ""}`, end);
      assert.equal(client.client, 2);
    });

  test("tells how long its stack took, and what was done to it", () => {
    const fault = { name: "cordon", target: 2, detail: "nodes cordoned", injected: true, at: "2026-01-01" };
    const steps = {
      deploy: ok,
      fault: { outcome: "success", outputs: { fault: JSON.stringify(fault) } },
      wait: READY,
      test: slice(0),
    };
    const concluded = concludeClient(2, steps);
    assert.equal(concluded.client.readyAfterSeconds, 12.5);
    assert.equal(concluded.client.deployed, true);
    assert.deepEqual(concluded.fault, fault);
    assert.equal(concludeClient(2, {}).client.readyAfterSeconds, undefined);
  });
});
