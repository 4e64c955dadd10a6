import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readConfig } from "../../farm/server/config.ts";
import { createLog } from "../../farm/server/log.ts";
import type { RunningServer } from "../../farm/server/server.ts";
import { startServer } from "../../farm/server/server.ts";
import type { Postgres } from "./postgres.ts";
import { preparePostgres } from "./postgres.ts";

const Summary = z.object({
  shard: z.string(),
  passed: z.int(),
  failed: z.int(),
  seconds: z.number(),
  failures: z.array(z.object({ name: z.string(), message: z.string() })),
});

async function suite(...args: string[]): Promise<{ code: number; lines: string[]; stderr: string }> {
  const main = fileURLToPath(new URL("../../farm/suite/main.ts", import.meta.url));
  // Without this variable, which a test runner sets for its children, they would report to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [main, ...args], { env });
  const [out, err]: string[][] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out?.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => err?.push(chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, lines: (out ?? []).join("").trim().split("\n"), stderr: (err ?? []).join("") };
}

describe("the suite against the real server and a real Postgres", () => {
  let postgres: Postgres;
  let server: RunningServer;
  let url: string;

  before(async () => {
    postgres = await preparePostgres();
    await postgres.start();
    const { port, password } = postgres;
    const env = {
      HOST: "127.0.0.1",
      PORT: "0",
      PGHOST: "127.0.0.1",
      PGPORT: String(port),
      PGPASSWORD: password,
    };
    server = await startServer(
      readConfig(env),
      createLog(() => undefined),
    );
    url = `http://127.0.0.1:${server.port}`;
  });
  after(async () => {
    await server.stop();
    await postgres.remove();
  });

  it("finds the stack ready", async () => {
    const { code, lines } = await suite("wait", "--url", url, "--timeout", "20", "--stable", "2");
    assert.equal(code, 0);
    assert.match(lines.at(-1) ?? "", /^\{"event":"ready",.*"lastStatus":200/);
  });

  it("passes in four shards at once, on the same data", async () => {
    const shards = ["1/4", "2/4", "3/4", "4/4"];
    const results = await Promise.all(
      shards.map((shard) => suite("run", "--url", url, "--shard", shard, "--json")),
    );
    const summaries = results.map(({ lines }) => Summary.parse(JSON.parse(lines.at(-1) ?? "")));
    assert.deepEqual(
      summaries.flatMap(({ failures }) => failures),
      [],
    );
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 0, 0, 0],
    );
    for (const { passed, shard } of summaries) assert.ok(passed >= 10, `${shard}: ${passed}`);
  });

  it("turns red, with the reason, when the database goes away", async () => {
    await postgres.stop();
    const { code, lines } = await suite("run", "--url", url, "--shard", "2/4", "--json");
    const summary = Summary.parse(JSON.parse(lines.at(-1) ?? ""));
    assert.equal(code, 1);
    assert.ok(summary.failed > 5, `${summary.failed} failed`);
    assert.match(summary.failures[0]?.message ?? "", /answered 503/);
  });

  it("says within its time that the stack is not ready, and what the server says is missing", async () => {
    const { code, lines } = await suite("wait", "--url", url, "--timeout", "2");
    assert.equal(code, 1);
    const end: unknown = JSON.parse(lines.at(-1) ?? "");
    assert.deepEqual(z.looseObject({ event: z.string(), lastStatus: z.int() }).parse(end).event, "timeout");
    assert.match(lines.at(-1) ?? "", /"lastStatus":503,"reason":"connecting to 127\.0\.0\.1:\d+ failed/);
  });

  it("explains wrong use", async () => {
    for (const args of [
      ["run"],
      ["wait", "--url", "server-0"],
      ["run", "--url", url, "--shard", "5/4"],
      ["go"],
    ]) {
      const { code, stderr } = await suite(...args);
      assert.equal(code, 2, args.join(" "));
      assert.notEqual(stderr, "");
    }
  });
});
