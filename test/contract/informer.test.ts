import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { ApiClient } from "../../src/kube/api-client.ts";
import { createInformer } from "../../src/kube/informer.ts";
import type { Informer } from "../../src/kube/informer.ts";
import { loadCluster } from "../../src/kube/kubeconfig.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { collectingLog } from "../support/collecting-log.ts";
import { auditedRequests, clientFor, until } from "../support/contract-cluster.ts";
import { startFaultyProxy } from "../support/faulty-proxy.ts";
import type { Fault, FaultyProxy } from "../support/faulty-proxy.ts";

interface Slim {
  readonly name: string;
  readonly version: string;
  readonly value: string;
}

let plane: ControlPlane;
let admin: ApiClient;
const never = new AbortController().signal;

before(async () => {
  plane = await startControlPlane();
  admin = await clientFor(plane.kubeconfig, "tester");
});
after(async () => {
  admin.close();
  await plane.stop();
});

/** ConfigMaps in a namespace of their own, changed by the administrator on the direct way. */
class Things {
  readonly namespace: string;
  readonly path: string;

  constructor(namespace: string) {
    this.namespace = namespace;
    this.path = `/api/v1/namespaces/${namespace}/configmaps`;
  }

  async set(name: string, value: string): Promise<void> {
    await admin.request({
      method: "PATCH",
      path: `${this.path}/${name}`,
      query: { fieldManager: "tester" },
      contentType: "application/apply-patch+yaml",
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { value } },
      signal: never,
    });
  }

  async remove(name: string): Promise<void> {
    await admin.request({ method: "DELETE", path: `${this.path}/${name}`, signal: never });
  }

  /** What the API server has, as the informer would hold it. */
  async live(client = admin): Promise<Map<string, Slim>> {
    const { items } = await client.request<{ items: Parameters<typeof slim>[0][] }>({
      method: "GET",
      path: this.path,
      signal: never,
    });
    return new Map(items.map((item) => [item.metadata.name, slim(item)]));
  }
}

let count = 0;
async function things(client = admin): Promise<Things> {
  count += 1;
  const name = `things-${count}`;
  await client.request({
    method: "POST",
    path: "/api/v1/namespaces",
    body: { metadata: { name } },
    signal: never,
  });
  return new Things(name);
}

function slim(raw: { metadata: { name: string; resourceVersion: string }; data?: unknown }): Slim {
  const { value } = (raw.data ?? {}) as { value?: string };
  return { name: raw.metadata.name, version: raw.metadata.resourceVersion, value: value ?? "" };
}

interface Follower {
  readonly informer: Informer<Slim>;
  /** What somebody knows who only listens. */
  readonly known: Map<string, Slim>;
  readonly told: string[];
  /** Of this client in the audit log. */
  readonly name: string;
  /** The informer was told of this value. */
  knows(name: string, value: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function follow(
  things: Things,
  options: { proxy?: FaultyProxy; silenceMs?: number; client?: ApiClient } = {},
): Promise<Follower> {
  count += 1;
  const name = `follower-${count}`;
  const client = options.client ?? (await clientFor(options.proxy?.kubeconfig ?? plane.kubeconfig, name));
  const known = new Map<string, Slim>();
  const told: string[] = [];
  const informer = createInformer<Slim>({
    client,
    path: things.path,
    // The administrator's own ConfigMap in every namespace of a full cluster.
    fieldSelector: "metadata.name!=kube-root-ca.crt",
    parse: slim,
    onChange: (type, object) => {
      told.push(`${type} ${object.name}=${object.value}`);
      if (type === "deleted") known.delete(object.name);
      else known.set(object.name, object);
    },
    log: collectingLog(),
    clock: systemClock,
    ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
  });
  const stop = new AbortController();
  const ended = informer.start(stop.signal);
  return {
    informer,
    known,
    told,
    name,
    knows: (name, value) =>
      until(`${name}=${value} in ${told.join(", ")}`, () => known.get(name)?.value === value),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
      client.close();
    },
  };
}

test("tells of everything that is there, and of every change as it happens", async () => {
  const config = await things();
  await config.set("a", "1");
  await using follower = await follow(config);
  await follower.informer.whenSynced(never);
  assert.deepEqual(follower.told, ["added a=1"]);
  await config.set("b", "1");
  await config.set("a", "2");
  await config.remove("b");
  await until("the end of b", () => follower.told.includes("deleted b=1"));
  assert.deepEqual(follower.told, ["added a=1", "added b=1", "modified a=2", "deleted b=1"]);
  assert.deepEqual(follower.informer.get(`${config.namespace}/a`), (await config.live()).get("a"));
});

test("reads a collection of more than one page completely", async () => {
  const config = await things();
  for (let batch = 0; batch < 26; batch += 1) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => config.set(`x-${batch * 20 + index}`, "1")));
  }
  await using follower = await follow(config);
  await follower.informer.whenSynced(never);
  assert.deepEqual(follower.known, await config.live());
  assert.equal(follower.known.size, 520);
  assert.deepEqual(
    { ...follower.informer.stats(), events: 0 },
    {
      lists: 1,
      pages: 2,
      watches: 1,
      events: 0,
      errors: 0,
      probes: 0,
    },
  );
});

test("a watch that ends again and again is taken up each time without a single list", async () => {
  const config = await things();
  await config.set("a", "0");
  await using proxy = await disposable(startFaultyProxy(plane));
  await using follower = await follow(config, { proxy });
  await follower.informer.whenSynced(never);
  proxy.inject({ kind: "end", afterMs: 700 }, { on: "watch" });
  for (let round = 1; round <= 6; round += 1) {
    await config.set("a", String(round));
    await follower.knows("a", String(round));
    await until("the next watch", () => follower.informer.stats().watches > round);
  }
  const audited = await auditedRequests(plane, follower.name);
  assert.equal(audited.filter(({ verb }) => verb === "list").length, 1);
  assert.ok(audited.filter(({ verb }) => verb === "watch").length >= 6);
});

for (const [how, graceMs] of [
  ["killed", 0],
  ["shut down in order", 20_000],
] as const) {
  test(`goes on when the API server is ${how} and comes back: nothing missed, nothing listed again`, async () => {
    const config = await things();
    await config.set("a", "1");
    await config.set("b", "1");
    await using follower = await follow(config);
    await follower.informer.whenSynced(never);
    await plane.stopApiServer(graceMs);
    await plane.startApiServer();
    await config.set("a", "2");
    await config.remove("b");
    await follower.knows("a", "2");
    await until("the end of b", () => !follower.known.has("b"));
    await config.set("c", "1");
    await follower.knows("c", "1");
    assert.equal(follower.informer.stats().lists, 1);
    assert.equal(follower.told.filter((line) => line.startsWith("added a")).length, 1);
    const lists = (await auditedRequests(plane, follower.name)).filter(({ verb }) => verb === "list");
    // One small question for the store's version is allowed, to be sure that its history is still ours.
    assert.deepEqual(
      lists.slice(1).filter(({ uri }) => !uri.endsWith("?limit=1")),
      [],
    );
  });
}

test("finds out what happened while it was cut off and the API server forgot its history (a real 410)", async () => {
  const config = await things();
  for (const name of ["a", "b", "c"]) await config.set(name, "1");
  await using proxy = await disposable(startFaultyProxy(plane));
  await using follower = await follow(config, { proxy });
  await follower.informer.whenSynced(never);
  proxy.inject({ kind: "refuse" });
  await config.set("a", "2");
  await config.remove("b");
  // Its watch cache begins anew with the restart; what was before is answered from etcd, so that is compacted too.
  await plane.restartApiServer();
  await compactEtcd({ daemons: () => plane.daemons() });
  proxy.clear();
  await follower.knows("a", "2");
  await until("the end of b", () => !follower.known.has("b"));
  assert.deepEqual(follower.known, await config.live());
  assert.equal(follower.informer.stats().lists, 2);
});

test("starts over when it finds another store with less history behind the same address", async () => {
  const config = await things();
  // The other store begins at a few hundred.
  for (let change = 0; change < 400; change += 1) await config.set("old", String(change));
  await using proxy = await disposable(startFaultyProxy(plane));
  await using follower = await follow(config, { proxy });
  await follower.informer.whenSynced(never);
  await using other = await disposable(startControlPlane());
  const otherAdmin = await clientFor(other.kubeconfig, "tester");
  await otherAdmin.request({
    method: "POST",
    path: "/api/v1/namespaces",
    body: { metadata: { name: config.namespace } },
    signal: never,
  });
  // Both API servers know the proxy's certificate as it is; only where it leads changes.
  proxy.retarget(other.admin);
  await until("the end of what the lost store held", () => !follower.known.has("old"));
  await otherAdmin.request({
    method: "POST",
    path: config.path,
    body: { metadata: { name: "new" }, data: { value: "1" } },
    signal: never,
  });
  await follower.knows("new", "1");
  otherAdmin.close();
});

test("notices that a connection is open but dead, and listens on another one", async () => {
  const config = await things();
  await config.set("a", "1");
  await using proxy = await disposable(startFaultyProxy(plane));
  await using follower = await follow(config, { proxy, silenceMs: 1500 });
  await follower.informer.whenSynced(never);
  await until("a watch", () => proxy.requests.some(({ kind }) => kind === "watch"));
  proxy.inject({ kind: "silent" }, { on: "watch", times: 1 });
  await config.set("a", "2");
  await follower.knows("a", "2");
  assert.equal(follower.informer.healthy(), true);
});

const troubles: readonly [what: string, fault: Fault, on: "watch" | "any"][] = [
  ["500 on the watch", { kind: "status", status: 500 }, "watch"],
  ["503 on everything", { kind: "status", status: 503 }, "any"],
  ["429 on everything", { kind: "status", status: 429, retryAfterSeconds: 1 }, "any"],
  ["410 on the watch", { kind: "status", status: 410 }, "watch"],
  ["410 told in the watch", { kind: "error-event", code: 410 }, "watch"],
  ["500 told in the watch", { kind: "error-event", code: 500 }, "watch"],
  ["401 on everything", { kind: "status", status: 401 }, "any"],
  ["connections that break at once", { kind: "cut", afterMs: 0 }, "any"],
  ["connections that break every second", { kind: "cut", afterMs: 1000 }, "any"],
  ["events that break in the middle", { kind: "break-line" }, "watch"],
  ["lines that are no JSON", { kind: "garbage" }, "watch"],
  ["answers that get lost", { kind: "lose-answer" }, "any"],
  ["a server that is not there", { kind: "refuse" }, "any"],
  ["bytes that come in drops", { kind: "trickle" }, "any"],
];

for (const [what, fault, on] of troubles) {
  test(`is up to date again after ${what}`, async () => {
    const config = await things();
    await config.set("a", "1");
    await config.set("b", "1");
    await using proxy = await disposable(startFaultyProxy(plane));
    await using follower = await follow(config, { proxy });
    await follower.informer.whenSynced(never);
    proxy.inject(fault, { on });
    proxy.dropConnections();
    await config.set("a", "2");
    await config.remove("b");
    await delay(1200);
    await config.set("c", "1");
    proxy.clear();
    await until("the same as the API server has", () => follower.known.has("c") && !follower.known.has("b"));
    assert.deepEqual(follower.known, await config.live());
    assert.deepEqual(new Map(follower.informer.list().map((slim) => [slim.name, slim])), follower.known);
    assert.equal(follower.informer.healthy(), true);
  });
}

test("syncs as soon as it gets the right to, and says what is missing until then", async () => {
  const config = await things();
  await admin.request({
    method: "POST",
    path: `/api/v1/namespaces/${config.namespace}/serviceaccounts`,
    body: { metadata: { name: "reader" } },
    signal: never,
  });
  const kubeconfig = await plane.kubeconfigFor({ namespace: config.namespace, serviceAccount: "reader" });
  await using follower = await follow(config, { client: await clientFor(kubeconfig, "reader") });
  await until("a refusal", () => follower.informer.problem()?.includes("forbidden") ?? false);
  assert.equal(follower.informer.synced(), false);
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${config.namespace}`;
  const verbs = ["list", "watch"];
  const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" };
  const subjects = [{ kind: "ServiceAccount", name: "reader", namespace: config.namespace }];
  const metadata = { name: "reader" };
  await admin.request({ method: "POST", path: `${rbac}/roles`, body: { metadata, rules }, signal: never });
  await admin.request({
    method: "POST",
    path: `${rbac}/rolebindings`,
    body: { metadata, roleRef, subjects },
    signal: never,
  });
  await follower.informer.whenSynced(never);
  await config.set("a", "1");
  await follower.knows("a", "1");
});

test("takes new credentials when the old ones are refused, and goes on without a list", async () => {
  const config = await things();
  const access = await loadCluster({ kubeconfig: plane.kubeconfig, environment: {} });
  let stale = false;
  let reloads = 0;
  await using proxy = await disposable(startFaultyProxy(plane));
  const client = new ApiClient({
    access: {
      ...access,
      server: proxy.url,
      credentials: async () => {
        const { tls } = await access.credentials();
        return { tls, headers: stale ? { authorization: "Bearer of-yesterday" } : {} };
      },
      reload: async () => {
        reloads += 1;
        stale = false;
      },
    },
    version: "rotating",
    clock: systemClock,
  });
  await using follower = await follow(config, { client });
  await follower.informer.whenSynced(never);
  stale = true;
  proxy.dropConnections();
  await config.set("a", "1");
  await follower.knows("a", "1");
  assert.equal(reloads, 1);
  assert.equal(follower.informer.stats().lists, 1);
});

test("after a storm of faults it holds what the API server holds, and has told of it", async (t) => {
  const seed = Number(process.env["MEDIC_SEED"] ?? Date.now() % 1_000_000);
  t.diagnostic(`MEDIC_SEED=${seed}`);
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const config = await things();
  await using proxy = await disposable(startFaultyProxy(plane));
  await using follower = await follow(config, { proxy, silenceMs: 1000 });
  const names = Array.from({ length: 25 }, (_, index) => `x-${index}`);
  const present = new Set<string>();
  let injected = 0;
  for (let change = 1; change <= 600; change += 1) {
    const name = pick(names);
    if (present.has(name) && random() < 0.3) {
      await config.remove(name);
      present.delete(name);
    } else {
      await config.set(name, String(change));
      present.add(name);
    }
    if (change % 6 !== 0) continue;
    // Every other round is quiet, so that most faults meet a watch that works.
    proxy.clear();
    if (change % 12 === 0) {
      const [, fault, on] = pick(troubles);
      proxy.inject(random() < 0.1 ? { kind: "silent" } : fault, { on, times: 1 + Math.floor(random() * 3) });
      if (random() < 0.5) proxy.dropConnections();
      injected += 1;
    }
    await delay(random() * 300);
  }
  proxy.clear();
  const live = await config.live();
  await until("the same as the API server has", () => isSame(follower.known, live), 60_000);
  assert.deepEqual(new Map(follower.informer.list().map((slim) => [slim.name, slim])), live);
  const { errors, lists, watches, probes } = follower.informer.stats();
  t.diagnostic(`faults ${injected}, errors ${errors}, lists ${lists}, watches ${watches}, probes ${probes}`);
  assert.ok(errors >= 20, "too few faults got through to prove anything");
});

function isSame(left: ReadonlyMap<string, Slim>, right: ReadonlyMap<string, Slim>): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([name, { version }]) => right.get(name)?.version === version);
}

/** The same numbers from 0 to below 1 for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function disposable<T extends { stop(): Promise<void> }>(
  started: Promise<T>,
): Promise<T & AsyncDisposable> {
  const it = await started;
  return Object.assign(it, { [Symbol.asyncDispose]: () => it.stop() });
}

/** Throws away every earlier version in etcd. */
async function compactEtcd({ daemons }: { daemons: ControlPlane["daemons"] }): Promise<void> {
  const pid = daemons().find(({ name }) => name === "etcd")?.pid;
  const endpoint = /--listen-client-urls=([^\0]+)/.exec(await readFile(`/proc/${pid}/cmdline`, "utf8"))?.[1];
  const ask = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
    const answer = await fetch(`${endpoint}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await answer.json()) as { header: { revision: string } };
  };
  const { header } = await ask("range", { key: "AA==", count_only: true });
  await ask("compaction", { revision: header.revision, physical: true });
}
