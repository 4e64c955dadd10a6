import assert from "node:assert/strict";
import { test } from "node:test";
import type { Span } from "../../farm/console/view.ts";
import { drawnPieces, piecesOf } from "./pieces.ts";

const SPANS: readonly Span[] = [
  { state: "deploying", from: 0, to: 5, waits: [] },
  {
    state: "waiting",
    from: 5,
    to: 40,
    waits: [
      { at: 5, words: "server-0-0 ContainerCreating" },
      { at: 10, words: "server-0-0 ErrImagePull" },
      { at: 12, words: "server-0-0 ImagePullBackOff" },
      { at: 30, words: "server-0-0 Running 0/1" },
    ],
  },
  { state: "testing", from: 40, waits: [] },
];

test("cuts a wait into its reasons, and lets what goes on reach until now", () => {
  assert.deepEqual(
    piecesOf(SPANS, 50).map(({ state, from, to, tone, words = "" }) => [state, from, to, tone, words]),
    [
      ["deploying", 0, 5, "idle", ""],
      ["waiting", 5, 10, "busy", "server-0-0 ContainerCreating"],
      ["waiting", 10, 12, "warn", "server-0-0 ErrImagePull"],
      ["waiting", 12, 30, "warn", "server-0-0 ImagePullBackOff"],
      ["waiting", 30, 40, "busy", "server-0-0 Running 0/1"],
      ["testing", 40, 50, "info", ""],
    ],
  );
});

test("draws reasons of the same kind as one, named by the longest", () => {
  assert.deepEqual(
    drawnPieces(piecesOf(SPANS, 50)).map(({ state, from, to, words = "" }) => [state, from, to, words]),
    [
      ["deploying", 0, 5, ""],
      ["waiting", 5, 10, "server-0-0 ContainerCreating"],
      ["waiting", 10, 30, "server-0-0 ImagePullBackOff"],
      ["waiting", 30, 40, "server-0-0 Running 0/1"],
      ["testing", 40, 50, ""],
    ],
  );
});

test("draws nothing for how it ended, nor backwards when this clock is behind", () => {
  assert.deepEqual(piecesOf([{ state: "passed", from: 9, to: 9, waits: [] }], 50), []);
  assert.deepEqual(piecesOf([{ state: "testing", from: 40, waits: [] }], 30), []);
});
