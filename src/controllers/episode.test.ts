import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf } from "../core/stack.ts";
import { MedicError } from "../lib/medic-error.ts";
import { CrashSignal, Seam } from "../../test/support/fake-ports.ts";
import { World, call, completed, startMedic } from "../../test/support/medic-harness.ts";
import type { MedicOptions } from "../../test/support/medic-harness.ts";
import type { EpisodeOutcome, Investigation } from "./ports.ts";

type Model = (investigation: Investigation) => Promise<EpisodeOutcome>;

/** All nodes cordoned before the stack comes: no pod of it finds a node. */
async function cordonedFarm(stacks = 1): Promise<World> {
  const world = new World();
  world.kubernetes.nodes = world.kubernetes.nodes.map((node) => ({ ...node, unschedulable: true }));
  for (let client = 0; client < stacks; client += 1) world.kubernetes.deploy("ci-1", String(client));
  await world.live(10);
  return world;
}

function medicWith(world: World, model: Model, options: MedicOptions = {}) {
  return startMedic(world, { investigate: model, policy: { allowNodePatch: true }, ...options });
}

const uncordons: Model = async ({ hands }) => {
  assert.equal(await hands.admit({ tool: "get_nodes", kind: "read", arguments: {} }), undefined);
  const { nodes } = await hands.look(call);
  hands.showed(nodes.filter(({ unschedulable }) => unschedulable).map(({ name }) => name));
  const refused = await hands.admit({
    tool: "uncordon_node",
    kind: "write",
    node: "node-1",
    arguments: { node: "node-1" },
  });
  assert.equal(refused, undefined);
  await hands.carryOut({ tool: "uncordon_node", node: "node-1" }, "the pod waits for it", call);
  return completed;
};

const concludes: Model = async ({ hands }) => {
  await hands.admit({ tool: "rocketchat", kind: "conclude", arguments: {} });
  await hands.conclude({ rootCause: "Somebody cordoned both nodes." }, call);
  return completed;
};

const only = (world: World) => {
  const [incident, ...more] = world.incidents.all();
  assert.equal(more.length, 0, "one incident");
  assert.ok(incident !== undefined);
  return incident;
};

test("an episode that uncordons a node ends in a ready stack, without a message", async () => {
  const world = await cordonedFarm();
  await world.live(70, medicWith(world, uncordons));
  assert.ok(world.kubernetes.isReady());
  assert.deepEqual(world.kubernetes.writes, ["uncordon-node Node/node-1"]);
  const { status } = only(world);
  assert.equal(status.phase, "Resolved");
  assert.equal(status.tier, 2);
  assert.deepEqual(status.episode?.costUsd, 0.07);
  assert.equal(status.episode?.reservedUsd, undefined, "what it cost is known, so nothing is held back");
  assert.deepEqual(status.episode?.tools, ["get_nodes", "uncordon_node"]);
  assert.deepEqual(world.events, [
    "MedicInvestigates: An episode of claude-sonnet-4-6 has begun.",
    "MedicActed: uncordon-node Node/node-1 (by the agent)",
    "MedicResolved: Ready again after NodesCordoned.",
  ]);
  assert.deepEqual(world.chat.sends, []);
});

test("what the model concluded is sent once, with the medic's own finding beside it", async () => {
  const world = await cordonedFarm();
  await world.live(60, medicWith(world, concludes));
  assert.equal(world.chat.sends.length, 1);
  const [message] = world.chat.shown.values();
  assert.match(message!.rootCause, /^Somebody cordoned both nodes\. The medic's own finding: /);
  assert.equal(message!.costUsd, 0.07);
  assert.equal(only(world).status.phase, "Escalated");
});

test("posting twice replaces the conclusion and sends one message", async () => {
  const world = await cordonedFarm();
  const twice: Model = async ({ hands }) => {
    assert.equal(await hands.conclude({ rootCause: "first" }, call), "noted");
    assert.equal(await hands.conclude({ rootCause: "second" }, call), "replaced");
    return completed;
  };
  await world.live(60, medicWith(world, twice));
  assert.equal(world.chat.sends.length, 1);
  assert.match([...world.chat.shown.values()][0]!.rootCause, /^second\./);
});

test("a stack that recovers after the model has concluded leads to no message", async () => {
  const world = await cordonedFarm();
  const recovers: Model = async (investigation) => {
    world.kubernetes.nodes = world.kubernetes.nodes.map((node) => ({ ...node, unschedulable: false }));
    for (let second = 0; second < 6; second += 1) {
      world.kubernetes.tick();
      await world.clock.step(1000);
    }
    return concludes(investigation);
  };
  await world.live(60, medicWith(world, recovers));
  assert.ok(world.kubernetes.isReady());
  assert.equal(only(world).status.phase, "Resolved");
  assert.deepEqual(world.chat.sends, []);
});

const ends: Record<string, Partial<EpisodeOutcome>> = {
  "the turns were used up": { end: "max-turns", turns: 12 },
  "the budget was used up": { end: "budget", costUsd: 0.51 },
  "the deadline came": { end: "deadline", costKnown: false },
  "the model refused": { end: "refusal" },
  "the API failed": { end: "api-error", costUsd: 0 },
  "the agent's process crashed": { end: "crashed", costKnown: false },
  "other tools than the ten were offered": { end: "wrong-tools", turns: 0, costUsd: 0 },
  "the model stopped without a word": { end: "completed" },
};
for (const [name, outcome] of Object.entries(ends)) {
  test(`people hear of it once when ${name}`, async () => {
    const world = await cordonedFarm();
    await world.live(
      90,
      medicWith(world, () => Promise.resolve({ ...completed, ...outcome })),
    );
    assert.equal(world.chat.sends.length, 1);
    assert.deepEqual(world.kubernetes.writes, []);
    const { status } = only(world);
    assert.equal(status.phase, "Escalated");
    assert.equal(status.episode?.outcome, outcome.end);
    assert.match(status.rootCause, /the model had no conclusion|the model refused|no model was asked/);
    assert.equal(status.episode?.reservedUsd, outcome.costKnown === false ? 0.5 : undefined);
  });
}

test("a repair of the model that does not help is escalated once, and says what was tried", async () => {
  const world = await cordonedFarm();
  const inVain: Model = async (investigation) => {
    const outcome = await uncordons(investigation);
    world.kubernetes.nodes = world.kubernetes.nodes.map((node) => ({ ...node, unschedulable: true }));
    return outcome;
  };
  await world.live(120, medicWith(world, inVain));
  assert.deepEqual(world.kubernetes.writes, ["uncordon-node Node/node-1"]);
  assert.equal(world.chat.sends.length, 1);
  const { status } = only(world);
  assert.equal(status.reason, "RepairDidNotHold");
  assert.deepEqual(
    [...world.chat.shown.values()][0]!.attempts.map(({ action, target, by, outcome }) => [
      action,
      target,
      by,
      outcome,
    ]),
    [["uncordon-node", "Node/node-1", "agent", "applied"]],
  );
});

test("one outage has one episode, however long it lasts", async () => {
  const world = await cordonedFarm();
  let episodes = 0;
  const counting: Model = () => {
    episodes += 1;
    return Promise.resolve(completed);
  };
  await world.live(300, medicWith(world, counting));
  assert.equal(episodes, 1);
  assert.equal(world.chat.sends.length, 1);
});

test("the hour's budget bounds the episodes; the stacks beyond it are escalated without one", async () => {
  const world = await cordonedFarm(4);
  let episodes = 0;
  const expensive: Model = () => {
    episodes += 1;
    return Promise.resolve({ ...completed, costUsd: 0.5 });
  };
  await world.live(90, medicWith(world, expensive));
  assert.equal(episodes, 3);
  assert.equal(world.chat.shown.size, 4);
  const outcomes = world.incidents.all().map(({ status }) => status.episode?.outcome ?? "none");
  assert.equal(outcomes.filter((outcome) => outcome === "completed").length, 3);
  assert.equal(outcomes.filter((outcome) => outcome === "no-budget").length, 1);
});

test("the ledger survives a restart and forgets after an hour", async () => {
  const world = await cordonedFarm(3);
  const budget = { hourlyBudgetUsd: 0.5 };
  let episodes = 0;
  const model: Model = () => {
    episodes += 1;
    return Promise.resolve({ ...completed, costUsd: 0.4 });
  };
  await world.live(60, medicWith(world, model, { budget }));
  assert.equal(episodes, 1);
  world.kubernetes.deploy("ci-2", "0");
  await world.live(60, medicWith(world, model, { budget }));
  assert.equal(episodes, 1, "another medic finds what the first has spent");
  await world.clock.step(60 * 60_000);
  world.kubernetes.deploy("ci-3", "0");
  await world.live(60, medicWith(world, model, { budget }));
  assert.equal(episodes, 2);
});

test("a medic that died in an episode does not begin it again, and its cost stays reserved", async () => {
  const world = await cordonedFarm();
  let episodes = 0;
  const seam = new Seam();
  const dies: Model = () => {
    episodes += 1;
    seam.die();
    throw new CrashSignal("in the middle of the episode");
  };
  await assert.rejects(world.live(40, medicWith(world, dies, { seam })), CrashSignal);
  assert.equal(world.incidents.all()[0]?.status.episode?.outcome, "running");
  await world.live(40, medicWith(world, dies));
  assert.equal(episodes, 1);
  const { status } = only(world);
  assert.equal(status.episode?.outcome, "interrupted");
  assert.equal(status.episode?.reservedUsd, 0.5);
  assert.equal(status.phase, "Escalated");
  assert.equal(world.chat.sends.length, 1);
});

test("an episode that was lost is over too when its build is gone before anybody looks", async () => {
  const world = await cordonedFarm();
  const seam = new Seam();
  const dies: Model = () => {
    seam.die();
    throw new CrashSignal("in the middle of the episode");
  };
  await assert.rejects(world.live(40, medicWith(world, dies, { seam })), CrashSignal);
  world.kubernetes.removeNamespace();
  await world.live(5, medicWith(world, dies));
  const { status } = only(world);
  assert.equal(status.phase, "Gone");
  assert.equal(status.episode?.outcome, "interrupted");
});

for (const again of [false, true])
  test(`so is one whose incident was closed in it, because the build went${again ? " and came again" : ""}`, async () => {
    const world = await cordonedFarm();
    const seam = new Seam();
    const dies: Model = async () => {
      world.kubernetes.removeNamespace();
      await first.stacks.reconcile(keyOf({ namespace: "ci-1", client: "0" }), call);
      assert.deepEqual([only(world).status.phase, only(world).status.episode?.outcome], ["Gone", "running"]);
      seam.die();
      throw new CrashSignal("before it writes the episode's end");
    };
    const first = medicWith(world, dies, { seam });
    await assert.rejects(world.live(40, first), CrashSignal);
    if (again) world.kubernetes.deploy("ci-1", "0");
    await world.live(5, medicWith(world, dies));
    const { phase, episode } = only(world).status;
    assert.deepEqual([phase, episode?.outcome, episode?.reservedUsd], ["Gone", "interrupted", 0.5]);
  });

test("what cannot be audited does not begin", async () => {
  const world = await cordonedFarm();
  world.audit.broken = ["intent"];
  let episodes = 0;
  const counting: Model = () => {
    episodes += 1;
    return Promise.resolve(completed);
  };
  await world.live(60, medicWith(world, counting));
  assert.equal(episodes, 0);
  assert.equal(only(world).status.episode?.outcome, "not-audited");
  assert.equal(world.chat.sends.length, 1);
});

test("a write that cannot be audited is not done, and closes the latch", async () => {
  const world = await cordonedFarm();
  const answers: string[] = [];
  const model: Model = async ({ hands }) => {
    hands.showed(["node-1", "node-2"]);
    world.audit.broken = ["intent"];
    answers.push((await hands.carryOut({ tool: "uncordon_node", node: "node-1" }, "", call)).why);
    answers.push(
      (await hands.admit({ tool: "get_nodes", kind: "read", arguments: {} }).catch(String)) ?? "admitted",
    );
    world.audit.broken = [];
    return completed;
  };
  await world.live(60, medicWith(world, model));
  assert.deepEqual(world.kubernetes.writes, []);
  assert.match(answers[0]!, /the audit log cannot be written/);
  assert.match(answers[1]!, /This episode is over/);
  assert.equal(world.chat.sends.length, 1);
});

test("nothing is changed after the episode has ended", async () => {
  const world = await cordonedFarm();
  let late: Investigation["hands"] | undefined;
  const leaks: Model = ({ hands }) => {
    late = hands;
    hands.showed(["node-1"]);
    return Promise.resolve(completed);
  };
  await world.live(40, medicWith(world, leaks));
  const call_ = { tool: "uncordon_node", kind: "write", node: "node-1", arguments: {} } as const;
  assert.match((await late!.admit(call_)) ?? "admitted", /This episode is over/);
  const { done } = await late!.carryOut({ tool: "uncordon_node", node: "node-1" }, "", call);
  assert.equal(done, false);
  assert.deepEqual(world.kubernetes.writes, []);
});

test("tests that begin in the middle of an episode end it", async () => {
  const world = await cordonedFarm();
  const stops: string[] = [];
  const medic = medicWith(world, async ({ hands, incident }) => {
    world.kubernetes.testsBegin();
    const { done, why } = await hands.carryOut({ tool: "uncordon_node", node: "node-1" }, "", call);
    assert.equal(done, false);
    stops.push(why);
    medic.episodes.stop(incident.name, "its incident is closed");
    stops.push((await hands.admit({ tool: "get_nodes", kind: "read", arguments: {} })) ?? "admitted");
    return completed;
  });
  await world.live(60, medic);
  assert.match(stops[0]!, /^TestsStarted/);
  assert.match(stops[1]!, /its incident is closed/);
  assert.deepEqual(world.kubernetes.writes, []);
  assert.deepEqual(world.chat.sends, []);
});

test("in observe mode an episode changes nothing and its wish is told as one", async () => {
  const world = await cordonedFarm();
  await world.live(60, medicWith(world, uncordons, { policy: { allowNodePatch: true, mode: "observe" } }));
  assert.deepEqual(world.kubernetes.writes, []);
  const { status } = only(world);
  assert.deepEqual(
    status.attempts.map(({ action, outcome }) => [action, outcome]),
    [["uncordon-node", "observed"]],
  );
  assert.equal(world.chat.sends.length, 1);
});

test("without the flag no node is changed, whatever the model asks", async () => {
  const world = await cordonedFarm();
  await world.live(60, medicWith(world, uncordons, { policy: { allowNodePatch: false } }));
  assert.deepEqual(world.kubernetes.writes, []);
  assert.match(only(world).status.attempts[0]?.detail ?? "", /allowNodePatch is off/);
});

test("no answer to a write leaves it pending, and a later pass settles it", async () => {
  const world = await cordonedFarm();
  const model: Model = async (investigation) => {
    await assert.rejects(uncordons(investigation), /no answer/);
    return completed;
  };
  const medic = medicWith(world, model, {
    cluster: (own) => ({
      execute: async (action, snapshot, given) => {
        await own.execute(action, snapshot, given);
        throw new MedicError("no-answer", "no answer came");
      },
    }),
  });
  await world.live(70, medic);
  assert.deepEqual(world.kubernetes.writes, ["uncordon-node Node/node-1"]);
  const { status } = only(world);
  assert.deepEqual(
    status.attempts.map(({ outcome }) => outcome),
    ["applied"],
  );
  assert.equal(status.phase, "Resolved");
});

test("a stack that recovers while it waits for its turn needs no episode", async () => {
  const world = await cordonedFarm();
  let episodes = 0;
  const counting: Model = () => {
    episodes += 1;
    return Promise.resolve(completed);
  };
  const medic = medicWith(world, counting, {
    cluster: (own) => ({
      async examine(stack, given) {
        // Somebody uncordons the nodes before its turn comes.
        world.kubernetes.nodes = world.kubernetes.nodes.map((node) => ({ ...node, unschedulable: false }));
        for (let second = 0; second < 5; second += 1) {
          world.kubernetes.tick();
          await world.clock.step(1000);
        }
        return own.examine(stack, given);
      },
    }),
  });
  await world.live(60, medic);
  assert.equal(episodes, 0);
  const { status } = only(world);
  assert.equal(status.phase, "Resolved");
  assert.equal(status.tier, 1);
  assert.deepEqual(world.chat.sends, []);
});
