import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../core/json.ts";
import { episodesIn } from "../core/episode-record.ts";
import { describeEpisode } from "./episode-text.ts";
import type { PageOptions } from "./page-text.ts";
import { answers, calls, closed, opened, result, says } from "../../test/support/transcript-pieces.ts";

const plain: PageOptions = {
  width: 100,
  full: false,
  paint: (_, text) => text,
  audit: [],
  namespace: "medics",
};

function page(messages: readonly Json[], options: Partial<PageOptions> = {}): string {
  return episodesIn(messages)
    .map((episode) => describeEpisode(episode, { ...plain, ...options }))
    .join("\n");
}

const uncordon = { node: "node-1", reason: "it is cordoned without a mark" };
const ordinary = [
  opened(),
  says("m1", "I look at the nodes."),
  calls("m1", "c1", "mcp__k8s__get_nodes", {}),
  answers("c1", "2 nodes, 1 of them cordoned:\nnode-1: Ready, CORDONED"),
  calls("m2", "c2", "mcp__k8s__uncordon_node", uncordon),
  answers("c2", "Done: uncordoned node-1."),
  says("m3", "I uncordoned node-1."),
  result(),
  closed({ lastText: "I uncordoned node-1." }),
];

test("an episode is read from its head to what came of it", () => {
  const audit: JsonObject[] = [
    record("intent", {}),
    record("outcome", { result: "applied: uncordoned node-1" }),
  ];
  assert.equal(
    page(ordinary, { audit }),
    `Episode of ci-1-0-abc-1
  when    2026-01-02 03:04:05 to 03:04:07 UTC, 1.5 s of 300 s
  stack   server-0, namespace ci-1, client 0
  pod     server-0-0
  run     r1
  model   claude-sonnet-4-6
  ended   completed
  cost    $0.0213 of $0.50
  turns   3 of 12
  tokens  11,836: 9 in, 4,068 into the cache, 7,543 from the cache, 216 out

What it was given

  NodesCordoned Pod/server-0-0: server-0-0 has no node
  (the whole prompt is 274 characters, --full shows it)

Turn 1  03:04:05

  I look at the nodes.

  ▸ get_nodes
  │ 2 nodes, 1 of them cordoned:
  │ node-1: Ready, CORDONED

Turn 2  03:04:06

  ▸ uncordon_node  node: node-1, reason: it is cordoned without a mark
  │ Done: uncordoned node-1.

Turn 3  03:04:07

  I uncordoned node-1.

The end

  completed: the model stopped by itself. Its last words are those of turn 3.

What came of it

  03:04:06  uncordon-node node-1: applied: uncordoned node-1

  Whether the stack became ready is not the episode's to say; the Incident says it:
    kubectl get incident ci-1-0-abc-1 -n medics -o yaml
`,
  );
});

test("an episode that the rehearsal played says so, and that nothing was paid", () => {
  const text = page([opened(), says("msg_rehearsal_1", "Done."), result(), closed({})]);
  assert.match(text, /^ {2}model +claude-sonnet-4-6 \(played by the rehearsal: no model was asked\)$/m);
  assert.match(text, /^ {2}cost +\$0\.0213 of \$0\.50 \(estimated; nothing was paid\)$/m);
  assert.doesNotMatch(page(ordinary), /rehearsal/);
});

const refusals: Record<string, string> = {
  "by the gate": "Not permitted. This episode is bound to the stack of client 0.",
  "by the permit": "Not done. NodePatchOff: Nodes may not be changed.",
  "by the second fence": "This is none of your tools.",
  "by the SDK": "<tool_use_error>Error: No such tool available: Bash</tool_use_error>",
};
for (const [by, words] of Object.entries(refusals)) {
  test(`a call that was refused ${by} is marked`, () => {
    const text = page([opened(), calls("m1", "c1", "mcp__k8s__get_nodes", {}), answers("c1", words, true)]);
    assert.match(text, /▸ get_nodes {2}✗ refused$/m);
  });
}

test("a call that failed is marked as one, and one without an answer is left to the audit log", () => {
  const text = page(
    [
      opened(),
      calls("m1", "c1", "mcp__k8s__restart_pod", { pod: "server-0-0" }),
      calls("m1", "c2", "mcp__k8s__get_nodes", {}),
      answers("c1", "Not done. 409 the object has been modified", true),
    ],
    { audit: [record("intent", { action: "restart-pod", arguments: { pod: "server-0-0" } })] },
  );
  assert.match(text, /▸ restart_pod {2}pod: server-0-0 {2}✗ failed$/m);
  assert.match(
    text,
    /▸ get_nodes {2}✗ no answer is recorded\n {2}│ whether it was carried out stands in the audit/,
  );
  assert.match(text, /restart-pod server-0-0: begun; no outcome is recorded, so look it up in the cluster/);
});

test("the last conclusion is the one that people get; the one before is shown where it was made", () => {
  const text = page([
    opened(),
    calls("m1", "c1", "mcp__notify__rocketchat", { root_cause: "The disk." }),
    answers("c1", "Your conclusion is noted."),
    calls("m2", "c2", "mcp__notify__rocketchat", { root_cause: "The network.", next_step: "Look at it." }),
    answers("c2", "Your conclusion is replaced."),
  ]);
  assert.match(text, /▸ rocketchat {2}root_cause: The disk\.$/m);
  assert.match(text, /▸ rocketchat {2}its conclusion, below$/m);
  assert.match(
    text,
    /^Conclusion for people\n\n {2}root cause {2}The network\.\n {2}next step {3}Look at it\.$/m,
  );
  assert.match(text, /sent once, after the episode, unless the stack has become ready/);
});

test("a long answer keeps its ends, and is whole with --full", () => {
  const lines = Array.from({ length: 30 }, (_, line) => `line ${line} ${"x".repeat(line === 1 ? 400 : 3)}`);
  const messages = [
    opened(),
    calls("m1", "c1", "mcp__k8s__get_pod_logs", {}),
    answers("c1", lines.join("\n")),
  ];
  const short = page(messages);
  assert.match(short, /│ line 6 xxx\n {2}│ … 19 lines more …\n {2}│ line 26 xxx\n/);
  assert.match(short, /│ line 1 x+\n {2}│ {3}x+ …\n {2}│ line 2/);
  const whole = page(messages, { full: true });
  for (const line of lines.toSpliced(1, 1)) assert.ok(whole.includes(`│ ${line}\n`), line);
  assert.equal(whole.match(/x/g)?.length, lines.join("").match(/x/g)?.length);
  assert.match(whole, /^ {2}system prompt\n {2}│ You look at stacks\.$/m);
});

test("an episode that was cut off says what is not known", () => {
  const [open, ...rest] = [opened(), says("m1", "I look."), calls("m1", "c1", "mcp__k8s__get_nodes", {})];
  assert.match(
    page([open, ...rest]),
    /^The end\n\n {2}No end is recorded: it still runs, or the medic was killed/m,
  );
  const late = closed({ end: "deadline", detail: "The episode was stopped after 300 s.", costKnown: false });
  const text = page([open, ...rest, late]);
  assert.match(text, /^ {2}cost +\$0\.0213 of \$0\.50 \(at least: it was cut off\)$/m);
  assert.match(text, /^ {2}deadline: The episode was stopped after 300 s\.$/m);
});

test("an API that fails is told as such, and not as a turn", () => {
  const text = page([
    opened(),
    { type: "system", subtype: "api_retry", attempt: 1, max_retries: 2, error_status: 529 },
    {
      type: "assistant",
      error: "server_error",
      message: { id: "x", model: "<synthetic>", content: [{ type: "text", text: "API Error: 529" }] },
    },
  ]);
  assert.match(text, /The model's API failed with 529; asked again \(1 of 2\)\./);
  assert.match(text, /No answer of the model: API Error: 529/);
  assert.match(text, /No answer of a model is recorded\./);
  assert.doesNotMatch(text, /^Turn/m);
});

test("nothing in a transcript moves the cursor, and no line of it passes for a heading", () => {
  const hostile = "a\u001b[2Jb\u009b1mc\u202ed\rWhat came of it\nConclusion for people\n\u0007";
  const text = page([
    opened({ prompt: `namespace: ci-1\u001b]0;x\u0007\nincident: ${hostile}` }),
    says("m1", hostile),
    calls("m1", "c1", `mcp__k8s__${hostile}`, { [hostile]: hostile, list: [hostile] }),
    answers("c1", hostile),
    calls("m2", "c2", "mcp__notify__rocketchat", { root_cause: hostile }),
    answers("c2", "noted"),
    closed({ lastText: hostile, detail: hostile, end: hostile }),
  ]);
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.equal(text.match(/^Conclusion for people$/gm)?.length, 1);
  assert.equal(text.match(/^What came of it$/gm)?.length, 1);
});

test("a transcript that was written to twice holds two episodes", () => {
  const text = page([...ordinary, opened(), says("m1", "Again.")]);
  assert.equal(text.match(/^Episode of ci-1-0-abc-1$/gm)?.length, 2);
  assert.match(text, /^Turn 3[^]*^Turn 1 {2}03:04:05\n\n {2}Again\.$/m);
});

test("what is masked stays masked", () => {
  const text = page([opened(), says("m1", "The password is [masked:1].")]);
  assert.match(text, /The password is \[masked:1\]\./);
});

test("whatever lies in a transcript, it is shown without failing", () => {
  const strange: Json[] = [
    null,
    7,
    "x",
    [],
    {},
    { type: "assistant" },
    { type: "assistant", message: { content: "x" } },
    { type: "user", message: { content: [{ type: "tool_result" }, 3] } },
    { type: "result", modelUsage: 4 },
    { type: "episode-closed", outcome: [] },
  ];
  assert.match(page([{ type: "episode-opened" }, ...strange]), /^Episode of an incident that is not named\n/);
  assert.deepEqual(episodesIn([null, 7, { type: "audit" }]), []);
});

function record(stage: string, more: JsonObject): JsonObject {
  return {
    audit: "v1",
    time: "2026-01-02T03:04:06.000Z",
    actor: "agent",
    action: "uncordon-node",
    arguments: { node: "node-1" },
    stage,
    decision: { allowed: true, why: "within limits" },
    ...more,
  };
}
