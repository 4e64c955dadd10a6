import assert from "node:assert/strict";
import { test } from "node:test";
import { fits, readTitle } from "./run-title.ts";

const titles: readonly (readonly [string, object])[] = [
  ["Build: misconfig, medic on", { mode: "misconfig", medic: true }],
  ["Build: none, medic off", { mode: "none", medic: false }],
  ["Build: chaos-recoverable, medic on", { mode: "chaos-recoverable", medic: true }],
  ["Build: chaos-unrecoverable, medic off", { mode: "chaos-unrecoverable", medic: false }],
  ["none of your business", { mode: "none" }],
  ["Build", {}],
  ["a nonesuch, paramedic on, chaos-recoverable-x", {}],
  ["medic online", {}],
  ["", {}],
];

for (const [title, expected] of titles) {
  test(`reads "${title}"`, () => assert.deepEqual(readTitle(title), expected));
}

test("a title that says nothing fits every request, one that says something else fits none", () => {
  const request = { mode: "none", medic: true } as const;
  assert.ok(fits("Build", request));
  assert.ok(fits("Build: none, medic on", request));
  assert.ok(!fits("Build: none, medic off", request));
  assert.ok(!fits("Build: misconfig, medic on", request));
});
