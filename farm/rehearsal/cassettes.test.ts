import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { DEPLOYED, SECOND, crashed, running, unscheduled, waiting } from "../../test/support/stack-pieces.ts";
import { loadCassettes } from "./cassette.ts";
import { playOnPaper } from "./episode-on-paper.ts";
import type { PaperCluster, PaperEpisode } from "./episode-on-paper.ts";

const cassettes = await loadCassettes();

function play(stack: StackBuilder, more: Partial<PaperCluster> = {}): Promise<PaperEpisode> {
  return playOnPaper(cassettes, { snapshot: stack.snapshot(), policy, ...more });
}

const said = (episode: PaperEpisode): string =>
  episode.end.kind === "lost"
    ? `LOST: ${episode.end.missing}`
    : episode.end.content.map((block) => (block.type === "text" ? block.text : "")).join("");
const tools = ({ calls }: PaperEpisode): string[] => calls.map((call) => call.replace(/ .*/, ""));

const PASSED_OVER =
  "0/2 nodes are available: 2 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
const cordoned = aStack()
  .after(60 * SECOND)
  .withPod(unscheduled(PASSED_OVER))
  .withNode("node-1", { unschedulable: true })
  .withNode("node-2", { unschedulable: true });

test("a cordon is looked at with get_nodes first, then one node is let go", async () => {
  const episode = await play(cordoned);
  assert.equal(episode.cassette, "cordon");
  assert.deepEqual(tools(episode), ["get_nodes", "uncordon_node"]);
  assert.deepEqual(episode.wishes, [{ tool: "uncordon_node", node: "node-1" }]);
  assert.deepEqual(episode.conclusion, {});
  assert.match(said(episode), /I uncordoned node-1/);
});

test("of several cordoned nodes the one without a maintenance mark is let go", async () => {
  const episode = await play(cordoned.withNode("node-1", { unschedulable: true, maintenance: "disk" }));
  assert.deepEqual(episode.wishes, [{ tool: "uncordon_node", node: "node-2" }]);
});

test("a node that is cordoned and not Ready is not let go", async () => {
  const episode = await play(cordoned.withNode("node-1", { unschedulable: true, ready: false }));
  assert.deepEqual(episode.wishes, [{ tool: "uncordon_node", node: "node-2" }]);
});

test("when every cordoned node is in maintenance people are told which", async () => {
  const episode = await play(
    cordoned
      .withNode("node-1", { unschedulable: true, maintenance: "disk" })
      .withNode("node-2", { unschedulable: true, maintenance: "" }),
  );
  assert.deepEqual(episode.wishes, []);
  assert.match(episode.conclusion.evidence ?? "", /^node-1: Ready, CORDONED; IN MAINTENANCE \(disk\)/);
});

test("a refused uncordon is handed to people with the refusal's own words", async () => {
  const why = "Nodes may not be changed: allowNodePatch is off.";
  const episode = await play(cordoned, { carryOut: () => ({ done: false, why }) });
  assert.match(
    episode.conclusion.rootCause ?? "",
    /could not be uncordoned: Nodes may not be changed: allowNodePatch/,
  );
});

const deaf = aStack()
  .after(90 * SECOND)
  .withPod(running(DEPLOYED + 5 * SECOND));
const serverLog = (name: string): string =>
  readFileSync(new URL(`fixtures/server-${name}.jsonl`, import.meta.url), "utf8").replaceAll("db-2", "db-0");
const withLog = (name: string): Partial<PaperCluster> => ({
  logs: { "server-0-0": serverLog(name), "db-0-0": "LOG:  database system is ready to accept connections" },
});

for (const name of ["partition", "loss"]) {
  test(`a ${name} as the server logged it is named as one of two, for its log cannot tell`, async () => {
    const episode = await play(deaf, withLog(name));
    assert.equal(episode.cassette, "network");
    assert.deepEqual(episode.wishes, []);
    const { rootCause = "", evidence = "" } = episode.conclusion;
    assert.match(rootCause, /^The network between server-0 and db-0 drops packets/);
    assert.match(
      rootCause,
      /"connecting to db-0:5432 timed out after 1500 ms" \(\d+ of the last minute's \d+ checks/,
    );
    assert.match(rootCause, /A partition, or a loss .* cannot tell which/);
    assert.match(evidence, /"msg":"database unreachable".*"phase":"connect"/);
  });
}

test("a delay as the server logged it is named as such, with what would look alike", async () => {
  const { rootCause = "" } = (await play(deaf, withLog("delay"))).conclusion;
  assert.match(rootCause, /^The network between server-0 and db-0 is too slow/);
  assert.match(rootCause, /"opening a session at db-0:5432 timed out after 1500 ms"/);
  assert.match(rootCause, /would look alike/);
});

test("time-outs between which something got through are named a loss", async () => {
  const [first = "", , , timeout = "", ...rest] = serverLog("partition").split("\n");
  const through = timeout
    .replace('"connect"', '"handshake"')
    .replace("connecting to", "opening a session at");
  const log = [first, timeout, through, ...rest].join("\n");
  const { rootCause = "" } = (await play(deaf, { logs: { "server-0-0": log } })).conclusion;
  assert.match(rootCause, /^The network between server-0 and db-0 loses packets/);
});

test("that the database was not up at first makes no later time-out a loss", async () => {
  const refused =
    '{"level":"error","msg":"database unreachable","db":"db-0:5432","tookMs":3,"lastMinute":{"checks":1,"failed":1},"code":"ECONNREFUSED","phase":"connect","error":"connecting to db-0:5432 failed: refused"}';
  const reached = '{"level":"info","msg":"database reachable","db":"db-0:5432","after":"bad","afterMs":2000}';
  for (const [name, expected] of [
    ["partition", /drops packets/],
    ["delay", /too slow/],
  ] as const) {
    const log = [refused, reached, serverLog(name)].join("\n");
    assert.match((await play(deaf, { logs: { "server-0-0": log } })).conclusion.rootCause ?? "", expected);
  }
});

test("another error of the network is named with its code", async () => {
  const log = serverLog("partition").replaceAll("ETIMEDOUT", "EHOSTUNREACH");
  const { rootCause = "" } = (await play(deaf, { logs: { "server-0-0": log } })).conclusion;
  assert.match(rootCause, /^The network between server-0 and db-0, or the name service.*EHOSTUNREACH/);
});

test("a server that says nothing of its database fails the rehearsal loudly", async () => {
  const { end, conclusion } = await play(deaf, { logs: { "server-0-0": '{"msg":"listening"}' } });
  assert.equal(end.kind, "lost");
  assert.match(end.kind === "lost" ? end.missing : "", /in the answer of get_pod_logs \(pod server-0-0\)/);
  assert.deepEqual(conclusion, {});
});

test("a crash is handed over with the last line of the run before", async () => {
  const episode = await play(
    aStack()
      .after(120 * SECOND)
      .withPod(crashed()),
    {
      logs: { "previous/server-0-0": "starting\nError: the port is taken\n" },
    },
  );
  assert.equal(episode.cassette, "crash-loop");
  assert.equal(episode.conclusion.evidence, "Error: the port is taken");
  assert.match(episode.conclusion.rootCause ?? "", /CrashLoop: .*\(Error with exit code 1\)/);
});

test("a crash without a log is handed over without one", async () => {
  const episode = await play(
    aStack()
      .after(120 * SECOND)
      .withPod(crashed({ exitCode: 139 })),
  );
  assert.match(episode.conclusion.rootCause ?? "", /exit code 139\)\. Its previous run left no log/);
});

test("whatever no cassette is for goes to people with the medic's finding and a quote", async () => {
  const stack = aStack()
    .after(120 * SECOND)
    .withPod(waiting("CreateContainerConfigError", 'secret "token" not found'))
    .podEvent("Failed", 'Error: secret "token" not found');
  const episode = await play(stack);
  assert.equal(episode.cassette, "default");
  assert.deepEqual(tools(episode), ["get_pod_status", "get_pod_events", "rocketchat"]);
  assert.match(episode.conclusion.rootCause ?? "", /^ContainerConfigError: .*secret/);
  assert.match(episode.conclusion.evidence ?? "", /^Pod\/server-0-0 Failed by kubelet: Error: secret/);
});

test("without a warning among the events the status itself is quoted", async () => {
  const stack = aStack()
    .after(120 * SECOND)
    .withPod(waiting("CreateContainerConfigError"));
  assert.match((await play(stack)).conclusion.evidence ?? "", /^Ready=False since/);
});
