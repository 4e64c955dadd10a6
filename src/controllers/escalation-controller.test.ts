import assert from "node:assert/strict";
import { test } from "node:test";
import { World, call, startMedic } from "../../test/support/medic-harness.ts";
import type { Medic } from "../../test/support/medic-harness.ts";
import { MINUTE, SECOND } from "../../test/support/stack-pieces.ts";
import type { Incident } from "../core/incident.ts";
import { MedicError } from "../lib/medic-error.ts";

const away = new MedicError("chat", "connect refused");

/** An incident that was handed over and whose message is owed. */
async function owing(): Promise<{ world: World; medic: Medic; name: string }> {
  const world = new World();
  const { incident } = await startMedic(world).incidents.create(
    "ci-1-0-abc-1",
    {
      namespace: "ci-1",
      client: "0",
      runId: "4711",
      statefulSet: "server-0",
      statefulSetUid: "abc",
      pod: "",
    },
    {
      phase: "Escalated",
      tier: 1,
      reason: "ImageNotFound",
      rootCause: "no image",
      findings: [],
      attempts: [],
      escalation: { messageId: "0123456789abcdefg", events: ["an event"] },
      times: {},
    },
    call,
  );
  return { world, medic: startMedic(world), name: incident.name };
}

const only = (world: World): Incident => world.incidents.all()[0]!;

test("an owed message is sent, and that is noted", async () => {
  const { world, medic, name } = await owing();
  assert.deepEqual(medic.escalations.owed(), [name]);
  await medic.escalations.deliver(name, call);
  const at = world.clock.now();
  assert.deepEqual(only(world).status.escalation, {
    messageId: "0123456789abcdefg",
    events: ["an event"],
    channel: "#builds",
    sentAt: at,
  });
  assert.deepEqual(medic.escalations.owed(), []);
  assert.equal(world.counts.get("escalated sent"), 1);
});

test("a chat that is away gets it later: after two seconds, four, eight, at most a minute", async () => {
  const { world, medic, name } = await owing();
  world.chat.down = away;
  let waited = 0;
  for (const pause of [2, 4, 8, 16, 32, 60, 60]) {
    assert.deepEqual(medic.escalations.owed(), [name], `after ${waited} s`);
    await medic.escalations.deliver(name, call);
    assert.equal(only(world).status.escalation?.lastError, "connect refused");
    await world.clock.step(pause * SECOND - 1);
    assert.deepEqual(medic.escalations.owed(), []);
    await medic.escalations.deliver(name, call);
    await world.clock.step(1);
    waited += pause;
  }
  world.chat.down = undefined;
  await medic.escalations.deliver(name, call);
  const { lastError, sentAt } = only(world).status.escalation!;
  assert.deepEqual([lastError, sentAt], [undefined, world.clock.now()]);
  assert.equal(world.chat.sends.length, 1);
  assert.equal(world.counts.get("escalated failed"), 7);
});

test("the same error is noted once, so a chat that is away for long is no flood of writes", async () => {
  const { world, medic, name } = await owing();
  world.chat.down = away;
  await medic.escalations.deliver(name, call);
  const { resourceVersion } = only(world);
  await world.clock.step(2 * SECOND);
  await medic.escalations.deliver(name, call);
  assert.equal(only(world).resourceVersion, resourceVersion);
});

test("a service that says when to come back is not asked before", async () => {
  const { world, medic, name } = await owing();
  world.chat.down = Object.assign(new MedicError("chat", "429"), { retryAfterMs: MINUTE });
  await medic.escalations.deliver(name, call);
  await world.clock.step(MINUTE - 1);
  assert.deepEqual(medic.escalations.owed(), []);
  await world.clock.step(1);
  assert.deepEqual(medic.escalations.owed(), [name]);
});

test("what trying again cannot help is tried again rarely: somebody may put it right", async () => {
  const { world, medic, name } = await owing();
  world.chat.down = new MedicError("chat", "no such channel", { retriable: false });
  await medic.escalations.deliver(name, call);
  await world.clock.step(5 * MINUTE - 1);
  assert.deepEqual(medic.escalations.owed(), []);
  await world.clock.step(1);
  assert.deepEqual(medic.escalations.owed(), [name]);
});

test("an error that is no MedicError is tried again as well", async () => {
  const { world, medic, name } = await owing();
  world.chat.down = new Error("bug") as MedicError;
  await medic.escalations.deliver(name, call);
  await world.clock.step(2 * SECOND);
  assert.deepEqual(medic.escalations.owed(), [name]);
});

test("a service that had the message already is believed", async () => {
  const { world, medic, name } = await owing();
  world.chat.shown.set("0123456789abcdefg", {} as never);
  await medic.escalations.deliver(name, call);
  assert.notEqual(only(world).status.escalation?.sentAt, undefined);
  assert.equal(world.counts.get("escalated duplicate"), 1);
});

test("nothing is sent for an incident that nobody handed over, that was sent, or that is gone", async () => {
  const { world, medic, name } = await owing();
  await medic.escalations.deliver("unknown", call);
  world.incidents.changeBehind(name, (status) => ({
    ...status,
    escalation: { ...status.escalation!, sentAt: 1 },
  }));
  await medic.escalations.deliver(name, call);
  world.incidents.changeBehind(name, (status) => ({ ...status, phase: "Resolved" }));
  await medic.escalations.deliver(name, call);
  medic.incidents.sync();
  assert.deepEqual(medic.escalations.owed(), []);
  await medic.escalations.deliver(name, call);
  const gone = await owing();
  gone.world.incidents.byName.clear();
  await gone.medic.escalations.deliver(gone.name, call);
  assert.deepEqual([world.chat.sends, gone.world.chat.sends], [[], []]);
});

test("an incident that lost its outbox is sent with the id that it always has", async () => {
  const { world, medic, name } = await owing();
  world.incidents.changeBehind(name, (status) => ({ ...status, escalation: undefined as never }));
  medic.incidents.sync();
  await medic.escalations.deliver(name, call);
  const { messageId, events } = only(world).status.escalation!;
  assert.match(messageId, /^[0-9a-z]{17}$/);
  assert.deepEqual(events, []);
  assert.deepEqual(world.chat.sends, [messageId]);
});

test("a note that meets another change is made on what is there now", async () => {
  const { world, medic, name } = await owing();
  const sending = medic.escalations.deliver(name, call);
  world.incidents.changeBehind(name, (status) => ({ ...status, rootCause: "told by another medic" }));
  await sending;
  const { rootCause, escalation } = only(world).status;
  assert.equal(rootCause, "told by another medic");
  assert.notEqual(escalation?.sentAt, undefined);
});
