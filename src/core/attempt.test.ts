import assert from "node:assert/strict";
import { test } from "node:test";
import { targetOf } from "./action.ts";
import type { Action } from "./action.ts";
import { attemptDetail, attemptName, owesReplacement, repeats } from "./attempt.ts";
import type { Attempt } from "./incident.ts";

const set = { namespace: "ci-1", statefulSet: "server-0", uid: "u", expect: { replicas: 1, template: {} } };
const changes = ["image: a → b", "replicas: 0 → 1"];
const reconcile: Action = { kind: "reconcile-to-intent", ...set, changes };
const rollback: Action = { kind: "rollback-release", ...set, revision: "server-0-r1", template: {}, changes };
const restart: Action = {
  kind: "restart-pod",
  namespace: "ci-1",
  statefulSet: "server-0",
  pod: "server-0-0",
  uid: "p",
  completesReconcile: false,
};
const replace: Action = { ...restart, completesReconcile: true };
const uncordon: Action = { kind: "uncordon-node", namespace: "ci-1", node: "node-1", uid: "n" };

const told: Record<string, readonly [Action, name: string, target: string, detail: string]> = {
  "a reconcile": [reconcile, "reconcile-to-intent", "StatefulSet/server-0", "image: a → b; replicas: 0 → 1"],
  "a rollback": [
    rollback,
    "rollback-release",
    "StatefulSet/server-0",
    "back to revision server-0-r1: image: a → b; replicas: 0 → 1",
  ],
  "a restart": [
    restart,
    "restart-pod",
    "Pod/server-0-0",
    "delete pod server-0-0 so that server-0 makes it anew",
  ],
  "the second half of a reconcile": [
    replace,
    "replace-stuck-pod",
    "Pod/server-0-0",
    "delete pod server-0-0 so that server-0 makes it anew",
  ],
  "an uncordon": [uncordon, "uncordon-node", "Node/node-1", "let pods onto node-1 again"],
};
for (const [what, [action, ...words]] of Object.entries(told)) {
  test(`${what} is told by its name, its target and what it changes`, () =>
    assert.deepEqual([attemptName(action), targetOf(action), attemptDetail(action)], words));
}

const made = (action: Action, changed: Partial<Attempt> = {}): Attempt => ({
  action: attemptName(action),
  target: targetOf(action),
  by: "agent",
  at: 0,
  outcome: "applied",
  detail: attemptDetail(action),
  ...changed,
});

for (const [what, action] of Object.entries({ reconcile, rollback, restart, uncordon })) {
  test(`a ${what} that was applied is repeated by the same one only`, () => {
    assert.equal(repeats(made(action), action), true);
    assert.equal(repeats(made(action, { outcome: "failed" }), action), false);
    assert.equal(repeats(made(action, { detail: "x" }), action), false);
    assert.equal(repeats(made(action, { target: "x" }), action), false);
    assert.equal(repeats(made(action, { action: "x" }), action), false);
  });
}

test("a stuck pod may be replaced again, once for each reconcile", () => {
  assert.equal(repeats(made(replace), replace), false);
});

const owing: Record<string, readonly [readonly Attempt[], boolean]> = {
  "nothing was done": [[], false],
  "a reconcile was applied": [[made(reconcile)], true],
  "a rollback was applied": [[made(rollback)], true],
  "a reconcile failed": [[made(reconcile, { outcome: "failed" })], false],
  "a reconcile of the other StatefulSet was applied": [
    [made(reconcile, { target: "StatefulSet/db-0" })],
    false,
  ],
  "its pod was replaced after it": [[made(reconcile), made(replace)], false],
  "the replacement failed": [[made(reconcile), made(replace, { outcome: "failed" })], true],
  "there were two, and one replacement": [[made(reconcile), made(replace), made(rollback)], true],
};
for (const [when, [attempts, owes]] of Object.entries(owing)) {
  test(`a pod is ${owes ? "" : "not "}owed a replacement when ${when}`, () =>
    assert.equal(owesReplacement(attempts, "server-0", "server-0-0"), owes));
}
