import type { Fault } from "../../test/support/rocketchat/faults.ts";
import type { Begun, FaultKind, Scene } from "./fault.ts";
import type { Mood } from "./model.ts";
import type { Random } from "./random.ts";

const seconds = (random: Random, low: number, high: number): number =>
  random.between(low * 1000, high * 1000);

function ended(signal: "SIGKILL" | "SIGTERM"): FaultKind["begin"] {
  return ({ world }, random) => {
    const index = random.between(0, world.crew.size - 1);
    const pauseMs = seconds(random, 0, 6);
    world.crew.end(index, signal, pauseMs);
    return { forMs: pauseMs };
  };
}

export const MEDIC_FAULTS: readonly FaultKind[] = [
  {
    name: "medic killed",
    what: "SIGKILL to one replica at any moment; started again after 0 to 6 s",
    begin: ended("SIGKILL"),
  },
  {
    name: "medic stopped",
    what: "SIGTERM to one replica at any moment; started again after 0 to 6 s",
    begin: ended("SIGTERM"),
  },
  {
    name: "leader killed",
    what: "SIGKILL to the replica that leads, away for 25 s, with a follower there",
    replicas: 2,
    every: 2,
    async begin({ world }) {
      const leader = await world.crew.leader();
      if (leader !== undefined) world.crew.end(leader, "SIGKILL", 25_000);
      return { forMs: 1000 };
    },
  },
  {
    name: "leader cut off",
    what: "the replica that leads cannot reach the API server for 25 s, the follower can",
    replicas: 2,
    every: 2,
    async begin({ world }) {
      const leader = await world.crew.leader();
      const proxy = leader === undefined ? undefined : world.crew.proxy(leader);
      const heal = proxy?.inject({ kind: "refuse" });
      return { forMs: 25_000, ...(heal === undefined ? {} : { heal }) };
    },
  },
];

/** For the next requests to the chat. */
function atTheChat({ world }: Scene, fault: Fault, forMs: number): Begun {
  world.chat.inject(fault);
  return { forMs };
}

const send = "chat.sendMessage";

export const CHAT_FAULTS: readonly FaultKind[] = [
  {
    name: "chat down",
    what: "connections are refused, for 5 to 20 s",
    async begin({ world }, random) {
      const forMs = seconds(random, 5, 20);
      await world.chat.refuse();
      return { forMs, heal: () => world.chat.accept() };
    },
  },
  {
    name: "chat 429",
    what: "the next 1 to 4 requests are turned away for 3 s",
    begin: (scene, random) =>
      atTheChat(scene, { kind: "rate-limit", ms: 3000, times: random.between(1, 4) }, 3000),
  },
  {
    name: "chat late",
    what: "1 or 2 messages are taken, the answer comes after the medic gave up (12 s)",
    begin: (scene, random) =>
      atTheChat(scene, { kind: "slow", ms: 12_000, route: send, times: random.between(1, 2) }, 12_000),
  },
  {
    name: "chat refuses once",
    what: "the next message is refused for good; the medic tries again after minutes or a restart",
    lasting: true,
    begin: (scene) =>
      atTheChat(
        scene,
        {
          kind: "status",
          status: 400,
          route: send,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ success: false, error: "error-action-not-allowed" }),
        },
        1000,
      ),
  },
  {
    name: "chat cut",
    what: "1 to 3 messages are taken and the connection breaks without an answer",
    begin: (scene, random) =>
      atTheChat(scene, { kind: "drop", effect: true, route: send, times: random.between(1, 3) }, 2000),
  },
  {
    name: "chat behind a broken gateway",
    what: "1 to 3 messages are taken and answered with 502",
    begin: (scene, random) =>
      atTheChat(
        scene,
        { kind: "status", status: 502, effect: true, route: send, times: random.between(1, 3) },
        2000,
      ),
  },
];

function moody(mood: Mood, low: number, high: number): FaultKind["begin"] {
  return async ({ world }, random) => {
    const forMs = seconds(random, low, high);
    await world.model.become(mood);
    return { forMs, heal: () => world.model.become("well") };
  };
}

export const MODEL_FAULTS: readonly FaultKind[] = [
  { name: "model dead", what: "nobody listens, for 3 to 8 s", begin: moody("dead", 3, 8) },
  { name: "model hangs", what: "requests get no answer, for 3 to 8 s", begin: moody("hanging", 3, 8) },
  { name: "model overloaded", what: "529, for 3 to 8 s", begin: moody("overloaded", 3, 8) },
  {
    name: "model breaks off",
    what: "answers end in the middle of a tool call, for 2 to 5 s",
    begin: moody("breaking off", 2, 5),
  },
];
