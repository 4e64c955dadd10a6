import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { readConfig } from "./config.ts";

describe("the server's configuration", () => {
  it("needs only where the database is and its password", () => {
    const config = readConfig({ PGHOST: "db-0", PGPASSWORD: "p" });
    assert.deepEqual([config.port, config.readyTimeoutMs, config.database.port], [8080, 1500, 5432]);
  });

  it("names every bad variable at once", () => {
    assert.throws(
      () => readConfig({ PORT: "many", READY_TIMEOUT_MS: "-1" }),
      /PORT.*PGHOST.*PGPASSWORD.*READY_TIMEOUT_MS/s,
    );
  });
});

describe("the server's packages", () => {
  it("are the versions that the rest of the repository is checked and tested with", async () => {
    const read = async (path: string) =>
      JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as Record<
        string,
        Record<string, string>
      >;
    const [own, root] = await Promise.all([read("./package.json"), read("../../package.json")]);
    for (const [name, version] of Object.entries(own["dependencies"] ?? {})) {
      assert.equal(version, root["dependencies"]?.[name] ?? root["devDependencies"]?.[name], name);
    }
  });
});
