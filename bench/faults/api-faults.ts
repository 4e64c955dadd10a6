import { callApi } from "../../farm/cluster/api-client.ts";
import { incidentsPath } from "../../test/support/medic-process.ts";
import type { Aim, Fault } from "../../test/support/faulty-proxy.ts";
import { setsPath } from "../../test/support/test-stack.ts";
import type { Begun, FaultKind, Scene } from "./fault.ts";
import { POD, SERVER } from "./outage.ts";
import type { Random } from "./random.ts";

/** On the way to the API server of every replica, or of one of them. */
function onTheWay(scene: Scene, random: Random, given: { fault: Fault; aim?: Aim; forMs: number }): Begun {
  const one = random.chance(0.3) ? random.between(0, scene.world.crew.size - 1) : undefined;
  const proxies = scene.world.crew.proxies().filter((_, index) => one === undefined || index === one);
  const heals = proxies.map((proxy) => proxy.inject(given.fault, given.aim));
  const silent = given.fault.kind === "silent";
  const heal = (): void => {
    heals.forEach((end) => end());
    if (silent) proxies.forEach((proxy) => proxy.dropConnections());
  };
  return { forMs: given.forMs, heal };
}

const seconds = (random: Random, low: number, high: number): number =>
  random.between(low * 1000, high * 1000);

export const API_FAULTS: readonly FaultKind[] = [
  {
    name: "API server down",
    what: "connections are refused and open ones break, for 3 to 10 s",
    begin: (scene, random) =>
      onTheWay(scene, random, { fault: { kind: "refuse" }, forMs: seconds(random, 3, 10) }),
  },
  {
    name: "API server slow",
    what: "every answer takes 5 s, for 6 to 12 s",
    begin: (scene, random) =>
      onTheWay(scene, random, { fault: { kind: "slow", afterMs: 5000 }, forMs: seconds(random, 6, 12) }),
  },
  {
    name: "429 storm",
    what: "everything is turned away with Retry-After 1 or 2, for 3 to 8 s",
    begin: (scene, random) =>
      onTheWay(scene, random, {
        fault: { kind: "status", status: 429, retryAfterSeconds: random.between(1, 2) },
        forMs: seconds(random, 3, 8),
      }),
  },
  {
    name: "500 and 503",
    what: "everything, or every write, is answered with an error of the server, for 2 to 6 s",
    begin: (scene, random) =>
      onTheWay(scene, random, {
        fault: { kind: "status", status: random.pick([500, 503]) },
        aim: { on: random.pick(["any", "write"] as const) },
        forMs: seconds(random, 2, 6),
      }),
  },
  {
    name: "watches cut every second",
    what: "every watch breaks a second after it began, for 5 to 10 s",
    begin: (scene, random) =>
      onTheWay(scene, random, {
        fault: { kind: "cut", afterMs: 1000 },
        aim: { on: "watch" },
        forMs: seconds(random, 5, 10),
      }),
  },
  {
    name: "watches expired",
    what: "every watch is told 410, in its answer or as an event, for 2 to 6 s",
    begin(scene, random) {
      const told = random.chance(0.5);
      const fault: Fault = told ? { kind: "error-event", code: 410 } : { kind: "status", status: 410 };
      const begun = onTheWay(scene, random, {
        fault,
        aim: { on: "watch" },
        forMs: seconds(random, 2, 6),
      });
      scene.world.crew.proxies().forEach((proxy) => proxy.dropConnections());
      return begun;
    },
  },
  {
    name: "watches mute",
    what: "watches stay open and tell nothing, for 4 to 8 s, then break",
    begin: (scene, random) =>
      onTheWay(scene, random, {
        fault: { kind: "silent" },
        aim: { on: "watch" },
        forMs: seconds(random, 4, 8),
      }),
  },
  {
    name: "answers truncated",
    what: "the next 5 to 40 answers, of watches too, break off in the middle",
    begin: (scene, random) =>
      onTheWay(scene, random, {
        fault: { kind: "break-line" },
        aim: { times: random.between(5, 40) },
        forMs: seconds(random, 3, 8),
      }),
  },
  {
    name: "answers of writes lost",
    what: "the API server carries out the next 1 to 8 writes and their answers never arrive",
    begin: (scene, random) =>
      onTheWay(scene, random, {
        fault: { kind: "lose-answer" },
        aim: {
          on: "write",
          times: random.between(1, 8),
          path: random.pick(["", "/incidents", "/statefulsets/", "/pods/", "/nodes/"]),
        },
        forMs: seconds(random, 4, 12),
      }),
  },
  {
    name: "conflicts",
    what: "another writer touches the StatefulSets, pods and Incidents of open outages all the time, for 3 to 8 s",
    begin(scene, random) {
      const stop = new AbortController();
      const forMs = seconds(random, 3, 8);
      const work = keepTouching(scene, stop.signal);
      const heal = async (): Promise<void> => {
        stop.abort();
        await work;
      };
      return { forMs, heal };
    },
  },
];

/** Changes nothing that matters, but the objects' versions. */
async function keepTouching({ world, open }: Scene, signal: AbortSignal): Promise<void> {
  for (let round = 1; !signal.aborted; round += 1) {
    const namespaces = open().map(({ namespace }) => namespace);
    const incidents = world.incidents
      .list()
      .filter(({ spec }) => namespaces.includes(spec["namespace"] ?? ""));
    const paths = [
      ...namespaces.flatMap((namespace) => [
        `${setsPath(namespace)}/${SERVER}`,
        `/api/v1/namespaces/${namespace}/pods/${POD}`,
      ]),
      ...incidents.map(({ metadata }) => `${incidentsPath}/${metadata.name}`),
    ];
    const body = { metadata: { annotations: { "faults/touched": String(round) } } };
    for (const path of paths) {
      if (signal.aborted) return;
      await callApi(world.admin, "PATCH", path, { body, contentType: "application/merge-patch+json" });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
