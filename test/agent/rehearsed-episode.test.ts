import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { paperTask } from "../../farm/rehearsal/episode-on-paper.ts";
import type { PaperCluster, PaperTask } from "../../farm/rehearsal/episode-on-paper.ts";
import { parseCassette } from "../../farm/rehearsal/cassette.ts";
import { cassetteOf } from "../../farm/rehearsal/record-cassette.ts";
import { startRehearsal } from "../../farm/rehearsal/rehearsal.ts";
import { createInvestigator } from "../../src/agent/investigator.ts";
import { createEpisodeRunner } from "../../src/agent/run-episode.ts";
import type { EpisodeOutcome } from "../../src/controllers/ports.ts";
import { aStack, policy } from "../support/builders.ts";
import { DEPLOYED, SECOND, running, unscheduled } from "../support/stack-pieces.ts";
import { temporaryFolder } from "./episode-harness.ts";

const cordoned = aStack()
  .after(60 * SECOND)
  .withPod(unscheduled("0/2 nodes are available: 2 node(s) were unschedulable."))
  .withNode("node-1", { unschedulable: true })
  .withNode("node-2", { unschedulable: true });
const deaf = aStack()
  .after(90 * SECOND)
  .withPod(running(DEPLOYED + 5 * SECOND));
const log = readFileSync(
  new URL("../../farm/rehearsal/fixtures/server-delay.jsonl", import.meta.url),
  "utf8",
).replaceAll("db-2", "db-0");

/** Plays an episode of the real SDK on a cluster on paper, with the rehearsal in a namespace of its own. */
function stage(t: TestContext, environment: Readonly<Record<string, string>>) {
  const workDir = temporaryFolder(t);
  return async (cluster: PaperCluster) => {
    const task: PaperTask = paperTask(cluster);
    const transcript: string[] = [];
    const investigator = createInvestigator({
      runner: createEpisodeRunner({
        provider: "anthropic",
        environment: { PATH: process.env["PATH"] ?? "", ...environment },
        workDir,
      }),
      openTranscript: () => ({
        write: (line) => transcript.push(JSON.stringify(line)),
        close: () => Promise.resolve(),
      }),
      known: [],
      telemetry: { toolCalled: () => {} } as never,
    });
    const limits = { model: "claude-sonnet-4-6", maxTurns: 12, maxBudgetUsd: 0.5, timeoutMs: 60_000 };
    const outcome: EpisodeOutcome = await investigator.investigate(
      { ...task, limits, onLatch: () => {} },
      { signal: new AbortController().signal },
    );
    return { task, outcome, transcript: transcript.join("\n") };
  };
}

test("the real SDK plays three cassettes at once, to their ends", { timeout: 120_000 }, async (t) => {
  const rehearsal = await startRehearsal({ report: () => {} });
  t.after(() => rehearsal.close());
  const play = stage(t, rehearsal.environment);
  const inNamespace = (name: string, stack: typeof cordoned) => stack.namespace({ name }).snapshot();
  const [uncordon, network, lost] = await Promise.all([
    play({ snapshot: inNamespace("a", cordoned), policy }),
    play({ snapshot: inNamespace("b", deaf), policy, logs: { "server-0-0": log } }),
    play({ snapshot: inNamespace("c", deaf), policy, logs: { "server-0-0": "listening" } }),
  ]);

  assert.equal(uncordon.outcome.end, "completed", uncordon.outcome.detail);
  assert.deepEqual(uncordon.task.wishes, [{ tool: "uncordon_node", node: "node-1" }]);
  assert.equal(uncordon.outcome.turns, 3);
  assert.equal(network.outcome.end, "completed", network.outcome.detail);
  assert.match(
    network.task.told.conclusion.rootCause ?? "",
    /^The network between server-0 and db-0 is too slow/,
  );
  assert.equal(lost.outcome.end, "api-error");
  assert.match(lost.outcome.detail, /REHEARSAL: cassette network, turn 2: missing/);
  assert.deepEqual(
    rehearsal.failures.map(({ namespace }) => namespace),
    ["c"],
  );
  assert.deepEqual(
    rehearsal
      .episodes()
      .filter(({ ended }) => ended)
      .map(({ namespace }) => namespace)
      .sort(),
    ["a", "b"],
  );

  // What was played once can be recorded from its transcript, and then plays again.
  const recorded = cassetteOf(uncordon.transcript, {
    name: "recorded",
    reason: "NodesCordoned",
    values: { namespace: "a", statefulset: "server-0", pod: "server-0-0" },
  });
  const again = await startRehearsal({
    cassettes: [parseCassette(recorded, "recorded.yaml")],
    report: () => {},
  });
  t.after(() => again.close());
  const second = await stage(t, again.environment)({ snapshot: inNamespace("d", cordoned), policy });
  assert.equal(second.outcome.end, "completed", second.outcome.detail);
  assert.deepEqual(second.task.wishes, [{ tool: "uncordon_node", node: "node-1" }]);
});
