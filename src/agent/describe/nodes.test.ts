import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import { claim, templateOf } from "../../../test/support/stack-pieces.ts";
import { nodeTermsOf } from "../../core/node-fit.ts";
import { nodesText, shownNodes } from "./nodes.ts";

const stack = aStack();

test("a cluster without nodes is said to have none", () => {
  assert.equal(nodesText(stack.withoutNodes().view()), "The cluster has no nodes.");
});

test("cordoned nodes come first, and each node says what it is and who could run there", () => {
  const view = stack
    .withNode("node-1", { labels: { "kubernetes.io/os": "linux", other: "x" } })
    .withNode("node-2", { unschedulable: true, maintenance: "disk, Ann" })
    .withNode("node-3", {
      unschedulable: true,
      maintenance: "",
      taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }],
    })
    .withNode("node-4", { ready: false, taints: [{ key: "gpu", effect: "NoExecute" }] })
    .view();
  assert.deepEqual(nodesText(view).split("\n"), [
    "4 nodes, 2 of them cordoned (unschedulable):",
    "node-2: Ready, CORDONED; IN MAINTENANCE (disk, Ann); the stack's pods could run there",
    "node-3: Ready, CORDONED; IN MAINTENANCE (no reason given); the stack's pods could run there; taints node.kubernetes.io/unschedulable:NoSchedule",
    "node-1: Ready, schedulable; the stack's pods could run there; labels kubernetes.io/os=linux",
    "node-4: NOT Ready, schedulable; db-0 cannot run there: the pod does not tolerate its taint gpu, server-0 cannot run there: the pod does not tolerate its taint gpu; taints gpu:NoExecute",
  ]);
});

test("a node says of each StatefulSet whether it could run there: the database's volume binds only the database", () => {
  const terms = nodeTermsOf([{ matchExpressions: [{ key: "host", operator: "In", values: ["b"] }] }]);
  const view = stack
    .set({ template: templateOf("server", {}, { nodeSelector: { host: "a" } }) })
    .claims([claim({ name: "data-db-0-0", nodeTerms: terms })])
    .withNode("node-1", { labels: { host: "a" } })
    .withNode("node-2", { labels: { host: "b" } })
    .view();
  const [, , first, second] = ["", ...nodesText(view).split("\n")];
  assert.match(
    first!,
    /^node-1: .*; db-0 cannot run there: the volume of data-db-0-0 is bound to other nodes$/,
  );
  assert.match(second!, /^node-2: .*; server-0 cannot run there: its label host is not "a"$/);
});

test("what is shown is what fits, and the rest is counted", () => {
  const many = Array.from({ length: 98 }, (_, n) => n).reduce(
    (sofar, n) => sofar.withNode(`n${n}`, { taints: [{ key: "x".repeat(300), effect: "NoSchedule" }] }),
    stack,
  );
  const view = many.view();
  assert.ok(shownNodes(view).length < 20);
  const text = nodesText(view);
  assert.ok(Buffer.byteLength(text) < 7200);
  assert.match(text, new RegExp(`\\n\\[cut: ${100 - shownNodes(view).length} more nodes are left out\\]$`));
  assert.equal(shownNodes(view, 1000).length < shownNodes(view).length, true);
  const plain = Array.from({ length: 98 }, (_, n) => n).reduce(
    (sofar, n) => sofar.withNode(`n${n}`, {}),
    stack,
  );
  assert.equal(shownNodes(plain.view()).length, 60);
});
