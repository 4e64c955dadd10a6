import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { MedicError } from "../lib/medic-error.ts";
import { serveApi } from "./serve.ts";

const api = new Hono();
api.get("/", (context) => context.text("hello"));
api.get("/stream", (context) =>
  streamSSE(context, async (stream) => {
    await stream.write(": open\n\n");
    await new Promise<void>((resolve) => stream.onAbort(resolve));
  }),
);

test("serves on any free port and says which", async () => {
  const server = await serveApi(api, { host: "127.0.0.1", port: 0 });
  assert.equal(server.url, `http://127.0.0.1:${server.port}`);
  assert.equal(await (await fetch(server.url)).text(), "hello");
  await server.close();
  await assert.rejects(fetch(server.url));
});

test("says in one sentence that the port is taken, or the address is not ours", async () => {
  const server = await serveApi(api, { host: "127.0.0.1", port: 0 });
  const { port } = server;
  const refused = (why: RegExp) => (error: unknown) =>
    error instanceof MedicError && error.code === "HttpUnavailable" && why.test(error.message);
  await assert.rejects(
    serveApi(api, { host: "127.0.0.1", port }),
    refused(
      /^port \d+ on 127\.0\.0\.1 cannot be opened: it is in use; stop what listens there, or choose another one with --port/,
    ),
  );
  await assert.rejects(
    serveApi(api, { host: "192.0.2.1", port: 0 }),
    refused(/EADDRNOTAVAIL.*; choose another address with --host/),
  );
  await server.close();
});

test("closes although a stream is open and a client says nothing", async () => {
  const server = await serveApi(api, { host: "127.0.0.1", port: 0 });
  const response = await fetch(`${server.url}/stream`);
  const reader = response.body!.getReader();
  await reader.read();
  const silent = connect(server.port, "127.0.0.1");
  await once(silent, "connect");
  const closed = once(silent, "close");
  await server.close();
  await assert.rejects(reader.read());
  await closed;
});
