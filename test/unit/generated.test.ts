import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const gen = fileURLToPath(new URL("../../scripts/gen.ts", import.meta.url));

test("the generated documents are what the code says; `npm run gen` writes them", () => {
  const { status, stderr } = spawnSync(process.execPath, [gen, "--check"], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
});
