import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { contentHash, sourceFiles } from "./content-hash.ts";

describe("an image's content hash", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "content-hash-"));
    await writeFile(join(folder, "main.ts"), "one");
    await mkdir(join(folder, "deep"));
    await writeFile(join(folder, "deep", "more.ts"), "two");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is the same for the same files", async () => {
    assert.equal(await contentHash(folder, "s"), await contentHash(folder, "s"));
    assert.match(await contentHash(folder, "s"), /^[0-9a-f]{12}$/);
  });

  it("changes with a file's content, its name, and the salt", async () => {
    const before = await contentHash(folder, "s");
    assert.notEqual(await contentHash(folder, "t"), before);
    await writeFile(join(folder, "main.ts"), "changed");
    assert.notEqual(await contentHash(folder, "s"), before);
    await writeFile(join(folder, "main.ts"), "one");
    assert.equal(await contentHash(folder, "s"), before);
    await rename(join(folder, "main.ts"), join(folder, "other.ts"));
    assert.notEqual(await contentHash(folder, "s"), before);
  });

  it("does not look at tests and at what npm installed", async () => {
    const before = await contentHash(folder, "s");
    await writeFile(join(folder, "main.test.ts"), "a test");
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules", "x.js"), "a package");
    assert.equal(await contentHash(folder, "s"), before);
    assert.deepEqual(await sourceFiles(folder), ["deep/more.ts", "main.ts"]);
  });

  it("looks only at what counts, when that is said", async () => {
    const only = ["deep"];
    const before = await contentHash(folder, "s", only);
    await writeFile(join(folder, "main.ts"), "changed");
    assert.equal(await contentHash(folder, "s", only), before);
    await writeFile(join(folder, "deep", "more.ts"), "changed");
    assert.notEqual(await contentHash(folder, "s", only), before);
    assert.deepEqual(await sourceFiles(folder, ["main.ts", "deep"]), ["deep/more.ts", "main.ts"]);
  });
});
