import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UsageError } from "../build/kube.ts";
import { readClient, readStepBuild } from "./step-options.ts";

describe("the steps of a build", () => {
  const flags = { runId: "4711-1", mode: "chaos-unrecoverable", medic: "true" };

  test("draw the same fault and target from the run alone, whichever step asks", () => {
    const first = readStepBuild(flags, false);
    const later = readStepBuild(
      { ...flags, client: "2", clients: "", seed: "", target: "", timeout: "" },
      false,
    );
    assert.deepEqual(later, first);
    assert.equal(first.namespace, "build-4711-1");
  });

  test("of different runs draw differently", () => {
    const drawn = Array.from(
      { length: 40 },
      (_, run) => readStepBuild({ ...flags, runId: `${run}-1` }, false).options,
    );
    assert.equal(new Set(drawn.map(({ seed }) => seed)).size, 40);
    assert.deepEqual(new Set(drawn.map(({ fault }) => fault)), new Set(["partition", "loss", "delay"]));
    assert.equal(new Set(drawn.map(({ target }) => target)).size, 4);
  });

  test("take a given seed and target over the run's", () => {
    const { options } = readStepBuild({ ...flags, seed: "7", target: "3" }, false);
    assert.deepEqual([options.seed, options.target], [7, 3]);
  });

  test("understand a workflow's boolean", () => {
    for (const [medic, on] of [
      ["true", true],
      ["false", false],
      ["on", true],
      ["off", false],
      ["", true],
    ] as const)
      assert.equal(readStepBuild({ ...flags, medic }, false).options.medic, on);
  });

  test("run the suite in pods from outside the cluster, and here from inside", () => {
    assert.equal(readStepBuild(flags, false).options.runner, "pod");
    assert.equal(readStepBuild(flags, true).options.runner, "local");
  });

  const WRONG: Record<string, object> = {
    "no run": { runId: "" },
    "a run that is no label": { runId: "A_1" },
    "a run that leaves its namespace": { runId: "../x" },
    "a mode that nobody offers": { mode: "chaos" },
    "more clients than run at the same time": { clients: "9" },
    "a target beyond the clients": { clients: "2", target: "2" },
    "a seed that is a command": { seed: "$(id)" },
    "a medic that is neither": { medic: "maybe" },
  };
  for (const [name, change] of Object.entries(WRONG))
    test(`refuse ${name}`, () => {
      assert.throws(() => readStepBuild({ ...flags, ...change }, false), UsageError);
    });

  test("refuse a client that the build has not", () => {
    const build = readStepBuild(flags, false);
    assert.equal(readClient({ client: "3" }, build), 3);
    for (const client of ["4", "-1", "", "x"]) assert.throws(() => readClient({ client }, build), UsageError);
  });
});
