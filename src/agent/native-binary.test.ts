import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { test } from "node:test";
import { MedicError } from "../lib/medic-error.ts";
import { nativeBinary } from "./native-binary.ts";

const sdk = "@anthropic-ai/claude-agent-sdk";
const installed =
  (...packages: string[]) =>
  (file: string): string => {
    if (!packages.some((name) => file === `${sdk}-${name}/claude`)) throw new Error("Cannot find module");
    return `/modules/${file}`;
  };
const exists = (): boolean => true;

for (const [platform, arch, musl, present, expected] of [
  ["linux", "x64", false, ["linux-x64", "linux-x64-musl"], "linux-x64"],
  ["linux", "x64", true, ["linux-x64", "linux-x64-musl"], "linux-x64-musl"],
  ["linux", "arm64", false, ["linux-arm64"], "linux-arm64"],
  ["linux", "arm64", true, ["linux-arm64-musl"], "linux-arm64-musl"],
  ["linux", "x64", false, ["linux-x64-musl"], "linux-x64-musl"],
  ["darwin", "arm64", false, ["darwin-arm64"], "darwin-arm64"],
] as const) {
  test(`on ${platform} ${arch}${musl ? " with musl" : ""} with ${present.join(", ")} installed it is ${expected}'s`, () => {
    const path = nativeBinary({ platform, arch, musl, resolve: installed(...present), exists });
    assert.equal(path, `/modules/${sdk}-${expected}/claude`);
  });
}

const complaint = (error: unknown): boolean => {
  assert.ok(error instanceof MedicError);
  assert.equal(error.retriable, false);
  assert.match(error.message, /linux x64 is not installed; reinstall without --omit=optional/);
  return true;
};

test("without the optional package one sentence says what to do", () => {
  assert.throws(
    () => nativeBinary({ platform: "linux", arch: "x64", musl: false, resolve: installed(), exists }),
    complaint,
  );
});

test("a package whose program is gone counts as not installed", () => {
  const place = { platform: "linux", arch: "x64", musl: false, resolve: installed("linux-x64") };
  assert.throws(() => nativeBinary({ ...place, exists: () => false }), complaint);
});

test("on this machine the program is there and can be executed", () => {
  accessSync(nativeBinary(), constants.X_OK);
});
