import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseCassette } from "./cassette.ts";
import { MISBEHAVIOURS } from "./misbehaviour.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { startRehearsal } from "./rehearsal.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { serveStatus } from "./status-server.ts";
import type { RehearsalStatus } from "./status-server.ts";

const cassettes = [
  parseCassette(
    `
name: nodes
about: For tests.
turns:
  - say: I look.
    calls: [{tool: get_nodes}]
  - needs: [{fact: a node, in: get_nodes, has: '(?<node>node-\\d)'}]
    say: I saw {{node}}.
`,
    "nodes.yaml",
  ),
];

async function start(
  t: TestContext,
  misbehaviour?: Misbehaviour,
): Promise<{ rehearsal: Rehearsal; lines: string[] }> {
  const lines: string[] = [];
  const rehearsal = await startRehearsal({
    cassettes,
    report: (line) => lines.push(line),
    ...(misbehaviour === undefined ? {} : { misbehaviour }),
  });
  t.after(() => rehearsal.close());
  return { rehearsal, lines };
}

const task = (namespace: string) => ({
  role: "user",
  content: `namespace: ${namespace}\nclient: 1\npod: server-1-0`,
});
const call = {
  role: "assistant",
  content: [{ type: "tool_use", id: "a", name: "mcp__k8s__get_nodes", input: {} }],
};
const answer = (content: string) => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: "a", content }],
});

function ask({ url }: Rehearsal, ...messages: readonly object[]): Promise<Response> {
  const body = JSON.stringify({ model: "m", max_tokens: 1, messages });
  return fetch(`${url}/v1/messages`, { method: "POST", body, signal: AbortSignal.timeout(1000) });
}

test("three episodes at once are kept apart by what their requests say", async (t) => {
  const { rehearsal } = await start(t);
  const names = ["build-a", "build-b", "build-c"];
  await Promise.all(names.map((name) => ask(rehearsal, task(name))));
  const ends = await Promise.all(
    names.map(async (name, index) => {
      const response = await ask(rehearsal, task(name), call, answer(`node-${index}`));
      return (await response.json()) as { content: { text: string }[] };
    }),
  );
  assert.deepEqual(
    ends.map(({ content }) => content[0]?.text),
    ["I saw node-0.", "I saw node-1.", "I saw node-2."],
  );
  assert.deepEqual(
    rehearsal.episodes().map(({ namespace, turns, ended }) => [namespace, turns, ended]),
    names.map((name) => [name, 2, true]),
  );
  assert.deepEqual(rehearsal.failures, []);
});

test("a missing fact is an API error that begins with REHEARSAL, is logged, and is kept once", async (t) => {
  const { rehearsal, lines } = await start(t);
  for (const _ of [1, 2, 3]) {
    const response = await ask(rehearsal, task("build-a"), call, answer("no such thing"));
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { message: string } };
    assert.match(
      error.message,
      /^REHEARSAL: cassette nodes, turn 2: missing "a node" in the answer of get_nodes/,
    );
  }
  assert.deepEqual(
    rehearsal.failures.map(({ namespace, client, turn }) => [namespace, client, turn]),
    [["build-a", "1", 2]],
  );
  assert.match(lines.join("\n"), /^the rehearsal FAILED: namespace build-a, client 1/m);
});

test("its status says cassettes, episodes and failures", async (t) => {
  const { rehearsal } = await start(t);
  const status = await serveStatus(rehearsal);
  t.after(() => status.close());
  await ask(rehearsal, task("build-a"));
  const told = (await (await fetch(status.url)).json()) as RehearsalStatus;
  assert.deepEqual(told, {
    cassettes: ["nodes"],
    episodes: [{ namespace: "build-a", client: "1", cassette: "nodes", turns: 1, ended: false }],
    failures: [],
  });
  assert.equal((await fetch(status.url.replace(/rehearsal$/, ""))).status, 404);
});

test("its key is a word that masking takes out of nothing else", async (t) => {
  const { rehearsal } = await start(t);
  assert.ok(!rehearsal.environment["ANTHROPIC_API_KEY"]?.match(/rehearsal$/));
  assert.equal(rehearsal.environment["ANTHROPIC_BASE_URL"], rehearsal.url);
});

for (const misbehaviour of MISBEHAVIOURS) {
  test(`misbehaves as asked: ${misbehaviour}`, async (t) => {
    const { rehearsal } = await start(t, misbehaviour);
    const seen = await ask(rehearsal, task("build-a"))
      .then(async (response) => `${response.status} ${await response.text()}`)
      .catch((error: unknown) => String(error));
    assert.match(seen, SEEN[misbehaviour]);
  });
}

const SEEN: Readonly<Record<Misbehaviour, RegExp>> = {
  "429": /^429 .*rate_limit_error/,
  "500": /^500 /,
  "529": /^529 .*overloaded_error/,
  "401": /^401 .*authentication_error/,
  hang: /TimeoutError/,
  half: /^TypeError: (?:terminated|fetch failed)/,
  endless: /get_nodes.*"stop_reason":"tool_use"/,
  "forged-tools": /"Bash".*delete_namespace/,
  "another-namespace": /kube-system.*restart_pod/,
  "five-writes": /(?:restart_pod.*server-1-0.*){5}/,
  refusal: /"stop_reason":"refusal"/,
  nonsense: /^200 <html>/,
};
