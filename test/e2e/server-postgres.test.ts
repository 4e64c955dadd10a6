import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "pg";
import { z } from "zod";
import { readConfig } from "../../farm/server/config.ts";
import { createLog } from "../../farm/server/log.ts";
import type { RunningServer } from "../../farm/server/server.ts";
import { startServer } from "../../farm/server/server.ts";
import type { Postgres } from "./postgres.ts";
import { eventually, preparePostgres } from "./postgres.ts";
import type { TcpLink } from "./tcp-link.ts";
import { openLink } from "./tcp-link.ts";

const LogLine = z.looseObject({
  msg: z.string(),
  code: z.string().optional(),
  phase: z.string().optional(),
  db: z.string().optional(),
});

const Body = z.looseObject({
  ready: z.boolean().optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
});

interface Answer {
  readonly status: number;
  readonly body: z.infer<typeof Body>;
}

describe("the server and its Postgres", () => {
  let postgres: Postgres;
  let link: TcpLink;
  let server: RunningServer;
  const lines: z.infer<typeof LogLine>[] = [];
  const readyTimeoutMs = 400;

  const get = async (path: string): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: Body.parse(await response.json()) };
  };
  const ready = () =>
    eventually(
      10_000,
      () => get("/readyz"),
      (answer) => answer.status === 200,
    );
  const admin = async (sql: string) => {
    const client = new Client({
      host: "127.0.0.1",
      port: postgres.port,
      user: "app",
      database: "app",
      password: postgres.password,
    });
    await client.connect();
    await client.query(sql);
    await client.end();
  };

  before(async () => {
    postgres = await preparePostgres();
    link = await openLink(postgres.port);
    const env = {
      HOST: "127.0.0.1",
      PORT: "0",
      PGHOST: "127.0.0.1",
      PGPORT: String(link.port),
      PGPASSWORD: postgres.password,
      READY_TIMEOUT_MS: String(readyTimeoutMs),
      REQUEST_TIMEOUT_MS: "800",
      SLOW_QUERY_MS: "150",
      CHECK_INTERVAL_MS: "100",
    };
    server = await startServer(
      readConfig(env),
      createLog((line) => lines.push(LogLine.parse(JSON.parse(line)))),
    );
  });
  after(async () => {
    await server.stop();
    await link.close();
    await postgres.remove();
  });

  it("starts without its database: alive, not ready", async () => {
    assert.equal((await get("/healthz")).status, 200);
    const answer = await get("/readyz");
    assert.equal(answer.status, 503);
    assert.equal(answer.body.ready, false);
  });

  it("is ready once Postgres comes, having made its tables", async () => {
    await postgres.start();
    await ready();
    assert.equal((await get("/stats")).status, 200);
  });

  it("answers 503 within its time limit while the network drops every packet, and stays alive", async () => {
    await ready();
    link.cut();
    const started = performance.now();
    const answer = await get("/readyz");
    const tookMs = performance.now() - started;
    assert.equal(answer.status, 503);
    assert.equal(answer.body.code, "ETIMEDOUT");
    assert.ok(tookMs < 10 * readyTimeoutMs, `took ${tookMs} ms`);
    assert.equal((await get("/healthz")).status, 200);
    assert.equal((await get("/stats")).status, 503);
  });

  it("says in its log which database it cannot reach, at which step and why", async () => {
    const line = await eventually(
      5000,
      async () => lines.findLast((each) => each.msg === "database unreachable" && each.code === "ETIMEDOUT"),
      (found) => found !== undefined,
    );
    assert.equal(line?.db, `127.0.0.1:${link.port}`);
    assert.equal(line?.phase, "handshake");
  });

  it("makes one connection for many probes at once", async () => {
    const before = link.connections();
    const answers = await Promise.all(Array.from({ length: 50 }, () => get("/readyz")));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([503]));
    assert.ok(link.connections() - before <= 10, `${link.connections() - before} connections`);
  });

  it("is ready again with the first check after the network healed, whatever connections it had", async () => {
    link.heal();
    await ready();
    await Promise.all(Array.from({ length: 8 }, () => get("/stats")));
    link.cut();
    await eventually(
      5000,
      () => get("/readyz"),
      (answer) => answer.status === 503,
    );
    link.heal();
    // One check may still be under way from before.
    await get("/readyz");
    assert.equal((await get("/readyz")).status, 200);
    assert.deepEqual(
      new Set(
        (await Promise.all(Array.from({ length: 8 }, () => get("/stats")))).map((answer) => answer.status),
      ),
      new Set([200]),
    );
  });

  it("says that the database is slow when only the network is", async () => {
    link.delay(200);
    await eventually(
      5000,
      async () => lines.at(-1),
      (line) => line?.msg === "database slow",
    );
    assert.equal((await get("/readyz")).status, 200);
    link.delay(0);
    await eventually(
      5000,
      async () => lines.at(-1),
      (line) => line?.msg === "database reachable",
    );
  });

  it("names the code when Postgres is stopped, and recovers when it is back", async () => {
    await postgres.stop();
    const answer = await eventually(
      5000,
      () => get("/readyz"),
      (each) => each.status === 503,
    );
    assert.ok(["ECONNRESET", "57P01", "57P03"].includes(answer.body.code ?? ""), JSON.stringify(answer.body));
    await postgres.start();
    await ready();
  });

  it("makes its tables again when the database comes back empty", async () => {
    await admin("drop table order_items, orders, products");
    await ready();
    assert.equal((await get("/stats")).status, 200);
  });

  it("is not ready, and says why, while Postgres refuses its password", async () => {
    await admin(
      "alter role app password 'another'; select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = 'app'",
    );
    const answer = await eventually(
      5000,
      () => get("/readyz"),
      (each) => each.body.code === "28P01",
    );
    assert.equal(answer.status, 503);
    assert.match(answer.body.reason ?? "", /password authentication failed/);
  });
});
