import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import { DEPLOYED, crashed, running } from "../../../test/support/stack-pieces.ts";
import { toolBench } from "../../../test/support/tool-bench.ts";
import type { BenchOptions } from "../../../test/support/tool-bench.ts";
import { MedicError } from "../../lib/medic-error.ts";
import { ANSWER_BYTES } from "../present.ts";

const stack = aStack().withPod(crashed());
const withInit = stack.withPod((pod) => ({
  ...pod,
  containers: [{ ...pod.containers[0]!, name: "migrate", init: true }, ...pod.containers],
}));

const requested: Record<string, readonly [Record<string, unknown>, string, string, boolean, number]> = {
  "of the pod that the episode is about, sixty lines, when nothing is named": [
    {},
    "server-0-0",
    "server",
    false,
    60,
  ],
  "of the pod that is named": [{ pod: "db-0-0" }, "db-0-0", "db", false, 60],
  "of the container that is named": [{ container: "migrate" }, "server-0-0", "migrate", false, 60],
  "of the run before": [{ previous: true, tail_lines: 5 }, "server-0-0", "server", true, 5],
};
for (const [what, [args, pod, container, previous, lines]] of Object.entries(requested)) {
  test(`the log is read ${what}`, async () => {
    const bench = toolBench(withInit, { log: "first\nlast\n" });
    const { text, isError } = await bench.call("get_pod_logs", args);
    assert.deepEqual(bench.logRequests, [{ namespace: "ci-1", pod, container, previous, lines }]);
    const run = previous ? "previous" : "present";
    assert.deepEqual(
      [text, isError],
      [`Last lines of container ${container} of pod ${pod}, ${run} run:\nfirst\nlast`, false],
    );
  });
}

const plain: Record<string, readonly [StackBuilder, BenchOptions, Record<string, unknown>, string]> = {
  "there is no pod": [stack.withoutPod(), {}, {}, "There is no pod server-0-0 now, so it has no log."],
  "the pod has no such container": [
    withInit,
    {},
    { container: "sidecar" },
    "Pod server-0-0 has no container sidecar; it has migrate, server.",
  ],
  "the pod has no containers yet": [
    stack.withPod((pod) => ({ ...pod, containers: [] })),
    {},
    {},
    "Pod server-0-0 has no container ; it has .",
  ],
  "the log is empty": [
    stack,
    { log: " \n" },
    {},
    "The log of container server of pod server-0-0, present run is empty.",
  ],
  "the server has none": [
    stack,
    {
      log: new MedicError("api", 'GET log: 400 container "server" in pod "server-0-0" is waiting to start', {
        retriable: false,
      }),
    },
    { previous: true },
    'There is no log of container server of pod server-0-0, previous run: GET log: 400 container "server" in pod "server-0-0" is waiting to start',
  ],
};
for (const [when, [on, options, args, words]] of Object.entries(plain)) {
  test(`it is said plainly that ${when}`, async () => {
    assert.deepEqual(await toolBench(on, options).call("get_pod_logs", args), {
      text: words,
      isError: false,
    });
  });
}

test("a server that cannot answer now is a failure, told with what was attempted", async () => {
  const log = new MedicError("api", "GET log of pod server-0-0: 503 etcd is away");
  assert.deepEqual(await toolBench(stack, { log }).call("get_pod_logs"), {
    text: "get_pod_logs did not work: GET log of pod server-0-0: 503 etcd is away",
    isError: true,
  });
});

test("of a long log the newest lines are kept, whatever making them harmless adds", async () => {
  const log = Array.from({ length: 400 }, (_, line) => `${line} ${"<a".repeat(20)}`).join("\n");
  const { text } = await toolBench(stack, { log }).call("get_pod_logs", { tail_lines: 400 });
  assert.ok(Buffer.byteLength(text) <= ANSWER_BYTES && Buffer.byteLength(text) > ANSWER_BYTES - 600);
  assert.match(text, /\n\[cut: \d+ earlier lines are left out\]\n/);
  assert.match(text, /\n399 (?:‹a)+$/);
});

test("of one endless line the beginning is shown, and that it was cut", async () => {
  const { text } = await toolBench(stack, { log: "é".repeat(30_000) }).call("get_pod_logs");
  assert.ok(Buffer.byteLength(text) <= ANSWER_BYTES);
  assert.match(text, /^Last lines of .*:\né+ … \[cut: first \d+ of 60000 bytes\]$/);
});

test("the status is of one pod or of all of them", async () => {
  const bench = toolBench(stack);
  const all = await bench.call("get_pod_status");
  assert.match(all.text, /Pod db-0-0: [\s\S]*Pod server-0-0: /);
  const one = await bench.call("get_pod_status", { pod: "server-0-0" });
  assert.match(one.text, /Pod server-0-0: /);
  assert.doesNotMatch(one.text, /db-0/);
});

test("a description adds what the pods are made of, of one StatefulSet or of all", async () => {
  const bench = toolBench(stack.withPod(running(DEPLOYED)));
  assert.match((await bench.call("describe_pod")).text, /Template of db-0:[\s\S]*Template of server-0:/);
  const { text } = await bench.call("describe_pod", { pod: "db-0-0" });
  assert.match(text, /Pod db-0-0[\s\S]*Template of db-0:\n {2}container db: image farm\.test\/db:1/);
  assert.doesNotMatch(text, /server-0/);
});

test("events are of one pod or of the stack, and none are said to be none", async () => {
  const bench = toolBench(stack.podEvent("Failed", "no").podEvent("Pulled", "yes", DEPLOYED, "db"));
  assert.match((await bench.call("get_pod_events")).text, /Failed[\s\S]*Pulled/);
  assert.doesNotMatch((await bench.call("get_pod_events", { pod: "server-0-0" })).text, /Pulled/);
  assert.match((await toolBench(stack).call("get_pod_events")).text, /^There are no events of the stack\./);
});

test("what get_nodes shows as cordoned may be uncordoned, and nothing that it had no room for", async () => {
  const none = Array.from({ length: 80 }, (_, n) => n).reduce(
    (sofar, n) => sofar.withNode(`worker-${n}`, { unschedulable: true, maintenance: "x".repeat(300) }),
    stack.withNode("node-1", {}),
  );
  const bench = toolBench(none);
  const { text } = await bench.call("get_nodes");
  const seen = bench.hands.state().cordonedShown;
  assert.ok(seen.length > 5 && seen.length < 80);
  for (const name of seen) assert.ok(text.includes(`\n${name}: Ready, CORDONED`), name);
  assert.match(text, new RegExp(`\\[cut: ${82 - seen.length} more nodes are left out\\]$`));
  assert.ok(Buffer.byteLength(text) <= ANSWER_BYTES);
});
