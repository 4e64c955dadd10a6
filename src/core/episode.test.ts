import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CALLS_PER_EPISODE, WRITES_PER_EPISODE, admit, closed, newEpisode, sawNodes } from "./episode.ts";
import type { EpisodeState, ToolCall } from "./episode.ts";

const look: ToolCall = { tool: "get_nodes", kind: "read" };
const restart: ToolCall = { tool: "restart_pod", kind: "write" };
const uncordon: ToolCall = { tool: "uncordon_node", kind: "write", node: "node-1" };
const conclude: ToolCall = { tool: "rocketchat", kind: "conclude" };

/** The state after these calls. */
const after = (state: EpisodeState, ...calls: readonly ToolCall[]): EpisodeState =>
  calls.reduce((sofar, call) => admit(sofar, call).state, state);
const times = (count: number, call: ToolCall): readonly ToolCall[] =>
  Array.from({ length: count }, () => call);
const shown = sawNodes(newEpisode, ["node-1"]);

const admitted: Record<string, readonly [EpisodeState, ToolCall]> = {
  "a first look": [newEpisode, look],
  "a change": [newEpisode, restart],
  "an uncordon of a node that was shown as cordoned": [shown, uncordon],
  "a look after the conclusion": [after(newEpisode, conclude), look],
  "another conclusion": [after(newEpisode, conclude), conclude],
  "a conclusion when all calls are used up": [after(newEpisode, ...times(CALLS_PER_EPISODE, look)), conclude],
  "the last call": [after(newEpisode, ...times(CALLS_PER_EPISODE - 1, look)), look],
  "the last change": [after(newEpisode, ...times(WRITES_PER_EPISODE - 1, restart)), restart],
  "a look when all changes are used up": [after(newEpisode, ...times(WRITES_PER_EPISODE, restart)), look],
};
for (const [what, [state, call]] of Object.entries(admitted)) {
  test(`${what} is admitted`, () => {
    const { admitted: goesOn, why } = admit(state, call);
    assert.deepEqual({ goesOn, why }, { goesOn: true, why: "" });
  });
}

const refused: Record<string, readonly [EpisodeState, ToolCall, RegExp]> = {
  "a look after the latch has closed": [
    closed(newEpisode, "the deadline"),
    look,
    /^This episode is over: the deadline\.$/,
  ],
  "a change after the latch has closed": [
    closed(newEpisode, "the deadline"),
    restart,
    /is over: the deadline/,
  ],
  "a conclusion after the latch has closed": [
    closed(newEpisode, "the deadline"),
    conclude,
    /is over: the deadline/,
  ],
  "one call too many": [after(newEpisode, ...times(CALLS_PER_EPISODE, look)), look, /All 20 tool calls/],
  "a change when all calls are used up": [
    after(newEpisode, ...times(CALLS_PER_EPISODE, look)),
    restart,
    /All 20 tool calls/,
  ],
  "one change too many": [after(newEpisode, ...times(WRITES_PER_EPISODE, restart)), restart, /All 5 changes/],
  "a change after the conclusion": [after(newEpisode, conclude), restart, /handed this stack to people/],
  "an uncordon of a node that nobody looked at": [
    newEpisode,
    uncordon,
    /has not shown node-1.*Look with get_nodes/,
  ],
  "an uncordon of another node than the one that was shown": [
    shown,
    { ...uncordon, node: "node-2" },
    /has not shown node-2/,
  ],
};
for (const [what, [state, call, why]] of Object.entries(refused)) {
  test(`${what} is refused, and told why`, () => {
    const admission = admit(state, call);
    assert.equal(admission.admitted, false);
    assert.match(admission.why, why);
    assert.equal(admission.state.conclusions, state.conclusions, "a refused call concludes nothing");
  });
}

test("a refused change counts as one that was asked for", () => {
  const state = after(newEpisode, ...times(WRITES_PER_EPISODE, uncordon));
  assert.equal(admit(state, restart).admitted, false);
});

test("every call is remembered by name, in order, refused or not, as many as an Incident may hold", () => {
  assert.deepEqual(after(newEpisode, look, uncordon, conclude).tools, [
    "get_nodes",
    "uncordon_node",
    "rocketchat",
  ]);
  assert.equal(after(newEpisode, ...times(80, look)).tools.length, 60);
  assert.equal(after(newEpisode, ...times(80, look)).calls, 80);
});

test("what was shown stays shown, once each", () => {
  assert.deepEqual(sawNodes(sawNodes(shown, ["node-2"]), ["node-1", "node-3"]).cordonedShown, [
    "node-1",
    "node-2",
    "node-3",
  ]);
});

test("the latch stays closed, for the first reason", () => {
  const state = closed(closed(newEpisode, "the deadline"), "it was stopped");
  assert.equal(state.closedBecause, "the deadline");
  assert.equal(after(state, look, conclude).open, false);
});

const anyCall: fc.Arbitrary<ToolCall> = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(restart, uncordon, look) },
  { weight: 1, arbitrary: fc.constant(conclude) },
  {
    weight: 2,
    arbitrary: fc.record({
      tool: fc.string(),
      kind: fc.constantFrom("read", "write"),
      node: fc.constantFrom("node-1", "node-2"),
    }),
  },
);
type Step = { readonly call: ToolCall } | { readonly shows: string } | { readonly close: string };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 60, arbitrary: anyCall.map((call) => ({ call })) },
    { weight: 3, arbitrary: fc.constantFrom("node-1", "node-2").map((shows) => ({ shows })) },
    { weight: 1, arbitrary: fc.constant({ close: "x" }) },
  ),
  { maxLength: 80, size: "max" },
);

test("whatever a model calls, no more is done than an episode may do", () => {
  let busy = 0;
  fc.assert(
    fc.property(steps, (history) => {
      let state = newEpisode;
      const did: ToolCall[] = [];
      const seen = new Set<string>();
      let over = false;
      for (const step of history) {
        if ("shows" in step) {
          state = sawNodes(state, [step.shows]);
          seen.add(step.shows);
        } else if ("close" in step) {
          state = closed(state, step.close);
          over = true;
        } else {
          const admission = admit(state, step.call);
          state = admission.state;
          if (!admission.admitted) continue;
          assert.ok(!over, "nothing runs after the latch has closed");
          assert.ok(step.call.kind !== "write" || !did.some(({ kind }) => kind === "conclude"));
          assert.ok(step.call.kind !== "write" || step.call.node === undefined || seen.has(step.call.node));
          did.push(step.call);
        }
      }
      const writes = did.filter(({ kind }) => kind === "write").length;
      busy += writes === WRITES_PER_EPISODE ? 1 : 0;
      assert.ok(writes <= WRITES_PER_EPISODE);
      assert.ok(did.filter(({ kind }) => kind !== "conclude").length <= CALLS_PER_EPISODE);
    }),
    { numRuns: 1000 },
  );
  assert.ok(busy > 2, `the property must be able to fail: ${busy}`);
});
