import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { DEPLOYED, SECOND, defaulted, images, templateOf } from "../../test/support/stack-pieces.ts";
import { driftFinding, driftOf, reconcileAction } from "./drift.ts";
import type { Drift } from "./drift.ts";
import type { JsonObject } from "./json.ts";
import type { SetView, StackView } from "./stack-view.ts";

function serverOf(stack: StackBuilder): { view: StackView; own: SetView; drift: Drift | undefined } {
  const view = stack.view();
  const own = view.sets.find(({ set }) => set.role === "server")!;
  return { view, own, drift: driftOf(own, view.snapshot) };
}

const good = defaulted(templateOf("server"));

test("a StatefulSet as declared has no drift, though the server filled in its defaults", () => {
  assert.equal(serverOf(aStack()).drift, undefined);
});

type Found = Omit<Drift, "changes"> & { readonly changes: readonly RegExp[] };
const found: Record<string, readonly [StackBuilder, Found]> = {
  "another image is image drift, and the whole declared template sets it back": [
    aStack().liveImage("x:bad"),
    {
      template: good,
      reasons: ["ImageDrift"],
      changes: [/^template spec\/containers\/0\/image: "x:bad" → "farm.test\/server:1"$/],
    },
  ],
  "a set command is command drift where the image's own is declared": [
    aStack().liveCommand(["sleep", "1d"]),
    { template: good, reasons: ["CommandDrift"], changes: [/command: \["sleep","1d"\] → \(absent\)$/] },
  ],
  "one other word in a declared command is command drift": [
    aStack()
      .intent({ template: templateOf("server", { command: ["node", "a"] }) })
      .liveCommand(["node", "b"]),
    {
      template: defaulted(templateOf("server", { command: ["node", "a"] })),
      reasons: ["CommandDrift"],
      changes: [/command\/1: "b" → "a"$/],
    },
  ],
  "anything else in the template is template drift": [
    aStack().liveTemplate(templateOf("server", {}, { nodeSelector: { zone: "b" } })),
    { template: good, reasons: ["TemplateDrift"], changes: [/nodeSelector: \{"zone":"b"\} → \(absent\)/] },
  ],
  "the image of an init container is template drift": [
    aStack()
      .intent({ template: templateOf("server", {}, { initContainers: [{ name: "i", image: "i:1" }] }) })
      .liveTemplate(templateOf("server", {}, { initContainers: [{ name: "i", image: "i:2" }] })),
    {
      template: defaulted(templateOf("server", {}, { initContainers: [{ name: "i", image: "i:1" }] })),
      reasons: ["TemplateDrift"],
      changes: [/initContainers\/0\/image: "i:2" → "i:1"/],
    },
  ],
  "several drifts are one write, and the image is named first": [
    aStack()
      .liveTemplate(templateOf("server", { image: "x:bad", command: ["a"] }, { hostname: "h" }))
      .liveReplicas(0),
    {
      replicas: 1,
      template: good,
      reasons: ["ReplicasDrift", "ImageDrift", "CommandDrift", "TemplateDrift"],
      changes: [/^replicas: 0 → 1$/, /command/, /image/, /hostname/],
    },
  ],
  "no replicas where one is declared is replicas drift, without a template": [
    aStack().liveReplicas(0),
    { replicas: 1, reasons: ["ReplicasDrift"], changes: [/^replicas: 0 → 1$/] },
  ],
  "replicas where none are declared is drift too": [
    aStack().intent({ replicas: "0" }),
    { replicas: 0, reasons: ["ReplicasDrift"], changes: [/^replicas: 1 → 0$/] },
  ],
  "an image declared without a template is set in the live template": [
    aStack().intent({ image: images.server }).liveImage("x:bad"),
    { template: good, reasons: ["ImageDrift"], changes: [/image/] },
  ],
};
for (const [behaviour, [stack, { changes, ...rest }]] of Object.entries(found)) {
  test(behaviour, () => {
    const { drift } = serverOf(stack);
    const { changes: said, ...known } = drift!;
    assert.deepEqual(known, rest);
    assert.equal(said.length, changes.length);
    said.forEach((line, index) => assert.match(line, changes[index]!));
  });
}

const none: Record<string, StackBuilder> = {
  "an unreadable annotation makes the whole intent unusable, the readable ones too": aStack()
    .intent({ replicas: "three", image: images.server, command: "" })
    .liveImage("x:bad"),
  "an unreadable image keeps even readable replicas from being restored": aStack()
    .intent({ replicas: "1", image: "" })
    .liveReplicas(0),
  "without annotations there is nothing to differ from": aStack().intent({}).liveImage("x:bad"),
  "without the server's answer nothing is known about the template": aStack()
    .liveImage("x:bad")
    .dryRun("none"),
  "a template that the server refuses is no drift": aStack()
    .liveImage("x:bad")
    .dryRun({ code: 422, message: "Invalid" }),
  "a template that the server refuses makes the declared replicas no repair either": aStack()
    .liveReplicas(0)
    .dryRun({ code: 422, message: "Invalid" }),
  "an answer that is what is there already is no drift": aStack().dryRun(good),
};
for (const [behaviour, stack] of Object.entries(none)) {
  test(behaviour, () => assert.equal(serverOf(stack).drift, undefined));
}

test("a dry run's answer that is no object is no answer", () => {
  const snapshot = aStack().liveImage("x:bad").snapshot();
  const dryRuns = [{ statefulSet: "server-0", uid: "uid-server-0", ok: true, template: null }] as const;
  const { own } = serverOf(aStack().liveImage("x:bad"));
  assert.equal(driftOf(own, { ...snapshot, dryRuns }), undefined);
});

test("another StatefulSet's dry run says nothing about this one", () => {
  const snapshot = aStack().liveImage("x:bad").snapshot();
  const dryRuns = snapshot.dryRuns.map((dryRun) => ({ ...dryRun, uid: "uid-of-an-earlier-server-0" }));
  const { own } = serverOf(aStack().liveImage("x:bad"));
  assert.equal(driftOf(own, { ...snapshot, dryRuns }), undefined);
});

test("a long value is cut where people read it", () => {
  const { drift } = serverOf(aStack().liveImage(`x:${"b".repeat(500)}`));
  assert.ok(drift!.changes[0]!.length < 260);
});

test("the finding names the StatefulSet, the reason and what changed, since the change", () => {
  const { own, drift, view } = serverOf(
    aStack()
      .set({ specChangedAt: DEPLOYED + SECOND })
      .liveImage("x:bad"),
  );
  assert.deepEqual(driftFinding(own, drift!, view.snapshot.at), {
    reason: "ImageDrift",
    class: "drift",
    subject: "StatefulSet/server-0",
    message: `server-0 differs from its declared intent: ${drift!.changes[0]!}`,
    since: DEPLOYED + SECOND,
    terminal: false,
  });
});

test("a finding is never from the future, and tells five changes at most", () => {
  const { own, drift } = serverOf(
    aStack()
      .set({ specChangedAt: DEPLOYED + SECOND })
      .liveImage("x:bad"),
  );
  const many = { ...drift!, reasons: [], changes: ["1", "2", "3", "4", "5", "6", "7"] };
  const finding = driftFinding(own, many, DEPLOYED);
  assert.equal(finding.since, DEPLOYED);
  assert.equal(finding.reason, "TemplateDrift");
  assert.match(finding.message, /1; 2; 3; 4; 5; and 2 more$/);
});

test("the repair carries exactly the declared values and the state that it was decided from", () => {
  const both = serverOf(aStack().liveImage("x:bad").liveReplicas(0));
  assert.deepEqual(reconcileAction(both.own, both.drift!, "ci-1"), {
    kind: "reconcile-to-intent",
    namespace: "ci-1",
    statefulSet: "server-0",
    uid: "uid-server-0",
    expect: { replicas: 0, template: both.own.set.template },
    replicas: 1,
    template: good,
    changes: both.drift!.changes,
  });
  const scaled = serverOf(aStack().liveReplicas(0));
  assert.equal("template" in reconcileAction(scaled.own, scaled.drift!, "ci-1"), false);
  const patched = serverOf(aStack().liveImage("x:bad"));
  assert.equal("replicas" in reconcileAction(patched.own, patched.drift!, "ci-1"), false);
});

const env = (...pairs: readonly (readonly [name: string, value: string])[]): JsonObject => ({
  env: pairs.map(([name, value]) => ({ name, value })),
});
const hidden: Record<string, readonly [JsonObject, JsonObject, string]> = {
  "that differs": [
    env(["DB_PASSWORD", "hunter22"]),
    env(["DB_PASSWORD", "letmein9"]),
    "template spec/containers/0/env/0/value: differs",
  ],
  "that is one too many": [
    env(["A", "plain11"], ["DB_PASSWORD", "hunter22"]),
    env(["A", "plain11"]),
    'template spec/containers/0/env/1: {"name":"DB_PASSWORD","value":"…"} → (absent)',
  ],
  "of a list that is missing": [
    {},
    env(["GREETING", "letmein9"]),
    'template spec/containers/0/env: (absent) → [{"name":"GREETING","value":"…"}]',
  ],
};
for (const [what, [live, declared, change]] of Object.entries(hidden)) {
  test(`the value of an environment variable ${what} is told to nobody`, () => {
    const stack = aStack()
      .intent({ template: templateOf("server", declared) })
      .liveTemplate(templateOf("server", live));
    const { own, view } = stack.podCase();
    assert.deepEqual(driftOf(own, view.snapshot)?.changes, [change]);
  });
}
