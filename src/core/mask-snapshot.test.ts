import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import { crashed, defaulted, templateOf, waiting } from "../../test/support/stack-pieces.ts";
import { maskWords } from "./mask-snapshot.ts";

const secret = "hunter22hunter22";
const template = defaulted(templateOf("server", { env: [{ name: "DB_PASSWORD", value: secret }] }));

test("what programs and the cluster say loses the secrets of the stack's own templates, the templates keep them", () => {
  const stack = aStack()
    .set({ template })
    .withPod(crashed({ message: `panic: ${secret}` }))
    .withPod(waiting("CreateContainerError", `bad ${secret}`), "db");
  const [pod] = stack.snapshot().pods;
  const masked = maskWords({
    ...stack.snapshot(),
    events: [
      {
        kind: "Pod",
        name: "server-0-0",
        uid: pod!.uid,
        type: "Warning",
        reason: "Unhealthy",
        message: `it says ${secret}`,
        component: "kubelet",
        count: 1,
        at: 1,
      },
    ],
  });
  const { statefulSets, ...words } = masked;
  assert.ok(!JSON.stringify(words).includes(secret), JSON.stringify(words));
  assert.match(masked.events[0]!.message, /^it says \[masked\]$/);
  assert.ok(JSON.stringify(statefulSets).includes(secret));
});

test("a snapshot without secrets stays what it is", () => {
  const snapshot = aStack()
    .withPod(crashed({ message: "exit" }))
    .snapshot();
  assert.deepEqual(maskWords(snapshot), snapshot);
});
