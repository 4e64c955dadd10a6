import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { makeOnce } from "./cache.ts";

describe("making a directory once", () => {
  let base: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "bm-cache-"));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  it("makes it a single time for everybody who asks at once", async () => {
    let made = 0;
    const make = async (directory: string) => {
      made += 1;
      await writeFile(join(directory, "file"), "content");
    };
    const target = join(base, "deep", "target");
    await Promise.all([1, 2, 3].map(() => makeOnce(target, make, () => {})));
    assert.equal(made, 1);
    assert.equal(await readFile(join(target, "file"), "utf8"), "content");
  });

  it("leaves nothing under the final name when making it fails, and tries again next time", async () => {
    const target = join(base, "target");
    const fail = () => Promise.reject(new Error("half way"));
    await assert.rejects(
      makeOnce(target, fail, () => {}),
      /half way/,
    );
    assert.equal(existsSync(target), false);
    await makeOnce(
      target,
      (directory) => writeFile(join(directory, "file"), "whole"),
      () => {},
    );
    assert.equal(await readFile(join(target, "file"), "utf8"), "whole");
  });
});
