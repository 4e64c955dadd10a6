import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { SteppedClock } from "../../test/support/stepped-clock.ts";
import type { ApiRequest, WatchRequest } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { createInformer } from "./informer.ts";
import type { Informer } from "./informer.ts";

interface OpenWatch {
  readonly from: string;
  readonly query: Record<string, unknown>;
  event(type: string, object: unknown): void;
  /** The server ends it properly. */
  end(): Promise<void>;
  break(error: Error): Promise<void>;
}

const object = (name: string, version: number): object => ({
  metadata: { name, uid: `uid-of-${name}`, resourceVersion: String(version) },
});
const bookmark = (version: number): object => ({ metadata: { resourceVersion: String(version) } });
const status = (code: number): object => ({ kind: "Status", code, message: `code ${code}` });
const noAnswer = (): ApiError => new ApiError("watch things: no answer (ECONNRESET)", { status: 0 });

/** What the informer asks of the API server, answered by hand. */
class ScriptedServer {
  readonly asked: string[] = [];
  readonly watches: OpenWatch[] = [];
  /** Answers to lists, the last one for ever. */
  lists: (object | Error)[] = [{ metadata: { resourceVersion: "10" }, items: [object("a", 9)] }];
  refusals: Error[] = [];

  async request<T>({ query = {}, path }: ApiRequest): Promise<T> {
    const probe = query["limit"] === 1;
    const { continue: next } = query;
    this.asked.push(probe ? "probe" : next === undefined ? "list" : `list on ${String(next)}`);
    assert.equal(path, "/apis/x/v1/things");
    const answer = this.lists.length > 1 ? this.lists.shift() : this.lists[0];
    if (answer instanceof Error) throw answer;
    return answer as T;
  }

  async watch({ query = {}, onEvent, onOpen, signal }: WatchRequest): Promise<void> {
    this.asked.push(`watch from ${String(query["resourceVersion"])}`);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const over = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => over.reject(signal.reason));
    onOpen?.();
    this.watches.push({
      from: String(query["resourceVersion"]),
      query,
      event: (type, object) => {
        try {
          onEvent({ type, object });
        } catch (error) {
          over.reject(error);
        }
      },
      end: async () => {
        over.resolve();
        await setImmediate();
      },
      break: async (error) => {
        over.reject(error);
        await setImmediate();
      },
    });
    return over.promise;
  }

  get watchNow(): OpenWatch {
    return this.watches.at(-1)!;
  }
}

interface Rig {
  readonly server: ScriptedServer;
  readonly clock: SteppedClock;
  readonly informer: Informer<string>;
  readonly told: string[];
  readonly log: ReturnType<typeof collectingLog>;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

let running: AbortController[] = [];
afterEach(() => {
  for (const stop of running) stop.abort();
  running = [];
});

async function rig(prepare: (server: ScriptedServer) => void = () => undefined): Promise<Rig> {
  const server = new ScriptedServer();
  prepare(server);
  const clock = new SteppedClock();
  const log = collectingLog();
  const told: string[] = [];
  const informer = createInformer<string>({
    client: server,
    path: "/apis/x/v1/things",
    labelSelector: "medic/client",
    parse: ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`,
    onChange: (type, object, previous) => told.push([type, object, previous].filter(Boolean).join(" ")),
    log,
    clock,
    random: () => 1 - Number.EPSILON,
  });
  const stop = new AbortController();
  running.push(stop);
  const ended = informer.start(stop.signal);
  await clock.step(0);
  return { server, clock, informer, told, log, stop, ended };
}

test("lists once, then watches from the version of the list, with bookmarks and for at most ten minutes", async () => {
  const { server, informer, told } = await rig();
  assert.deepEqual(server.asked, ["list", "watch from 10"]);
  assert.deepEqual(told, ["added a@9"]);
  assert.equal(informer.synced(), true);
  const { allowWatchBookmarks, timeoutSeconds, labelSelector } = server.watchNow.query;
  assert.equal(allowWatchBookmarks, true);
  assert.equal(labelSelector, "medic/client");
  assert.ok(Number(timeoutSeconds) >= 300 && Number(timeoutSeconds) <= 600);
});

test("is not synced before the whole first list is there", async () => {
  const { server, informer, clock } = await rig((server) => {
    server.lists = [
      { metadata: { resourceVersion: "10", continue: "page-2" }, items: [object("a", 9)] },
      noAnswer(),
      { metadata: { resourceVersion: "11" }, items: [object("a", 9), object("b", 9)] },
    ];
  });
  assert.deepEqual(server.asked, ["list", "list on page-2"]);
  assert.equal(informer.synced(), false);
  assert.equal(informer.healthy(), false);
  await clock.step(200);
  await informer.whenSynced(new AbortController().signal);
  assert.deepEqual(informer.list(), ["a@9", "b@9"]);
});

test("follows events and goes on from the last one, without a list, when the watch ends", async () => {
  const { server, clock, told, informer } = await rig();
  server.watchNow.event("ADDED", object("b", 11));
  server.watchNow.event("MODIFIED", object("a", 12));
  server.watchNow.event("DELETED", object("b", 13));
  server.watchNow.event("BOOKMARK", bookmark(20));
  await clock.step(300_000);
  await server.watchNow.end();
  assert.deepEqual(server.asked, ["list", "watch from 10", "watch from 20"]);
  assert.deepEqual(told.slice(1), ["added b@11", "modified a@12 a@9", "deleted b@13 b@11"]);
  assert.deepEqual(informer.stats(), { lists: 1, pages: 1, watches: 2, events: 4, errors: 0, probes: 0 });
});

test("does not spin when a server ends every watch at once", async () => {
  const { server, clock } = await rig();
  await server.watchNow.end();
  assert.equal(server.watches.length, 1);
  await clock.step(200);
  assert.equal(server.watches.length, 2);
  await server.watchNow.end();
  await clock.step(200);
  assert.equal(server.watches.length, 2);
  await clock.step(200);
  assert.equal(server.watches.length, 3);
});

test("after a broken connection asks for the store's version only, and resumes when it has not gone back", async () => {
  const { server, clock, told } = await rig();
  server.watchNow.event("MODIFIED", object("a", 12));
  server.lists = [{ metadata: { resourceVersion: "12" }, items: [] }];
  await server.watchNow.break(noAnswer());
  await clock.step(200);
  assert.deepEqual(server.asked, ["list", "watch from 10", "probe", "watch from 12"]);
  assert.deepEqual(told, ["added a@9", "modified a@12 a@9"]);
});

test("lists again when the store has gone back behind what was seen, and tells of what is gone", async () => {
  const { server, clock, told } = await rig();
  server.watchNow.event("ADDED", object("b", 12));
  server.lists = [{ metadata: { resourceVersion: "9" }, items: [object("a", 5)] }];
  await server.watchNow.break(noAnswer());
  await clock.step(200);
  assert.deepEqual(server.asked.slice(2), ["probe", "list", "watch from 9"]);
  assert.deepEqual(told.slice(2), ["modified a@5 a@9", "deleted b@12 b@12"]);
});

test("lists again without a probe after five minutes without a connection", async () => {
  const { server, clock, informer } = await rig();
  server.refusals = Array.from({ length: 40 }, noAnswer);
  server.lists = [new ApiError("list things: no answer", { status: 0 })];
  await server.watchNow.break(noAnswer());
  await clock.step(299_000);
  assert.ok(server.asked.slice(2).every((asked) => asked === "probe"));
  await clock.step(60_000);
  assert.equal(server.asked.at(-1), "list");
  assert.equal(informer.healthy(), false);
});

for (const [how, fail] of [
  ["in an event", (watch: OpenWatch) => watch.event("ERROR", status(410))],
  ["as an answer", (watch: OpenWatch) => void watch.break(new ApiError("too old", { status: 410 }))],
] as const) {
  test(`lists again when the server says ${how} that the version is gone, and tells of what vanished meanwhile`, async () => {
    const { server, clock, told } = await rig();
    server.watchNow.event("ADDED", object("b", 12));
    server.lists = [{ metadata: { resourceVersion: "50" }, items: [object("b", 40), object("c", 41)] }];
    fail(server.watchNow);
    await clock.step(200);
    assert.deepEqual(server.asked.slice(2), ["list", "watch from 50"]);
    assert.deepEqual(told.slice(2), ["modified b@40 b@12", "added c@41", "deleted a@9 a@9"]);
  });
}

test("reads everything again when the list expires between two pages, and keeps nothing of the first try", async () => {
  const { server, informer, told } = await rig((server) => {
    server.lists = [
      { metadata: { resourceVersion: "10", continue: "page-2" }, items: [object("gone", 1)] },
      new ApiError("expired", { status: 410 }),
      { metadata: { resourceVersion: "30" }, items: [object("a", 9)] },
    ];
  });
  assert.deepEqual(server.asked, ["list", "list on page-2", "list", "watch from 30"]);
  assert.deepEqual(told, ["added gone@1", "added a@9", "deleted gone@1 gone@1"]);
  assert.deepEqual(informer.list(), ["a@9"]);
});

test("resumes after an error event that is no 410, but lists when resuming does not help", async () => {
  const { server, clock } = await rig();
  for (let count = 0; count < 3; count += 1) {
    server.watchNow.event("ERROR", status(403));
    await clock.step(1000);
  }
  assert.deepEqual(server.asked.slice(1), [
    "watch from 10",
    "watch from 10",
    "watch from 10",
    "list",
    "watch from 10",
  ]);
});

test("an event without an object ends the watch and comes again", async () => {
  const { server, clock, told } = await rig();
  server.watchNow.event("MODIFIED", { metadata: { resourceVersion: "12" } });
  await clock.step(200);
  assert.equal(server.watchNow.from, "10");
  server.watchNow.event("MODIFIED", object("a", 12));
  assert.deepEqual(told, ["added a@9", "modified a@12 a@9"]);
});

const silence = (): ApiError => new ApiError("watch things: not a byte", { status: 0, reason: "Silent" });

test("watches on from where it was after a watch that fell silent, without a list", async () => {
  const { server, clock } = await rig();
  for (let count = 0; count < 7; count += 1) {
    await clock.step(100_000);
    await server.watchNow.break(silence());
    await clock.step(200);
  }
  assert.deepEqual(
    server.asked.slice(1),
    Array.from({ length: 8 }, () => "watch from 10"),
  );
});

test("doubts its version after many silent watches in a row, and an event ends the row", async () => {
  const { server, clock } = await rig();
  const fallSilent = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      await clock.step(100_000);
      await server.watchNow.break(silence());
      await clock.step(200);
    }
  };
  await fallSilent(7);
  server.watchNow.event("BOOKMARK", { metadata: { resourceVersion: "10" } });
  await fallSilent(7);
  assert.ok(server.asked.slice(2).every((asked) => asked.startsWith("watch from")));
  await fallSilent(1);
  assert.equal(server.asked.at(-2), "probe");
});

test("tries on forever, ever slower up to half a minute, and at once quicker after a success", async () => {
  const { server, clock } = await rig();
  server.refusals = Array.from({ length: 12 }, () => new ApiError("forbidden", { status: 403 }));
  const tries: number[] = [];
  let seen = server.asked.length;
  const start = clock.now();
  await server.watchNow.break(new ApiError("forbidden", { status: 403 }));
  while (server.watches.length === 1) {
    await clock.step(100);
    if (server.asked.length > seen) tries.push(clock.now() - start);
    seen = server.asked.length;
  }
  const gaps = tries.map((at, index) => at - (tries[index - 1] ?? 0));
  assert.deepEqual(gaps.slice(0, 8), [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]);
  assert.ok(gaps.slice(8).every((gap) => gap === 30_000));
  await clock.step(1000);
  await server.watchNow.break(new ApiError("forbidden", { status: 403 }));
  await clock.step(200);
  assert.equal(server.watches.length, 3);
});

test("is healthy through a short interruption, not through a long one, and says why", async () => {
  const { server, clock, informer, log } = await rig();
  assert.equal(informer.healthy(), true);
  server.lists = [new ApiError("list things: no answer (ECONNREFUSED)", { status: 0 })];
  await clock.step(1000);
  await server.watchNow.break(noAnswer());
  assert.equal(informer.healthy(), true);
  assert.match(informer.problem() ?? "", /ECONNRESET/);
  await clock.step(59_000);
  assert.equal(informer.healthy(), true);
  await clock.step(2000);
  assert.equal(informer.healthy(), false);
  assert.match(informer.problem() ?? "", /ECONNREFUSED/);
  server.lists = [{ metadata: { resourceVersion: "10" }, items: [] }];
  await clock.step(60_000);
  assert.equal(informer.healthy(), true);
  assert.equal(informer.problem(), undefined);
  const said = log.lines.filter(({ level }) => level !== "debug");
  assert.deepEqual(
    said.map(({ message }) => message),
    ["cannot watch, trying on", "watching again"],
  );
});

test("says at once, and once, what keeps it from its first list", async () => {
  const { clock, log } = await rig((server) => {
    server.lists = [new ApiError("list things: things is forbidden", { status: 403 })];
  });
  await clock.step(120_000);
  assert.deepEqual(
    log.lines.map(({ level, fields }) => ({ level, ...fields })),
    [{ level: "warn", path: "/apis/x/v1/things", problem: "list things: things is forbidden" }],
  );
});

test("an abort ends it, in the middle of a watch or of a wait", async () => {
  const watching = await rig();
  watching.stop.abort();
  await watching.ended;
  const waiting = await rig((server) => {
    server.lists = [noAnswer()];
  });
  waiting.stop.abort();
  await waiting.ended;
  await assert.rejects(waiting.informer.whenSynced(waiting.stop.signal), { name: "AbortError" });
  assert.equal(waiting.clock.pending(), 0);
});

test("a bug in whoever is told is not swallowed", async () => {
  const server = new ScriptedServer();
  const informer = createInformer<string>({
    client: server,
    path: "/apis/x/v1/things",
    parse: ({ metadata }) => metadata.name,
    onChange: () => {
      throw new TypeError("a bug");
    },
    log: collectingLog(),
    clock: new SteppedClock(),
  });
  await assert.rejects(informer.start(new AbortController().signal), TypeError);
});

test("lastEventAt moves with events, bookmarks and lists", async () => {
  const { server, clock, informer } = await rig();
  const listed = informer.lastEventAt();
  await clock.step(1000);
  server.watchNow.event("BOOKMARK", bookmark(20));
  assert.equal(informer.lastEventAt(), listed + 1000);
});
