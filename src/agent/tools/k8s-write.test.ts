import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import {
  crashed,
  imageNotFound,
  images,
  revision,
  templateOf,
  unscheduled,
} from "../../../test/support/stack-pieces.ts";
import { stagesOf, toolBench } from "../../../test/support/tool-bench.ts";
import type { ToolBench } from "../../../test/support/tool-bench.ts";

const drifted = aStack().liveImage("x:bad").withPod(imageNotFound("x:bad"));
const crashing = aStack().withPod(crashed());
const cordoned = aStack()
  .withPod(unscheduled("0/2 nodes are available: 2 node(s) were unschedulable."))
  .withNode("node-1", { unschedulable: true })
  .withNode("node-2", { unschedulable: true });
const withEnv = (value: string) => templateOf("server", { env: [{ name: "MODE", value }] });
const released = aStack()
  .intent({ image: images.server })
  .liveTemplate(withEnv("bad"))
  .withPod(crashed())
  .revisions(revision(withEnv("good"), 1));

const attempts = (bench: ToolBench) =>
  bench.incident().status.attempts.map(({ action, target, by, outcome }) => [action, target, by, outcome]);

const done: Record<string, readonly [ToolBench, string, Record<string, unknown>, string, string]> = {
  "a reconcile": [
    toolBench(drifted),
    "reconcile_to_intent",
    {},
    "reconcile-to-intent",
    "StatefulSet/server-0",
  ],
  "a reconcile of the one that is named": [
    toolBench(drifted),
    "reconcile_to_intent",
    { statefulset: "server-0", namespace: "ci-1" },
    "reconcile-to-intent",
    "StatefulSet/server-0",
  ],
  "a rollback": [toolBench(released), "rollback_release", {}, "rollback-release", "StatefulSet/server-0"],
  "a restart": [toolBench(crashing), "restart_pod", { pod: "server-0-0" }, "restart-pod", "Pod/server-0-0"],
};
for (const [what, [bench, tool, args, action, target]] of Object.entries(done)) {
  test(`${what} is carried out once, recorded as the agent's, and not claimed to have helped`, async () => {
    const answer = await bench.call(tool, { ...args, reason: "the log says so" });
    assert.equal(answer.isError, false);
    assert.match(answer.text, /^Done: done as asked\. Whether it helped is for the medic to find/);
    assert.deepEqual(
      bench.actions.map(({ kind }) => kind),
      [action],
    );
    assert.deepEqual(attempts(bench), [[action, target, "agent", "applied"]]);
    assert.deepEqual(stagesOf(bench.audit, action), ["intent", "outcome"]);
    assert.equal((bench.audit.entries[0]!.arguments as { reason: string }).reason, "the log says so");
  });
}

test("a node is uncordoned after get_nodes has shown it, and not before", async () => {
  const bench = toolBench(cordoned);
  const before = await bench.call("uncordon_node", { node: "node-1" });
  assert.match(before.text, /^Not permitted\. get_nodes has not shown node-1 as cordoned/);
  assert.deepEqual(bench.actions, []);
  await bench.call("get_nodes");
  assert.equal((await bench.call("uncordon_node", { node: "node-1" })).isError, false);
  assert.deepEqual(attempts(bench), [["uncordon-node", "Node/node-1", "agent", "applied"]]);
});

const forged: readonly unknown[] = [["node-1"], { toString: () => "node-1" }, "", undefined];
for (const node of forged) {
  test(`a node named as ${JSON.stringify(node) ?? "nothing"} names none, shown or not`, async () => {
    const bench = toolBench(cordoned);
    const { text } = await bench.call("uncordon_node", { node });
    assert.equal(text, "Not done. there is no node ");
    assert.deepEqual(bench.actions, []);
  });
}

const notDone: Record<string, readonly [ToolBench, string, Record<string, unknown>, RegExp]> = {
  "what the permit refuses": [
    toolBench(cordoned),
    "restart_pod",
    { pod: "server-0-0" },
    /^Not done\. RestartNoHelp: A pod without a node/,
  ],
  "a reconcile of what does not differ": [
    toolBench(crashing),
    "reconcile_to_intent",
    {},
    /^Not done\. db-0 and server-0 is exactly what its intent declares/,
  ],
  "a rollback without an earlier revision": [
    toolBench(crashing),
    "rollback_release",
    { statefulset: "server-0" },
    /^Not done\. server-0 has no earlier revision/,
  ],
  "what the server answers with a conflict": [
    toolBench(crashing, { result: { outcome: "conflict", detail: "409 the object has been modified" } }),
    "restart_pod",
    { pod: "server-0-0" },
    /^Not done\. 409 the object has been modified$/,
  ],
};
for (const [what, [bench, tool, args, words]] of Object.entries(notDone)) {
  test(`${what} is not done, and told in the words of who refused it`, async () => {
    const answer = await bench.call(tool, args);
    assert.equal(answer.isError, true);
    assert.match(answer.text, words);
  });
}

test("what the cluster had already counts as done", async () => {
  const bench = toolBench(crashing, { result: { outcome: "already", detail: "the pod is going already" } });
  const { text, isError } = await bench.call("restart_pod", { pod: "server-0-0" });
  assert.equal(isError, false);
  assert.match(text, /^Done: the pod is going already\./);
});

test("without an audit log nothing is done, and the episode is over", async () => {
  const bench = toolBench(crashing);
  bench.audit.broken = ["intent"];
  const { text } = await bench.call("restart_pod", { pod: "server-0-0" });
  assert.match(text, /^Not done\. the audit log cannot be written/);
  assert.deepEqual(bench.actions, []);
  assert.match((await bench.call("get_nodes")).text, /^Not permitted\. This episode is over: the audit log/);
});

test("after the conclusion nothing is changed any more", async () => {
  const bench = toolBench(crashing);
  await bench.call("rocketchat", { root_cause: "The server cannot reach its database." });
  const { text } = await bench.call("restart_pod", { pod: "server-0-0" });
  assert.match(text, /^Not permitted\. You have handed this stack to people/);
  assert.deepEqual(bench.actions, []);
});
