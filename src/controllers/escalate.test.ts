import assert from "node:assert/strict";
import { test } from "node:test";
import { World, startMedic } from "../../test/support/medic-harness.ts";
import { MINUTE } from "../../test/support/stack-pieces.ts";
import type { Incident } from "../core/incident.ts";
import { messageIdOf } from "../core/message-id.ts";
import { wouldHave } from "../core/totals.ts";

/** Stacks that came up, whose declared server image then went from the registry. */
async function hopeless(stacks = 1, broken = stacks): Promise<World> {
  const world = new World();
  for (let client = 0; client < stacks; client += 1) world.kubernetes.deploy("ci-1", String(client));
  await world.live(10);
  for (let client = 0; client < broken; client += 1)
    world.kubernetes.breakImage("x:bad", "server", "ci-1", String(client));
  for (let client = 0; client < broken; client += 1)
    world.kubernetes.change({ intent: {} }, "server", "ci-1", String(client));
  await world.live(6);
  return world;
}

function only(world: World): Incident {
  const [incident, ...more] = world.incidents.all();
  assert.equal(more.length, 0);
  return incident!;
}

test("what is beyond the playbook becomes one incident and one message, then the stack is left alone", async () => {
  const world = await hopeless();
  const medic = startMedic(world);
  await world.live(300, medic);
  const { name, spec, status } = only(world);
  assert.equal(status.phase, "Escalated");
  assert.equal(status.reason, "ImageNotFound");
  assert.match(status.rootCause, /x:bad.*declares no intent/);
  assert.deepEqual(world.chat.sends, [messageIdOf(name, spec.statefulSetUid)]);
  const message = world.chat.shown.get(world.chat.sends[0]!)!;
  assert.deepEqual(
    [message.runId, message.namespace, message.client, message.stack, message.reason],
    ["4711", "ci-1", "0", "server-0 (pod server-0-0)", "ImageNotFound"],
  );
  assert.deepEqual(world.kubernetes.writes, []);
  assert.equal(world.decisions.length, 1);
  assert.equal(world.counts.get("closed Escalated ImageNotFound"), 1);
  assert.deepEqual(medic.errors, []);
});

test("a stack that recovers after it was handed over stays with people", async () => {
  const world = await hopeless();
  const medic = startMedic(world);
  await world.live(3, medic);
  world.kubernetes.registry.add("x:bad");
  await world.live(60, medic);
  assert.ok(world.kubernetes.isReady());
  assert.equal(only(world).status.phase, "Escalated");
  assert.equal(world.chat.sends.length, 1);
});

test("the incident says that a model would have been asked, where there is none and people are not needed", async () => {
  const world = await hopeless();
  await world.live(3, startMedic(world));
  assert.equal(only(world).status.wouldInvestigate, true);
  const storm = await hopeless(7, 6);
  await storm.live(60, startMedic(storm));
  for (const { status } of storm.incidents.all()) assert.equal(status.wouldInvestigate, undefined);
});

test("in observe mode the repair is told, audited as refused, and not made", async () => {
  const world = new World();
  world.kubernetes.deploy();
  await world.live(10);
  world.kubernetes.breakImage();
  await world.live(6);
  await world.live(5, startMedic(world, { policy: { mode: "observe" } }));
  const { status } = only(world);
  assert.deepEqual([status.phase, status.reason], ["Escalated", "ImageDrift"]);
  assert.deepEqual(
    status.attempts.map(({ outcome, detail }) => [outcome, detail.slice(0, 20)]),
    [["observed", "would have done: tem"]],
  );
  assert.deepEqual(world.kubernetes.writes, []);
  assert.deepEqual(
    world.audit.entries.map(({ stage, decision }) => [stage, decision.allowed]),
    [["refused", false]],
  );
  assert.equal(status.wouldInvestigate, undefined);
  assert.equal(wouldHave(only(world)), "repair-tier1");
  assert.equal(world.counts.get("refused reconcile-to-intent ObserveOnly"), 1);
  assert.match(world.chat.shown.values().next().value!.attempts[0]!.detail, /^would have done: /);
});

test("a repair that may not be made is told with the reason, also when the audit log cannot be written", async () => {
  const world = new World();
  world.kubernetes.deploy();
  await world.live(10);
  world.kubernetes.breakImage();
  await world.live(6);
  world.audit.broken = ["refused"];
  await world.live(3, startMedic(world, { policy: { maxActionsPerStack: 0 } }));
  const { status } = only(world);
  assert.deepEqual([status.phase, status.reason], ["Escalated", "RepairRefused"]);
  assert.match(status.attempts[0]!.detail, /had all the actions/);
  assert.equal(status.attempts[0]!.outcome, "refused");
  assert.equal(world.chat.shown.size, 1);
});

test("many stacks with the same trouble at once: one message for the farm, and nothing is done", async () => {
  const world = await hopeless(7, 6);
  const medic = startMedic(world);
  await world.live(60, medic);
  assert.deepEqual(world.kubernetes.writes, []);
  assert.equal(world.chat.shown.size, 1);
  const [message] = [...world.chat.shown.values()];
  assert.match(message!.rootCause, /^6 of 7 watched stacks have ImageNotFound at once/);
  assert.equal(world.counts.get("closed Escalated Storm"), 1);
  const storm = world.incidents.all().find(({ spec }) => spec.client === "*")!;
  const others = world.incidents.all().filter((incident) => incident !== storm);
  assert.equal(others.length, 6);
  for (const { status } of others) {
    assert.equal(status.phase, "Escalated");
    assert.equal(status.escalation?.channel, `with ${storm.name}`);
    assert.notEqual(status.escalation.sentAt, undefined);
  }
  assert.deepEqual(medic.errors, []);
});

test("fewer stacks than a storm get a message each", async () => {
  const world = await hopeless(7, 4);
  await world.live(5, startMedic(world));
  assert.equal(world.chat.shown.size, 4);
});

test("a stack that joins a storm later is in its message; after the storm's time it gets one of its own storm", async () => {
  const world = await hopeless(8, 5);
  const medic = startMedic(world);
  await world.live(3, medic);
  assert.equal(world.chat.shown.size, 1);
  const breakOne = (client: string): void => {
    world.kubernetes.breakImage("x:bad", "server", "ci-1", client);
    world.kubernetes.change({ intent: {} }, "server", "ci-1", client);
  };
  breakOne("5");
  await world.live(10, medic);
  assert.equal(world.chat.shown.size, 1);
  assert.equal(world.incidents.all().length, 7);
  await world.clock.step(31 * MINUTE);
  breakOne("6");
  await world.live(10, medic);
  assert.equal(world.chat.shown.size, 2);
});

test("a storm's message is not counted as sent by whoever finds it half made", async () => {
  const world = await hopeless(6, 6);
  const first = startMedic(world);
  await world.live(1, first);
  const storm = world.incidents.all().find(({ spec }) => spec.client === "*")!;
  world.chat.shown.clear();
  world.incidents.changeBehind(storm.name, (status) => ({
    ...status,
    phase: "Detected",
    escalation: undefined as never,
  }));
  for (const incident of world.incidents.all())
    if (incident.spec.client === "5") world.incidents.byName.delete(incident.name);
  await world.live(5, startMedic(world));
  assert.equal(world.chat.shown.size, 1);
});

test("two medics that live side by side hand a stack over once between them", async () => {
  const world = await hopeless();
  const [one, two] = [startMedic(world), startMedic(world)];
  const both = { round: async () => void (await Promise.all([one.round(), two.round()])) };
  await world.live(10, both);
  assert.equal(only(world).status.phase, "Escalated");
  assert.equal(world.chat.shown.size, 1);
  assert.deepEqual([...one.errors, ...two.errors], []);
});

test("a stack that another medic handed over between the look and the record is not handed over again", async () => {
  const world = await hopeless();
  const medic = startMedic(world, {
    incidents: (own) => ({
      create: async (name, spec, status, given) => {
        await own.create(name, spec, status, given);
        const escalation = { messageId: "theirs", events: [], sentAt: 1 };
        world.incidents.changeBehind(name, (known) => ({ ...known, phase: "Escalated", escalation }));
        return { incident: (await own.read(name, given))!, created: false };
      },
    }),
  });
  await world.live(3, medic);
  assert.equal(only(world).status.escalation?.messageId, "theirs");
  assert.deepEqual([world.chat.sends, world.decisions], [[], []]);
});

test("a stack that another medic handed over just before the record is written stays as it is", async () => {
  const world = await hopeless();
  let first = true;
  const medic = startMedic(world, {
    incidents: (own) => ({
      update: async (incident, status, given) => {
        const escalation = { messageId: "theirs", events: [], sentAt: 1 };
        if (first)
          world.incidents.changeBehind(incident.name, (known) => ({
            ...known,
            phase: "Escalated",
            escalation,
          }));
        first = false;
        return own.update(incident, status, given);
      },
    }),
  });
  await world.live(3, medic);
  assert.equal(only(world).status.escalation?.messageId, "theirs");
  assert.deepEqual(world.chat.sends, []);
});

test("a refusal to store the incident keeps the stack from being forgotten: it is tried again", async () => {
  const world = await hopeless();
  let refusals = 0;
  const medic = startMedic(world, {
    incidents: (own) => ({
      update: async (...given) => {
        refusals += 1;
        if (refusals <= 2) throw new Error("no answer");
        return own.update(...given);
      },
    }),
  });
  await world.live(5, medic);
  assert.ok(medic.errors.length > 0);
  assert.equal(only(world).status.phase, "Escalated");
  assert.equal(world.chat.shown.size, 1);
});
