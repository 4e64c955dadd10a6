import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "./kube.ts";
import { readBuildOptions } from "./options.ts";
import type { BuildFlags } from "./options.ts";

const seedOfSeven = () => 7;
const plain: BuildFlags = { mode: "none", medic: "off" };

test("a build without further flags has four clients, a fresh seed and ninety seconds", () => {
  const options = readBuildOptions(plain, seedOfSeven);
  assert.deepEqual(
    { clients: options.clients, seed: options.seed, timeout: options.timeoutSeconds, keep: options.keep },
    { clients: 4, seed: 7, timeout: 90, keep: false },
  );
});

test("with the medic a client waits long enough for the debounce, an episode and a fresh start", () => {
  const options = readBuildOptions({ ...plain, medic: "on" }, seedOfSeven);
  assert.ok(options.timeoutSeconds >= 20 + 60 + 30);
});

test("a recorded seed gives the same target and fault again", () => {
  const flags = { mode: "chaos-unrecoverable", medic: "off", seed: "99" };
  const once = readBuildOptions(flags, seedOfSeven);
  assert.deepEqual(
    readBuildOptions(flags, () => 8),
    once,
  );
});

test("a given target wins over the drawn one", () => {
  for (const target of ["0", "1", "2", "3"]) {
    assert.equal(readBuildOptions({ ...plain, target }, seedOfSeven).target, Number(target));
  }
});

test("a fault by name is a build of no mode", () => {
  const options = readBuildOptions({ fault: "loss", medic: "off" }, seedOfSeven);
  assert.deepEqual([options.mode, options.fault], ["custom", "loss"]);
});

const REFUSED: Record<string, BuildFlags> = {
  "no mode": { medic: "off" },
  "an unknown mode": { mode: "chaos", medic: "off" },
  "an unknown fault": { fault: "fire", medic: "off" },
  "mode and fault at once": { mode: "none", fault: "loss", medic: "off" },
  "no word on the medic": { mode: "none" },
  "medic=true": { mode: "none", medic: "true" },
  "no client at all": { ...plain, clients: "0" },
  "a thousand clients": { ...plain, clients: "1000" },
  "half a client": { ...plain, clients: "1.5" },
  "a target beyond the clients": { ...plain, target: "4" },
  "a negative target": { ...plain, target: "-1" },
  "a seed that is no number": { ...plain, seed: "lucky" },
  "a timeout of nothing": { ...plain, timeout: "0" },
  "an empty timeout": { ...plain, timeout: "" },
  "an unknown runner": { ...plain, runner: "moon" },
};
for (const [name, flags] of Object.entries(REFUSED)) {
  test(`refuses ${name} with one sentence`, () => {
    assert.throws(
      () => readBuildOptions(flags, seedOfSeven),
      (error) => error instanceof UsageError && /^[^\n]+\.$/.test(error.message),
    );
  });
}
