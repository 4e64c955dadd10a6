import assert from "node:assert/strict";
import { test } from "node:test";
import { World, call, startMedic } from "../../test/support/medic-harness.ts";
import type { Medic } from "../../test/support/medic-harness.ts";
import { SECOND } from "../../test/support/stack-pieces.ts";
import type { IncidentStatus } from "../core/incident.ts";
import { decide } from "../core/plan.ts";
import type { Decision } from "../core/plan.ts";
import type { Policy } from "../core/policy.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { keyOf } from "../core/stack.ts";
import type { ActionResult } from "./ports.ts";
import { MedicError } from "../lib/medic-error.ts";

const key = keyOf({ namespace: "ci-1", client: "0" });

/** A stack that came up, whose server's image was then changed to one that does not exist. */
async function brokenStack(): Promise<World> {
  const world = new World();
  world.kubernetes.deploy();
  await world.live(10);
  assert.ok(world.kubernetes.isReady());
  world.kubernetes.breakImage();
  // Its StatefulSet takes the ready pod away and the new one gets stuck.
  await world.live(6);
  return world;
}

interface Recorded {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  readonly decision: Decision;
}

const statusOf = (world: World): IncidentStatus => {
  const [incident, ...more] = world.incidents.all();
  assert.equal(more.length, 0);
  return incident!.status;
};

test("a bad image is repaired end to end: the declared template, then the stuck pod, then it must hold", async () => {
  const world = await brokenStack();
  const medic = startMedic(world);

  await medic.round();
  assert.equal(statusOf(world).phase, "Verifying");
  assert.deepEqual(world.kubernetes.writes, ["reconcile-to-intent StatefulSet/server-0"]);
  assert.equal(world.kubernetes.imageOf(), "farm.test/server:1");

  await world.live(5, medic);
  assert.deepEqual(world.kubernetes.writes, [
    "reconcile-to-intent StatefulSet/server-0",
    "restart-pod Pod/server-0-0",
  ]);
  await world.live(5, medic);
  assert.ok(world.kubernetes.isReady());
  assert.equal(statusOf(world).phase, "Verifying");

  await world.live(20, medic);
  const { phase, attempts, reason, rootCause, times } = statusOf(world);
  assert.equal(phase, "Resolved");
  assert.equal(reason, "ImageDrift");
  assert.match(rootCause, /"x:bad" → "farm.test\/server:1"/);
  assert.deepEqual(
    attempts.map(({ action, target, outcome }) => [action, target, outcome]),
    [
      ["reconcile-to-intent", "StatefulSet/server-0", "applied"],
      ["replace-stuck-pod", "Pod/server-0-0", "applied"],
    ],
  );
  assert.ok(times.Resolved! - times.Verifying! >= 15 * SECOND);
  assert.deepEqual(world.chat.sends, []);
  assert.deepEqual(medic.errors, []);
});

test("each write is in the audit log before it is made, and again with what came of it", async () => {
  const world = await brokenStack();
  const medic = startMedic(world);
  await world.live(15, medic);
  assert.deepEqual(
    world.audit.entries.map(({ stage, action, result }) => [stage, action, result?.split(":")[0]]),
    [
      ["intent", "reconcile-to-intent", undefined],
      ["outcome", "reconcile-to-intent", "applied"],
      ["intent", "restart-pod", undefined],
      ["outcome", "restart-pod", "applied"],
    ],
  );
  const [intent] = world.audit.entries;
  assert.deepEqual(
    [intent!.run, intent!.namespace, intent!.client, intent!.incident, intent!.actor],
    ["4711", "ci-1", "0", world.incidents.all()[0]!.name, "playbook"],
  );
  assert.equal(intent!.decision.allowed, true);
  assert.equal(JSON.stringify(intent!.arguments).includes("expect"), false);
});

test("the decision behind each write is recorded, and deciding it again gives the same", async () => {
  const world = await brokenStack();
  await world.live(15, startMedic(world));
  assert.equal(world.decisions.length, 2);
  for (const recorded of world.decisions) {
    const { snapshot, policy, decision } = JSON.parse(JSON.stringify(recorded)) as Recorded;
    assert.deepEqual(JSON.parse(JSON.stringify(decide(snapshot, policy))), decision);
    assert.equal(decision.plan.kind, "remediate");
  }
});

test("nothing is written that cannot be audited: the stack goes to people instead", async () => {
  const world = await brokenStack();
  world.audit.broken = ["intent", "refused", "outcome"];
  const medic = startMedic(world);
  await world.live(5, medic);
  assert.deepEqual(world.kubernetes.writes, []);
  const { phase, rootCause, attempts } = statusOf(world);
  assert.equal(phase, "Escalated");
  assert.match(rootCause, /the audit log cannot be written \(no space left on device\)/);
  assert.deepEqual(
    attempts.map(({ outcome }) => outcome),
    ["refused"],
  );
  assert.equal(world.chat.shown.size, 1);
});

test("a write whose outcome cannot be audited is known from the cluster, and nothing more is written", async () => {
  const world = await brokenStack();
  world.audit.broken = ["outcome"];
  const medic = startMedic(world);
  await medic.round();
  assert.equal(medic.errors.length, 1);
  world.audit.broken = ["intent", "refused", "outcome"];
  await world.live(5, medic);
  assert.deepEqual(world.kubernetes.writes, ["reconcile-to-intent StatefulSet/server-0"]);
  assert.equal(statusOf(world).phase, "Escalated");
  assert.equal(world.chat.shown.size, 1);
});

/** A medic between whose two looks something happens. */
function startMedicWith(world: World, happens: () => void): Medic {
  let looks = 0;
  return startMedic(world, {
    cluster: (own) => ({
      gather: async (stack, given) => {
        looks += 1;
        if (looks === 2) happens();
        return own.gather(stack, given);
      },
    }),
  });
}

/** A medic whose n-th write, counted from 1, goes like this. */
function startMedicWriting(
  world: World,
  write: (nth: number, own: () => Promise<ActionResult>) => Promise<ActionResult>,
): Medic {
  let nth = 0;
  return startMedic(world, {
    cluster: (own) => ({
      execute: async (action, snapshot, given) => {
        nth += 1;
        return write(nth, async () => own.execute(action, snapshot, given));
      },
    }),
  });
}

const lost = new MedicError("kube-api", "no answer");

const meanwhile: Record<string, readonly [(world: World) => void, string]> = {
  "its tests have started": [
    (world) => world.kubernetes.change({ testsStarted: true }),
    "tests have started",
  ],
  "somebody has paused it": [(world) => world.kubernetes.changeNamespace({ paused: "Ann" }), "hands off"],
  "its namespace is going": [
    (world) => world.kubernetes.changeNamespace({ terminating: true }),
    "is being deleted",
  ],
  "its template changed again": [(world) => world.kubernetes.breakImage("x:worse"), "no longer what"],
  "its namespace is gone": [(world) => world.kubernetes.removeNamespace(), "stack is gone"],
};
for (const [what, [happens, why]] of Object.entries(meanwhile)) {
  test(`right before the write the stack is read again: when ${what}, nothing is written`, async () => {
    const world = await brokenStack();
    const medic = startMedicWith(world, () => happens(world));
    await medic.round();
    assert.deepEqual(world.kubernetes.writes, []);
    const [refused] = world.audit.entries;
    assert.equal(refused?.stage, "refused");
    assert.match(refused.decision.why, new RegExp(why));
    assert.equal(statusOf(world).attempts[0]?.outcome, "refused");
    assert.deepEqual(medic.errors, []);
  });
}

test("a template that changed again is repaired at the next look", async () => {
  const world = await brokenStack();
  const medic = startMedicWith(world, () => world.kubernetes.breakImage("x:worse"));
  await world.live(40, medic);
  assert.equal(statusOf(world).phase, "Resolved");
});

test("a write that meets a change is not made, and tried again on what is there now", async () => {
  const world = await brokenStack();
  const medic = startMedicWriting(world, async (nth, write) => {
    if (nth === 1) world.kubernetes.change({ partition: 0 });
    return write();
  });
  await medic.round();
  assert.deepEqual(world.kubernetes.writes, []);
  assert.equal(statusOf(world).attempts[0]?.outcome, "failed");
  assert.match(statusOf(world).attempts[0]!.detail, /changed meanwhile/);
  await world.live(40, medic);
  assert.equal(statusOf(world).phase, "Resolved");
});

test("a write that the API server refuses three times goes to people", async () => {
  const world = await brokenStack();
  const medic = startMedicWriting(world, async () => ({ outcome: "failed", detail: "forbidden by policy" }));
  await world.live(10, medic);
  const { phase, reason, rootCause, attempts } = statusOf(world);
  assert.deepEqual([phase, reason, attempts.length], ["Escalated", "RepairRefused", 3]);
  assert.match(rootCause, /failed 3 times: .*forbidden by policy$/);
  assert.equal(world.chat.shown.size, 1);
});

test("an intent that was met by somebody else is as good as met", async () => {
  const world = await brokenStack();
  const medic = startMedicWriting(world, async () => ({ outcome: "already", detail: "" }));
  await medic.round();
  assert.equal(statusOf(world).phase, "Verifying");
  assert.equal(statusOf(world).attempts[0]?.outcome, "already");
});

test("a write whose answer was lost is not repeated when it took effect", async () => {
  const world = await brokenStack();
  const medic = startMedicWriting(world, async (nth, write) => {
    const result = await write();
    if (nth <= 2) throw lost;
    return result;
  });
  await world.live(40, medic);
  assert.deepEqual(world.kubernetes.writes, [
    "reconcile-to-intent StatefulSet/server-0",
    "restart-pod Pod/server-0-0",
  ]);
  const { phase, attempts } = statusOf(world);
  assert.equal(phase, "Resolved");
  assert.deepEqual(
    attempts.map(({ outcome }) => outcome),
    ["applied", "applied"],
  );
  assert.deepEqual(
    world.audit.entries.map(({ stage }) => stage),
    ["intent", "outcome", "intent", "outcome"],
  );
});

test("a write whose answer was lost and that took no effect is made again", async () => {
  const world = await brokenStack();
  const medic = startMedicWriting(world, async (nth, write) => {
    if (nth === 1) throw lost;
    return write();
  });
  await world.live(40, medic);
  const { phase, attempts } = statusOf(world);
  assert.equal(phase, "Resolved");
  assert.deepEqual(
    attempts.map(({ outcome }) => outcome),
    ["failed", "applied", "applied"],
  );
});

test("another medic that handed the stack over a moment ago has the last word", async () => {
  const world = await brokenStack();
  const medic = startMedic(world, {
    incidents: (own) => ({
      create: async (name, spec, status, given) => {
        await own.create(name, spec, status, given);
        world.incidents.changeBehind(name, (known) => ({ ...known, phase: "Escalated" }));
        return { incident: (await own.read(name, given))!, created: false };
      },
    }),
  });
  assert.equal(await medic.stacks.reconcile(key, call), SECOND);
  assert.deepEqual(world.kubernetes.writes, []);
});

test("a repair that comes back is not repeated: people hear of it, once", async () => {
  const world = await brokenStack();
  const medic = startMedic(world);
  await world.live(12, medic);
  assert.ok(world.kubernetes.isReady());
  world.kubernetes.breakImage();
  await world.live(60, medic);
  const { phase, reason, rootCause } = statusOf(world);
  assert.deepEqual([phase, reason], ["Escalated", "RepairDidNotHold"]);
  assert.match(rootCause, /has come back/);
  assert.equal(world.kubernetes.writes.length, 2);
  assert.equal(world.chat.shown.size, 1);
});

test("a drift that comes back after its repair was called one is a new outage, and is not repaired again either", async () => {
  const world = await brokenStack();
  const medic = startMedic(world);
  await world.live(40, medic);
  assert.equal(statusOf(world).phase, "Resolved");
  world.kubernetes.breakImage();
  await world.live(30, medic);
  const [first, second, ...more] = world.incidents.all();
  assert.equal(more.length, 0);
  assert.equal(first!.status.phase, "Resolved");
  assert.equal(second!.status.phase, "Escalated");
  assert.equal(world.kubernetes.writes.length, 2);
  assert.equal(world.chat.shown.size, 1);
});

test("a stack that nobody broke gets no write, no incident, no message and no record", async () => {
  const world = new World();
  world.kubernetes.deploy();
  const medic = startMedic(world);
  await world.live(60, medic);
  assert.ok(world.kubernetes.isReady());
  assert.deepEqual(
    [world.kubernetes.writes.length, world.incidents.all().length, world.chat.sends.length],
    [0, 0, 0],
  );
  assert.deepEqual([world.audit.entries.length, world.decisions.length, medic.errors.length], [0, 0, 0]);
});

test("replicas scaled to nothing are restored", async () => {
  const world = new World();
  world.kubernetes.deploy();
  await world.live(10);
  world.kubernetes.change({ replicas: 0 });
  await world.live(60, startMedic(world));
  assert.ok(world.kubernetes.isReady());
  assert.deepEqual(world.kubernetes.writes, ["reconcile-to-intent StatefulSet/server-0"]);
  assert.equal(statusOf(world).phase, "Resolved");
});

test("two medics that live side by side repair a stack once between them", async () => {
  const world = await brokenStack();
  const [one, two] = [startMedic(world), startMedic(world)];
  const both = { round: async () => void (await Promise.all([one.round(), two.round()])) };
  await world.live(60, both);
  assert.ok(world.kubernetes.isReady());
  assert.deepEqual(world.kubernetes.writes, [
    "reconcile-to-intent StatefulSet/server-0",
    "restart-pod Pod/server-0-0",
  ]);
  assert.equal(statusOf(world).phase, "Resolved");
  assert.deepEqual(world.chat.sends, []);
});

test("an action does not count against itself when it is asked about a second time", async () => {
  const world = await brokenStack();
  await world.live(40, startMedic(world, { policy: { maxActionsPerStack: 1 } }));
  assert.equal(statusOf(world).phase, "Resolved");
});
