import assert from "node:assert/strict";
import { test } from "node:test";
import { World, call, startMedic } from "../../test/support/medic-harness.ts";
import type { Medic } from "../../test/support/medic-harness.ts";
import { SECOND } from "../../test/support/stack-pieces.ts";
import type { Incident } from "../core/incident.ts";
import { keyOf } from "../core/stack.ts";

const key = keyOf({ namespace: "ci-1", client: "0" });

async function deployed(): Promise<World> {
  const world = new World();
  world.kubernetes.deploy();
  await world.live(10);
  return world;
}

/** Repaired and ready; what is left is that it holds. */
async function verifying(): Promise<{ world: World; medic: Medic }> {
  const world = await deployed();
  world.kubernetes.breakImage();
  await world.live(6);
  const medic = startMedic(world);
  await world.live(10, medic);
  assert.equal(only(world).status.phase, "Verifying");
  assert.ok(only(world).status.readySince !== undefined);
  return { world, medic };
}

function only(world: World): Incident {
  const [incident, ...more] = world.incidents.all();
  assert.equal(more.length, 0);
  return incident!;
}

test("a ready stack is looked at again when something changes", async () => {
  const world = await deployed();
  assert.equal(await startMedic(world).stacks.reconcile(key, call), undefined);
});

test("a stack that is coming up is looked at again when its debounce runs out", async () => {
  const world = new World();
  world.kubernetes.deploy();
  world.kubernetes.registry.delete("farm.test/server:1");
  world.kubernetes.nodes = [];
  await world.live(2);
  const again = await startMedic(world).stacks.reconcile(key, call);
  assert.ok(again !== undefined && again > 0 && again <= 20 * SECOND);
});

test("a stack that is gone is nobody's", async () => {
  const world = new World();
  assert.equal(await startMedic(world).stacks.reconcile(key, call), undefined);
});

test("after a repair the stack is looked at until it has held", async () => {
  const { world, medic } = await verifying();
  const again = await medic.stacks.reconcile(key, call);
  assert.ok(again !== undefined && again > 0 && again <= 15 * SECOND);
  await world.clock.step(again);
  assert.equal(await medic.stacks.reconcile(key, call), undefined);
  assert.equal(only(world).status.phase, "Resolved");
  assert.equal(world.counts.get("closed Resolved ImageDrift"), 1);
});

test("a relapse begins the time anew", async () => {
  const { world, medic } = await verifying();
  const since = only(world).status.readySince!;
  world.kubernetes.change({ replicas: 2, intent: {} });
  await world.live(1, medic);
  assert.equal(only(world).status.readySince, undefined);
  await world.live(4, medic);
  assert.ok(world.kubernetes.isReady());
  assert.ok(only(world).status.readySince! > since);
  await world.live(11, medic);
  assert.equal(only(world).status.phase, "Verifying");
  await world.live(10, medic);
  assert.equal(only(world).status.phase, "Resolved");
});

test("while it verifies it writes the incident once, not at every look", async () => {
  const { world, medic } = await verifying();
  const before = only(world).resourceVersion;
  await world.live(3, medic);
  assert.equal(only(world).resourceVersion, before);
});

test("what is ready and closed already stays closed", async () => {
  const { world, medic } = await verifying();
  const name = only(world).name;
  world.incidents.changeBehind(name, (status) => ({ ...status, phase: "Gone" }));
  await medic.stacks.reconcile(key, call);
  assert.equal(only(world).status.phase, "Gone");
  world.kubernetes.testsBegin();
  await medic.stacks.reconcile(key, call);
  assert.equal(only(world).status.phase, "Gone");
});

test("the tests that start end the watch: resolved when the stack is ready", async () => {
  const { world, medic } = await verifying();
  world.kubernetes.testsBegin();
  await world.live(1, medic);
  assert.equal(only(world).status.phase, "Resolved");
});

test("a server that falls over once its tests have started is a result, whatever it has drifted to", async () => {
  const world = await deployed();
  world.kubernetes.testsBegin();
  world.kubernetes.breakImage();
  await world.live(120, startMedic(world));
  assert.equal(world.kubernetes.isReady(), false);
  assert.deepEqual([world.kubernetes.writes, world.incidents.all(), world.chat.sends], [[], [], []]);
});

test("an incident whose namespace vanished, or is no longer watched, is over", async () => {
  for (const happens of [
    (world: World) => world.kubernetes.removeNamespace(),
    (world: World) => world.kubernetes.changeNamespace({ watched: false }),
  ]) {
    const { world, medic } = await verifying();
    happens(world);
    await world.live(2, medic);
    assert.equal(only(world).status.phase, "Gone");
    assert.deepEqual(medic.errors, []);
  }
});

test("a stack that vanishes between the caches and the read is over too", async () => {
  const world = await deployed();
  world.kubernetes.breakImage();
  await world.live(6);
  const medic = startMedic(world, {
    cluster: (own) => ({
      gather: async (stack, given) => {
        world.kubernetes.removeNamespace();
        return own.gather(stack, given);
      },
    }),
  });
  assert.equal(await medic.stacks.reconcile(key, call), undefined);
  assert.deepEqual(world.incidents.all(), []);
});

test("a paused stack is left alone until the pause ends", async () => {
  const world = await deployed();
  world.kubernetes.changeNamespace({ paused: "Ann: looking" });
  world.kubernetes.breakImage();
  const medic = startMedic(world);
  await world.live(30, medic);
  assert.deepEqual([world.kubernetes.writes, world.incidents.all()], [[], []]);
  const { paused: _, ...namespace } = world.kubernetes.read(
    { namespace: "ci-1", client: "0" },
    false,
  )!.namespace;
  world.kubernetes.setNamespace(namespace);
  await world.live(40, medic);
  assert.equal(only(world).status.phase, "Resolved");
});

test("while the API server does not answer nothing is decided, and afterwards it is", async () => {
  const world = await deployed();
  world.kubernetes.breakImage();
  await world.live(6);
  let away = true;
  const medic = startMedic(world, {
    cluster: (own) => ({
      gather: async (stack, given) => {
        if (away) throw new Error("no answer");
        return own.gather(stack, given);
      },
    }),
  });
  await world.live(3, medic);
  assert.equal(medic.errors.length, 3);
  assert.deepEqual([world.kubernetes.writes, world.incidents.all()], [[], []]);
  away = false;
  await world.live(40, medic);
  assert.equal(only(world).status.phase, "Resolved");
});

test("one decision is told once, not at every look", async () => {
  const world = await deployed();
  world.kubernetes.nodes = world.kubernetes.nodes.map((node) => ({ ...node, unschedulable: true }));
  world.kubernetes.registry.delete("farm.test/server:1");
  const medic = startMedic(world);
  await world.live(5, medic);
  const lines = medic.logLines.filter(({ message }) => message === "decided");
  assert.equal(new Set(lines.map(({ fields }) => JSON.stringify(fields))).size, lines.length);
});

test("an attempt of a medic that died is settled also when the stack became ready meanwhile", async () => {
  const { world } = await verifying();
  const { name } = only(world);
  world.incidents.changeBehind(name, (status) => ({
    ...status,
    attempts: status.attempts.map((attempt) => ({ ...attempt, outcome: "pending" })),
  }));
  world.audit.entries.length = 0;
  await startMedic(world).round();
  assert.deepEqual(
    only(world).status.attempts.map(({ outcome }) => outcome),
    ["applied", "applied"],
  );
  assert.deepEqual(
    world.audit.entries.map(({ stage, action, result }) => [stage, action, result]),
    [
      ["outcome", "reconcile-to-intent", "applied: found so in the cluster"],
      ["outcome", "restart-pod", "applied: found so in the cluster"],
    ],
  );
});

test("what was begun is settled though the audit log cannot be written, and though the incident is gone", async () => {
  for (const gone of [false, true]) {
    const { world } = await verifying();
    const { name } = only(world);
    world.incidents.changeBehind(name, (status) => ({
      ...status,
      attempts: status.attempts.map((attempt) => ({ ...attempt, outcome: "pending" })),
    }));
    world.audit.broken = ["outcome"];
    const medic = startMedic(world);
    if (gone) world.incidents.byName.delete(name);
    await medic.stacks.reconcile(key, call);
    assert.deepEqual(medic.errors, []);
    assert.equal(world.incidents.all().length, gone ? 0 : 1);
  }
});
