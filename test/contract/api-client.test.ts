import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { inspect } from "node:util";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { ApiClient, ApiError, isConflict, isNotFound } from "../../src/kube/api-client.ts";
import type { ApiRequest } from "../../src/kube/api-client.ts";
import { loadCluster } from "../../src/kube/kubeconfig.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { auditedRequests, clientFor } from "../support/contract-cluster.ts";
import { startFaultyProxy } from "../support/faulty-proxy.ts";
import type { FaultyProxy } from "../support/faulty-proxy.ts";

let plane: ControlPlane;
let proxy: FaultyProxy;
let client: ApiClient;
const signal = new AbortController().signal;
const path = "/api/v1/namespaces/default/configmaps";

before(async () => {
  plane = await startControlPlane();
  proxy = await startFaultyProxy(plane);
  client = await clientFor(proxy.kubeconfig, "tested");
});
after(async () => {
  client.close();
  await proxy.stop();
  await plane.stop();
});
afterEach(() => {
  proxy.clear();
  proxy.requests.length = 0;
});

function create(name: string, more: Partial<ApiRequest> = {}): Promise<unknown> {
  const body = { metadata: { name }, data: { value: "1" } };
  return client.request({ method: "POST", path, body, signal, ...more });
}

function read(name: string, more: Partial<ApiRequest> = {}): Promise<{ metadata: { name: string } }> {
  return client.request({ method: "GET", path: `${path}/${name}`, signal, ...more });
}

async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(error instanceof ApiError, inspect(error));
  return error;
}

test("a refusal says what was attempted on what, and what the server said", async () => {
  const missing = await failure(read("missing"));
  assert.equal(missing.message, 'get ConfigMap default/missing: configmaps "missing" not found');
  assert.deepEqual([missing.status, missing.reason, missing.retriable], [404, "NotFound", false]);
  assert.ok(isNotFound(missing));
  await create("twice");
  const conflict = await failure(create("twice"));
  assert.deepEqual([conflict.status, conflict.reason], [409, "AlreadyExists"]);
  assert.ok(isConflict(conflict) && !conflict.outcomeUnknown);
  const invalid = await failure(create("Not a name"));
  assert.deepEqual([invalid.status, invalid.reason], [422, "Invalid"]);
  assert.match(inspect(invalid.details), /metadata\.name/);
});

test("names itself to the API server", async () => {
  await create("named");
  assert.ok((await auditedRequests(plane, "tested")).length > 0);
});

test("repeats what was turned away, also a write, which then is done once", async () => {
  proxy.inject({ kind: "status", status: 429, retryAfterSeconds: 1 }, { times: 2 });
  await create("turned-away");
  assert.equal(proxy.requests.length, 3);
});

test("waits as long as the server asks before it repeats", async () => {
  proxy.inject({ kind: "status", status: 429, retryAfterSeconds: 1 }, { times: 1 });
  const begun = performance.now();
  await read("kube-root-ca.crt").catch(() => undefined);
  assert.ok(performance.now() - begun >= 990);
});

test("gives up when the server keeps turning it away, and says so", async () => {
  proxy.inject({ kind: "status", status: 429 });
  const error = await failure(read("x"));
  assert.equal(error.status, 429);
  assert.equal(proxy.requests.length, 5);
});

test("does not wait longer than its time allows", async () => {
  proxy.inject({ kind: "status", status: 429, retryAfterSeconds: 3600 });
  const error = await failure(read("x"));
  assert.equal(error.retryAfterMs, 3_600_000);
  assert.equal(proxy.requests.length, 1);
});

test("repeats a read after a 5xx or a lost answer", async () => {
  await create("lost");
  proxy.inject({ kind: "status", status: 503 }, { times: 1 });
  proxy.inject({ kind: "lose-answer" }, { times: 1 });
  assert.equal((await read("lost")).metadata.name, "lost");
});

test("never repeats a write whose answer got lost, and says that nobody knows", async () => {
  proxy.inject({ kind: "lose-answer" });
  const error = await failure(create("unknown"));
  assert.deepEqual([error.status, error.outcomeUnknown, error.retriable], [0, true, true]);
  assert.equal(proxy.requests.length, 1);
  proxy.clear();
  assert.equal((await read("unknown")).metadata.name, "unknown");
});

test("never repeats a write after a 5xx, which may have come after it took effect", async () => {
  proxy.inject({ kind: "status", status: 504 });
  const error = await failure(create("gateway"));
  assert.deepEqual([error.status, error.outcomeUnknown], [504, true]);
  assert.equal(proxy.requests.length, 1);
});

test("repeats a dry run like a read", async () => {
  proxy.inject({ kind: "lose-answer" }, { times: 1 });
  await create("dry", { query: { dryRun: "All" } });
  assert.equal(proxy.requests.length, 2);
});

test("a write that could not even be sent is known not to have happened", async () => {
  proxy.inject({ kind: "refuse" });
  const fresh = await clientFor(proxy.kubeconfig, "fresh");
  const body = { metadata: { name: "unsent" } };
  const error = await failure(fresh.request({ method: "POST", path, body, signal }));
  assert.deepEqual([error.status, error.outcomeUnknown], [0, false]);
  assert.match(error.message, /^create ConfigMap in default: no answer \(/);
});

test("an answer that does not come in time is an error", async () => {
  proxy.inject({ kind: "silent" });
  const error = await failure(create("slow", { timeoutMs: 500 }));
  assert.match(error.message, /no answer in 0\.5 s/);
  assert.equal(error.outcomeUnknown, true);
});

test("an abort ends a request and the wait before the next attempt", async () => {
  proxy.inject({ kind: "silent" });
  const waiting = new AbortController();
  const silent = read("x", { signal: waiting.signal });
  setTimeout(() => waiting.abort(new Error("the medic stops")), 100);
  await assert.rejects(silent, /^Error: the medic stops$/);
  proxy.clear();
  proxy.inject({ kind: "status", status: 429, retryAfterSeconds: 20 });
  const repeating = new AbortController();
  const repeated = read("x", { signal: repeating.signal });
  setTimeout(() => repeating.abort(new Error("the medic stops")), 100);
  await assert.rejects(repeated, /^Error: the medic stops$/);
  await assert.rejects(read("x", { signal: AbortSignal.abort(new Error("too late")) }), /^Error: too late$/);
});

test("reads plain text, no more of it than was asked for", async () => {
  const whole = await client.getText({ path: "/readyz", signal, maxBytes: 100 });
  assert.deepEqual(whole, { text: "ok", truncated: false });
  const part = await client.getText({ path: "/metrics", signal, maxBytes: 5000 });
  assert.equal(part.truncated, true);
  assert.equal(Buffer.byteLength(part.text), 5000);
});

test("a watch breaks off with an error at a line that is no event", async () => {
  proxy.inject({ kind: "garbage" }, { on: "watch" });
  const seen: string[] = [];
  const error = await failure(
    client.watch({
      path,
      query: { resourceVersion: "0" },
      signal,
      onEvent: ({ type }) => seen.push(type),
    }),
  );
  assert.match(error.message, /^watch configmaps in default: an answer that is no JSON/);
  assert.deepEqual(seen, []);
});

test("a watch resolves when the server ends it, and hands out what came until then", async () => {
  const names: unknown[] = [];
  const onEvent = ({ object }: { object: unknown }): void =>
    void names.push((object as { metadata: { name?: string } }).metadata.name);
  await client.watch({ path, query: { resourceVersion: "0", timeoutSeconds: 1 }, signal, onEvent });
  assert.ok(names.includes("twice"));
});

test("a server that it cannot trust gets nothing", async () => {
  const access = await loadCluster({ kubeconfig: plane.kubeconfig, environment: {} });
  const distrusting = new ApiClient({
    access: {
      ...access,
      credentials: async () => ({ tls: {}, headers: { authorization: "Bearer s3cret" } }),
    },
    version: "distrusting",
    clock: systemClock,
  });
  const error = await failure(distrusting.request({ method: "DELETE", path: `${path}/twice`, signal }));
  assert.match(error.message, /self-signed certificate|unable to (get local issuer|verify)/);
  assert.equal(error.outcomeUnknown, false);
  assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /s3cret/);
  assert.deepEqual(await auditedRequests(plane, "distrusting"), []);
});

test("the token is in no error", async () => {
  const kubeconfig = await plane
    .kubeconfigFor({ namespace: "default", serviceAccount: "default" })
    .catch(async () => {
      const metadata = { name: "default" };
      const accounts = "/api/v1/namespaces/default/serviceaccounts";
      await client.request({ method: "POST", path: accounts, body: { metadata }, signal });
      return plane.kubeconfigFor({ namespace: "default", serviceAccount: "default" });
    });
  const token = /"token": "([^"]+)"/.exec(await readFile(kubeconfig, "utf8"))?.[1];
  assert.ok(token !== undefined && token.length > 100);
  const limited = await clientFor(kubeconfig, "limited");
  const refused = await failure(limited.request({ method: "GET", path: "/api/v1/nodes", signal }));
  assert.equal(refused.reason, "Forbidden");
  assert.ok(!inspect(refused, { depth: 10, showHidden: true }).includes(token));
  limited.close();
});
