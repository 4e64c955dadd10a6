import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CrashSignal, Seam } from "../../test/support/fake-ports.ts";
import { World, completed, startMedic } from "../../test/support/medic-harness.ts";
import type { MedicOptions } from "../../test/support/medic-harness.ts";

/**
 * The medic dies at every call of every port, before it took effect and after, and another one starts on what is stored.
 * Asked of Kubernetes, the stored incidents and the chat service: never of the medic.
 */

interface Scenario {
  readonly prepare: () => Promise<World>;
  /** How long it takes until nothing more happens, in seconds. */
  readonly seconds: number;
  readonly check: (world: World, deaths: number) => void;
  readonly options?: MedicOptions;
}

async function deployed(stacks = 1): Promise<World> {
  const world = new World();
  for (let client = 0; client < stacks; client += 1) world.kubernetes.deploy("ci-1", String(client));
  await world.live(10);
  return world;
}

async function cordonedOut(): Promise<World> {
  const world = new World();
  world.kubernetes.nodes = world.kubernetes.nodes.map((node) => ({ ...node, unschedulable: true }));
  world.kubernetes.deploy();
  await world.live(18);
  return world;
}

const uncordons: MedicOptions["investigate"] = async ({ hands }, call) => {
  const { nodes } = await hands.look(call);
  hands.showed(nodes.map(({ name }) => name));
  await hands.carryOut({ tool: "uncordon_node", node: "node-1" }, "", call);
  return completed;
};

const concludes: MedicOptions["investigate"] = async ({ hands }, call) => {
  await hands.conclude({ rootCause: "Both nodes are cordoned." }, call);
  return completed;
};

const scenarios: Record<string, Scenario> = {
  "a repair": {
    prepare: async () => {
      const world = await deployed();
      world.kubernetes.breakImage();
      await world.live(6);
      return world;
    },
    seconds: 35,
    check(world) {
      assert.ok(world.kubernetes.isReady());
      assert.deepEqual(world.kubernetes.writes, [
        "reconcile-to-intent StatefulSet/server-0",
        "restart-pod Pod/server-0-0",
      ]);
      const [incident, ...more] = world.incidents.all();
      assert.equal(more.length, 0);
      assert.equal(incident?.status.phase, "Resolved");
      assert.ok(incident.status.attempts.every(({ outcome }) => outcome !== "pending"));
      assert.deepEqual(world.chat.sends, []);
      assertAudited(world);
    },
  },
  "an escalation": {
    prepare: async () => {
      const world = await deployed();
      world.kubernetes.registry.clear();
      world.kubernetes.change({
        template: { ...templateOfServer(world), metadata: { labels: { a: "b" } } },
        intent: {},
      });
      await world.live(6);
      return world;
    },
    seconds: 6,
    check(world, deaths) {
      assert.deepEqual(world.kubernetes.writes, []);
      const [incident, ...more] = world.incidents.all();
      assert.equal(more.length, 0);
      assert.equal(incident?.status.phase, "Escalated");
      assert.notEqual(incident.status.escalation?.sentAt, undefined);
      assert.deepEqual([...world.chat.shown.keys()], [incident.status.escalation?.messageId]);
      assert.ok(world.chat.sends.length <= 1 + deaths);
    },
  },
  "a repair that does not hold": {
    prepare: async () => {
      const world = await deployed();
      world.kubernetes.breakImage();
      await world.live(6);
      world.kubernetes.registry.delete("farm.test/server:1");
      return world;
    },
    seconds: 35,
    check(world) {
      assert.equal(new Set(world.kubernetes.writes).size, world.kubernetes.writes.length);
      assert.equal(world.kubernetes.writes.length, 2);
      const [incident, ...more] = world.incidents.all();
      assert.equal(more.length, 0);
      assert.equal(incident?.status.phase, "Escalated");
      assert.equal(incident.status.reason, "RepairDidNotHold");
      assert.equal(world.chat.shown.size, 1);
      assertAudited(world);
    },
  },
  "an episode that repairs": {
    prepare: cordonedOut,
    options: { investigate: uncordons, policy: { allowNodePatch: true } },
    seconds: 40,
    check(world) {
      assert.ok(world.kubernetes.writes.length <= 1, world.kubernetes.writes.join());
      const [incident, ...more] = world.incidents.all();
      assert.equal(more.length, 0);
      // Died before the write: the episode is lost, and people hear of it. Died after it: the stack has become ready.
      const repaired = world.kubernetes.writes.length === 1;
      assert.equal(world.kubernetes.isReady(), repaired);
      assert.equal(incident?.status.phase, repaired ? "Resolved" : "Escalated");
      assert.equal(world.chat.shown.size, repaired ? 0 : 1);
      assert.ok(incident.status.attempts.every(({ outcome }) => outcome !== "pending"));
      assert.notEqual(incident.status.episode?.outcome, "running");
      assertAudited(world);
    },
  },
  "an episode that hands over": {
    prepare: cordonedOut,
    options: { investigate: concludes },
    seconds: 25,
    check(world, deaths) {
      assert.deepEqual(world.kubernetes.writes, []);
      const [incident, ...more] = world.incidents.all();
      assert.equal(more.length, 0);
      assert.equal(incident?.status.phase, "Escalated");
      assert.deepEqual([...world.chat.shown.keys()], [incident.status.escalation?.messageId]);
      assert.ok(world.chat.sends.length <= 1 + deaths);
      assert.ok(incident.status.episode === undefined || incident.status.episode.outcome !== "running");
    },
  },
  "a storm": {
    prepare: async () => {
      const world = await deployed(5);
      for (let client = 0; client < 5; client += 1)
        world.kubernetes.breakImage("x:bad", "server", "ci-1", String(client));
      await world.live(6);
      return world;
    },
    seconds: 6,
    check(world) {
      assert.deepEqual(world.kubernetes.writes, []);
      const incidents = world.incidents.all();
      assert.equal(incidents.length, 6);
      assert.ok(incidents.every(({ status }) => status.phase === "Escalated"));
      assert.ok(incidents.every(({ status }) => status.escalation?.sentAt !== undefined));
      assert.equal(world.chat.shown.size, 1);
    },
  },
};

function templateOfServer(world: World): { readonly spec: never } {
  const snapshot = world.kubernetes.read({ namespace: "ci-1", client: "0" }, false);
  return snapshot!.statefulSets.find(({ role }) => role === "server")!.template as never;
}

/** Every write was announced before, and what came of it was written down. */
function assertAudited({ audit, kubernetes }: World): void {
  for (const write of kubernetes.writes) {
    const [action, target = ""] = write.split(" ");
    const about = audit.entries.filter(
      (entry) => entry.action === action && JSON.stringify(entry.arguments).includes(target.split("/")[1]!),
    );
    const applied = about.findIndex(({ result }) => result?.startsWith("applied") === true);
    assert.ok(applied > 0, write);
    assert.ok(
      about.slice(0, applied).some(({ stage }) => stage === "intent"),
      write,
    );
  }
}

/** Lives with a medic that dies at these passages of its ports, one after the other; the last one lives on. */
async function liveThrough(
  { prepare, seconds, options }: Scenario,
  crashes: readonly number[],
  downFor: number,
): Promise<World> {
  const world = await prepare();
  for (const crashAt of [...crashes, Infinity]) {
    const seam = new Seam(crashAt);
    const medic = startMedic(world, { ...options, seam });
    await world.live(seconds, medic).catch((error: unknown) => {
      if (!(error instanceof CrashSignal)) throw error;
    });
    assert.deepEqual(seam.crashed ? [] : medic.errors, []);
    if (seam.crashed) await world.live(downFor);
  }
  return world;
}

async function passages(scenario: Scenario): Promise<readonly string[]> {
  const world = await scenario.prepare();
  const seam = new Seam();
  await world.live(scenario.seconds, startMedic(world, { ...scenario.options, seam }));
  scenario.check(world, 0);
  return seam.passed;
}

for (const [what, scenario] of Object.entries(scenarios)) {
  test(`${what} survives the medic's death at every step`, async (context) => {
    const steps = await passages(scenario);
    assert.ok(steps.length >= 10);
    // The steps of a storm's later stacks are those of its first.
    const tried = [...steps.entries()].filter(([index]) => index < 30 || index % 11 === 0);
    for (const [index, step] of tried) {
      const downFor = index % 2 === 0 ? 0 : 3;
      const world = await liveThrough(scenario, [index + 1], downFor);
      try {
        scenario.check(world, 1);
      } catch (error) {
        context.diagnostic(`died at ${index + 1}: ${step}, down for ${downFor} s`);
        throw error;
      }
    }
  });

  test(`${what} survives two deaths in a row`, async () => {
    const crashes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(crashes, fc.constantFrom(0, 1, 30), async (deaths, downFor) => {
        scenario.check(await liveThrough(scenario, deaths, downFor), deaths.length);
      }),
      { numRuns: 8 },
    );
  });
}

test("a medic that dies three times at the same write hands it to people instead of dying for ever", async () => {
  const scenario = scenarios["a repair"]!;
  const world = await scenario.prepare();
  for (let death = 0; death < 10; death += 1) {
    const seam = new Seam();
    const medic = startMedic(world, {
      seam,
      cluster: () => ({
        execute: async () => {
          seam.die();
          throw new CrashSignal("at the write");
        },
      }),
    });
    await world.live(3, medic).catch(() => undefined);
  }
  assert.deepEqual(world.kubernetes.writes, []);
  assert.equal(world.incidents.all()[0]?.status.phase, "Escalated");
  assert.equal(world.chat.shown.size, 1);
});
