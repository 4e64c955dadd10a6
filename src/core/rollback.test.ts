import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { crashed, defaulted, images, revision, templateOf } from "../../test/support/stack-pieces.ts";
import type { RollbackRelease } from "./action.ts";
import { permit } from "./permit.ts";
import type { Refusal } from "./permission.ts";
import { rollbackAction, rollbackCandidates } from "./rollback.ts";

const withEnv = (value: string, container = {}, spec = {}) =>
  templateOf("server", { env: [{ name: "MODE", value }], ...container }, spec);
const good = revision(withEnv("good"), 1);
const bad = revision(withEnv("bad"), 2);

/** Somebody changed a variable; the intent declares only the image. */
const released = aStack()
  .intent({ image: images.server })
  .liveTemplate(withEnv("bad"))
  .withPod(crashed())
  .revisions(good, bad);

const offered = (stack: StackBuilder): readonly string[] =>
  rollbackCandidates(stack.podCase().own, stack.snapshot()).map(({ name }) => name);

const offers: Record<string, readonly [StackBuilder, readonly string[]]> = {
  "an earlier revision with the declared image": [released, ["server-0-r1"]],
  "the newest of several first": [
    released.revisions(good, bad, revision(withEnv("better"), 3), revision(templateOf("server"), 0)),
    ["server-0-r3", "server-0-r1", "server-0-r0"],
  ],
  "nothing without a close look": [aStack().intent({ image: images.server }), []],
  "nothing of another StatefulSet": [
    released.revisions(revision(withEnv("good"), 1, { statefulSetUid: "uid-other" })),
    [],
  ],
  "nothing with another image than the declared one": [
    released.revisions(revision(withEnv("good", { image: "x:old" }), 1)),
    [],
  ],
  "nothing for a StatefulSet that declares only its replicas": [released.intent({ replicas: "1" }), []],
  "nothing for a StatefulSet without intent": [released.intent({}), []],
  "nothing while the intent cannot be used": [
    released.intent({ image: images.server, replicas: "three" }),
    [],
  ],
  "nothing with containers of which nobody says which one is meant": [
    released.revisions(revision({ spec: { containers: [{ name: "a" }, { name: "b" }] } }, 1)),
    [],
  ],
  "nothing that changes a command which nobody declared": [
    released.revisions(revision(withEnv("good", { command: ["sleep"] }), 1)),
    [],
  ],
  "nothing that changes an image which nobody declared": [
    released.intent({ command: "" }).revisions(revision(withEnv("good", { image: "x:old" }), 1)),
    [],
  ],
  "an earlier revision with the declared command": [released.intent({ command: "" }), ["server-0-r1"]],
  "nothing that differs from the declared template": [
    released.intent({ template: templateOf("server") }),
    [],
  ],
  "the revision that is the declared template as the server defaults it": [
    released.intent({ template: withEnv("good") }),
    ["server-0-r1"],
  ],
  "nothing when the server refuses the declared template": [
    released.intent({ template: withEnv("good") }).dryRun({ code: 422, message: "no" }),
    [],
  ],
  "nothing when nobody asked the server": [released.intent({ template: withEnv("good") }).dryRun("none"), []],
};
for (const [what, [stack, names]] of Object.entries(offers)) {
  test(`to roll back to there is ${what}`, () => assert.deepEqual(offered(stack), names));
}

const actionOf = (stack: StackBuilder, to = good): RollbackRelease =>
  rollbackAction(stack.podCase().own, to, "ci-1");

test("a rollback names the paths that change, never their values", () => {
  const action = actionOf(released);
  assert.deepEqual(action.changes, ["template spec/containers/0/env/0/value"]);
  assert.equal(action.template, good.template);
  assert.equal(action.expect.replicas, 1);
});

test("of many changes six are told and the others counted", () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`a${index}`, "x"]));
  const { changes } = actionOf(
    released,
    revision(withEnv("bad", {}, { nodeSelector: many, hostname: "h" }), 1),
  );
  assert.equal(changes.length, 2);
  const flat = revision(withEnv("bad", {}, many), 1);
  assert.deepEqual(actionOf(released, flat).changes.slice(-2), ["template spec/a5", "and 3 more"]);
});

test("an offered rollback is permitted", () => {
  assert.equal(permit(actionOf(released), released.view(), policy).allowed, true);
});

const rollback = actionOf(released);
const wide = revision(withEnv("good", {}, { hostNetwork: true }), 3);
const widening = released.revisions(wide);
const refused: Record<string, readonly [RollbackRelease, StackBuilder, Refusal]> = {
  "of an earlier StatefulSet of the name": [{ ...rollback, uid: "uid-old" }, released, "StaleTarget"],
  "of a StatefulSet that is being deleted": [rollback, released.set({ terminating: true }), "StaleTarget"],
  "when the replicas changed since": [rollback, released.set({ replicas: 2 }), "StaleTarget"],
  "when the template changed since": [rollback, released.liveTemplate(withEnv("worse")), "StaleTarget"],
  "of another stack's StatefulSet": [{ ...rollback, statefulSet: "server-1" }, released, "OutOfScope"],
  "in another namespace": [{ ...rollback, namespace: "ci-2" }, released, "OutOfScope"],
  "to a revision that is not there": [{ ...rollback, revision: "server-0-r9" }, released, "NotTheIntent"],
  "to a template that is no revision": [
    { ...rollback, template: defaulted(withEnv("evil")) },
    released,
    "NotTheIntent",
  ],
  "to the present revision": [actionOf(released, bad), released, "NotTheIntent"],
  "to a revision that gives the pod more rights": [actionOf(widening, wide), widening, "WidensPrivileges"],
  "to the same revision a second time": [
    rollback,
    released.incident({
      attempts: [
        {
          action: "rollback-release",
          target: "StatefulSet/server-0",
          by: "agent",
          at: 0,
          outcome: "applied",
          detail: "back to revision server-0-r1: template spec/containers/0/env/0/value",
        },
      ],
    }),
    "RepeatsARepair",
  ],
};
for (const [what, [action, stack, code]] of Object.entries(refused)) {
  test(`no rollback ${what}: ${code}`, () => {
    const permission = permit(action, stack.view(), policy);
    assert.equal(permission.allowed ? "" : permission.code, code);
  });
}
