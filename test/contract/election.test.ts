import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ApiClient } from "../../src/kube/api-client.ts";
import { createElection } from "../../src/kube/lease.ts";
import type { Election } from "../../src/kube/lease.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { clientFor, until } from "../support/contract-cluster.ts";
import { collectingLog } from "../support/collecting-log.ts";
import { incidentsOf, installMedic, medicWrites, startMedic } from "../support/medic-process.ts";
import type { MedicProcess } from "../support/medic-process.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";
import {
  containerOf,
  createBuild,
  createStack,
  eventually,
  isPodReady,
  read,
} from "../support/test-stack.ts";
import { fileURLToPath } from "node:url";

const stage = fileURLToPath(new URL("../support/stages/image-missing.yaml", import.meta.url));
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/build-medic/leases/build-medic-leader";

describe("two replicas on a real API server", () => {
  let plane: ControlPlane;
  let chat: RocketChatDouble;
  const medics: MedicProcess[] = [];

  before(async () => {
    plane = await startControlPlane({ log: () => {}, fakeNodes: { count: 2, stages: [stage] } });
    chat = await startRocketChatDouble({});
    await installMedic(plane.admin);
  });
  after(async () => {
    for (const medic of medics) await medic.stop();
    await chat?.stop();
    await plane?.stop();
  });

  async function replica(): Promise<MedicProcess> {
    const medic = await startMedic({ kubeconfig: plane.kubeconfig, env: chat.env });
    medics.push(medic);
    return medic;
  }

  const says = (medic: MedicProcess, msg: string) => medic.lines.some((line) => line["msg"] === msg);

  async function broken(namespace: string): Promise<void> {
    await createBuild(plane.admin, namespace);
    await createStack(plane.admin, {
      namespace,
      client: "0",
      fault: (set) => (containerOf(set)["image"] = "farm.test/server:missing"),
    });
  }

  async function repaired(namespace: string): Promise<void> {
    await eventually("the stack is ready", () => isPodReady(plane.admin, namespace, "server-0"));
    const writes = await medicWrites(plane.auditLog, namespace);
    assert.deepEqual(
      writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`),
      ["patch server-0", "delete server-0-0"],
      "each write once, whoever made it",
    );
    assert.equal((await incidentsOf(plane.admin, namespace)).length, 1);
  }

  it("one leads, the other follows with warm caches, and an incident is worked by one", async () => {
    const first = await replica();
    await eventually("the first leads", async () => says(first, "leading"));
    const second = await replica();
    await eventually("the second follows", async () => says(second, "following"));
    assert.ok(says(second, "watching"));
    await broken("build-one");
    await repaired("build-one");
    assert.ok(!second.lines.some((line) => line["msg"] === "acted"));
    assert.equal((await fetch(`${second.url}/readyz`)).status, 200);
  });

  it("the follower takes over at once when the leader stops, and again when the next is killed", async () => {
    const [first, second] = medics;
    await first!.stop();
    await eventually("the second leads", async () => says(second!, "leading"), 10);
    const third = await replica();
    await eventually("the third follows", async () => says(third, "following"));
    await broken("build-two");
    await repaired("build-two");
    process.kill(second!.pid, "SIGKILL");
    await second!.ended;
    await broken("build-three");
    await eventually("the third leads", async () => says(third, "leading"), 60);
    await repaired("build-three");
    const lease = (await read(plane.admin, leasePath)) as { spec: { leaseTransitions: number } } | undefined;
    assert.ok(lease !== undefined && lease.spec.leaseTransitions >= 2);
  });
});

describe("the lease", () => {
  let plane: ControlPlane;
  const stops: (() => void)[] = [];
  before(async () => {
    plane = await startControlPlane({ log: () => {} });
    await callApi(plane.admin, "POST", "/api/v1/namespaces", { body: { metadata: { name: "build-medic" } } });
  });
  after(async () => {
    for (const stop of stops) stop();
    await plane?.stop();
  });

  function stand(
    client: ApiClient,
    identity: string,
    now: () => number,
  ): { election: Election; terms: string[] } {
    const terms: string[] = [];
    const election = createElection({
      client,
      namespace: "build-medic",
      name: "build-medic-leader",
      identity,
      clock: systemClock,
      log: collectingLog(),
      monotonic: now,
    });
    const stop = new AbortController();
    stops.push(() => stop.abort());
    void election.run(async (signal) => {
      terms.push("began");
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      terms.push("ended");
    }, stop.signal);
    return { election, terms };
  }

  it("is lost by a leader that cannot renew it before another one has it", async () => {
    const client = await clientFor(plane.kubeconfig, "lease-test");
    let cut = false;
    const overFlaky = {
      request: (given: Parameters<ApiClient["request"]>[0]) =>
        cut ? Promise.reject(new Error("no way to the API server")) : client.request(given),
    } as ApiClient;
    let hurry = 0;
    const now = (): number => performance.now() + hurry;
    const one = stand(overFlaky, "one", now);
    await until("one leads", () => one.election.holds());
    const two = stand(client, "two", now);
    await until("two follows", () => two.election.leader() === "one");
    cut = true;
    hurry += 16_000;
    assert.ok(!one.election.holds(), "it may not act any more");
    assert.ok(!two.election.holds(), "and nobody else may yet");
    await until("its term ends", () => one.terms.includes("ended"));
    hurry += 6_000;
    await until("two leads", () => two.election.holds());
    assert.ok(!one.election.holds());
    cut = false;
    await until("one follows", () => one.election.leader() === "two");
    client.close();
  });
});
