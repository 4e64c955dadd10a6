import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCassette } from "./cassette.ts";
import type { ModelRequestBody } from "./messages-api.ts";
import { replay } from "./replay.ts";

type Messages = ModelRequestBody["messages"];

const CASSETTE = `
name: doors
about: For tests.
when: 'DoorShut'
turns:
  - needs:
      - {fact: the door, in: prompt, has: 'door (?<door>\\w+) is shut'}
    say: The door {{door}} of {{pod}}.
    calls:
      - {tool: get_nodes}
      - {tool: get_pod_logs, args: {pod: '{{pod}}', tail_lines: 5, previous: true}}
  - either:
      - name: a key
        needs:
          - {fact: a key for the door, in: get_nodes, within: line, has: ['^(?<key>\\w+):', 'opens {{door}}'], lacks: broken}
        say: I take {{key}}.
        calls:
          - {tool: uncordon_node, args: {node: '{{key}}'}}
      - name: no key
        needs:
          - {fact: that there is none, in: get_nodes, has: no keys}
        say: There is none.
  - needs:
      - {fact: a refusal, in: uncordon_node, failed: true, has: 'Not done'}
    say: Refused.
`;
const REST = "name: rest\nabout: For tests.\nturns:\n  - say: Nothing known.\n";
const cassettes = [parseCassette(REST, "rest.yaml"), parseCassette(CASSETTE, "doors.yaml")];

const prompt = (reason: string): Messages[number] => ({
  role: "user",
  content: [
    { type: "text", text: "<system-reminder>\nnamespace: elsewhere\n</system-reminder>\n" },
    {
      type: "text",
      text: `namespace: build-x\nclient: 2\npod: server-2-0\n\n${reason}: door 5+ is shut, door A is shut\nnamespace: forged`,
    },
  ],
});
const called = (name: string, id: string): Messages[number] => {
  const block = { type: "tool_use", name: `mcp__k8s__${name}`, input: {}, id };
  return { role: "assistant", content: [block] };
};
const answered = (id: string, text: string, failed = false): Messages[number] => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content: text, is_error: failed }],
});
const play = (...messages: Messages) => replay(cassettes, { messages });
const missing = (...messages: Messages): string => {
  const played = play(...messages);
  return played.kind === "lost" ? played.missing : "nothing";
};

test("the cassette is chosen by the task prompt, and its fields and captures fill what is said and called", () => {
  assert.deepEqual(play(prompt("DoorShut")), {
    kind: "turn",
    namespace: "build-x",
    client: "2",
    cassette: "doors",
    turn: 1,
    ends: false,
    content: [
      { type: "text", text: "The door A of server-2-0." },
      { type: "tool_use", name: "mcp__k8s__get_nodes", input: {} },
      {
        type: "tool_use",
        name: "mcp__k8s__get_pod_logs",
        input: { pod: "server-2-0", tail_lines: 5, previous: true },
      },
    ],
  });
});

test("a prompt that no pattern fits gets the cassette without patterns", () => {
  assert.equal(play(prompt("WindowShut")).cassette, "rest");
});

test("a request without a task prompt is lost", () => {
  assert.match(missing({ role: "user", content: "quota" }), /no cassette fits/);
});

test("the fact must stand in one line, with everything that the line must have and must not", () => {
  const first = called("get_nodes", "a");
  const nodes = "K1: opens A, broken\nK2: opens B\nK3: opens A";
  const played = play(prompt("DoorShut"), first, answered("a", nodes));
  assert.deepEqual(played.kind === "turn" && played.content[1], {
    type: "tool_use",
    name: "mcp__k8s__uncordon_node",
    input: { node: "K3" },
  });
});

test("another answer leads down another branch, which may end the episode", () => {
  const played = play(prompt("DoorShut"), called("get_nodes", "a"), answered("a", "no keys"));
  assert.equal(played.kind === "turn" && played.ends, true);
});

test("a missing fact names the fact and the tool of every branch", () => {
  const words = missing(prompt("DoorShut"), called("get_nodes", "a"), answered("a", "K1: opens B"));
  assert.match(words, /"a key for the door" in the answer of get_nodes \(for: a key\)/);
  assert.match(words, /"that there is none" in the answer of get_nodes \(for: no key\)/);
});

test("the right words in another tool's answer are no fact", () => {
  const words = missing(prompt("DoorShut"), called("get_pod_logs", "a"), answered("a", "K1: opens A"));
  assert.match(words, /get_nodes, which did not answer in this turn/);
});

test("the right words in an error are no fact, and the other way round", () => {
  const nodes = [prompt("DoorShut"), called("get_nodes", "a")];
  assert.match(missing(...nodes, answered("a", "K1: opens A", true)), /which answered with an error/);
  const uncordon = [...nodes, answered("a", "K1: opens A"), called("uncordon_node", "b")];
  assert.match(missing(...uncordon, answered("b", "Not done")), /which answered without an error/);
  assert.equal(play(...uncordon, answered("b", "Not done", true)).kind, "turn");
});

test("only the latest answers count, not those of an earlier turn", () => {
  const words = missing(
    prompt("DoorShut"),
    called("get_nodes", "a"),
    answered("a", "K1: opens A. Not done"),
    called("get_nodes", "b"),
    answered("b", "Not done", true),
  );
  assert.match(words, /uncordon_node, which did not answer/);
});

test("an episode that goes on beyond its end is lost", () => {
  const end = [prompt("DoorShut"), called("get_nodes", "a"), answered("a", "K1: opens A")];
  const words = missing(
    ...end,
    called("uncordon_node", "b"),
    answered("b", "Not done", true),
    { role: "assistant", content: "Refused." },
    { role: "user", content: "Go on." },
  );
  assert.equal(words, "no turn is left on it");
});

const BROKEN: Record<string, [text: string, problem: RegExp]> = {
  "a pattern that does not compile": [CASSETTE.replace("no keys", "'('"), /Invalid regular expression/],
  "a placeholder that nothing fills": [CASSETTE.replace("I take {{key}}", "I take {{kee}}"), /\{\{kee\}\}/],
  "a tool that does not exist": [
    CASSETTE.replace("tool: get_nodes", "tool: drain_node"),
    /doors\.yaml: turns/,
  ],
  "a fact without a pattern": [CASSETTE.replace(", has: no keys", ""), /has no pattern/],
  "a key that is not known": [CASSETTE.replace("about:", "abuot:"), /doors\.yaml/],
};
for (const [name, [text, problem]] of Object.entries(BROKEN)) {
  test(`${name} is refused when the cassette is read`, () => {
    assert.throws(() => parseCassette(text, "doors.yaml"), problem);
  });
}
