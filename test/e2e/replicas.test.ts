import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { V1PodDisruptionBudget } from "@kubernetes/client-node";
import { openFarm } from "../../farm/build/farm-access.ts";
import { openKube } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { readFarm } from "../../farm/cluster/state.ts";
import { up } from "../../farm/cluster/up.ts";
import { ensureMedicImage } from "../../farm/images/ensure-images.ts";
import {
  installMedicInFarm,
  medicLog,
  uninstallMedicFromFarm,
  upgradeMedicInFarm,
  urlOf,
} from "../support/medic-in-farm.ts";
import { adminOf, nameOf, Replicas } from "../support/replicas-in-farm.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";
import { eventually, read } from "../support/test-stack.ts";

const MINUTES = 60_000;

/**
 * Two pods of the chart on two real nodes, with their own token, RBAC and admission policy on. What was written is read in the
 * API server's audit log, what was said at the chat.
 */
describe("the medic in the cluster, twice", { timeout: 20 * MINUTES }, () => {
  let kube: Kube;
  let replicas: Replicas;
  let chat: RocketChatDouble;

  before(
    async () => {
      await up({ log: console.error });
      kube = openKube(await openFarm({ report: console.error }));
      const farm = await readFarm();
      assert.ok(farm?.registry && farm.dns && farm.auditLog, "the local farm has real nodes");
      chat = await startRocketChatDouble({ host: farm.dns });
      const image = await ensureMedicImage({ registry: farm.registry, log: console.error });
      const admin = await adminOf(farm.kubeconfig);
      replicas = new Replicas({ kube, admin, auditLog: farm.auditLog, image });
      const values = { "model.provider": "none", "config.verifySeconds": "3", "config.debounceSeconds": "5" };
      await installMedicInFarm({ kube, image, rehearsal: {}, chat: chat.env, values });
    },
    { timeout: 20 * MINUTES },
  );
  after(async () => {
    await replicas?.cleanUp();
    if (kube !== undefined) await uninstallMedicFromFarm(kube);
    await chat?.stop();
  });

  const both = (): Promise<true> =>
    eventually("both are ready", async () => (await replicas.areReady(2)) || undefined, 90);
  const messagesFor = (namespace: string): number =>
    chat.messages().filter((message) => JSON.stringify(message).includes(namespace)).length;

  it("goes from one replica to two in the middle of a repair", async () => {
    const namespace = await replicas.broken();
    await replicas.firstWrite(namespace);
    await upgradeMedicInFarm(kube, { replicas: "2" });
    await both();
    await replicas.repairedOnce(namespace);
  });

  it("runs on two nodes, and each of them is ready and shows every incident", async () => {
    const [leader, follower] = [await replicas.leader(), await replicas.follower()];
    assert.notEqual(leader.spec?.nodeName, follower.spec?.nodeName);
    const shown = await Promise.all(
      [leader, follower].map(async (pod) => {
        assert.equal((await fetch(`${urlOf(pod)}/readyz`)).status, 200);
        return (await fetch(`${urlOf(pod)}/api/v1/incidents`)).json();
      }),
    );
    assert.deepEqual(shown[1], shown[0]);
    assert.match(JSON.stringify(shown[0]), new RegExp(replicas.builds[0] ?? "none"));
  });

  it("lets a drain take one of the two, never both", async () => {
    const [leader, follower] = [await replicas.leader(), await replicas.follower()];
    assert.equal(await replicas.evict(follower), 201);
    assert.equal(await replicas.evict(leader), 429);
    await both();
    const path = "/apis/policy/v1/namespaces/build-medic/poddisruptionbudgets/build-medic";
    await eventually("one more may go", async () => {
      const budget = (await read(await adminOf(kube.kubeconfig), path)) as V1PodDisruptionBudget | undefined;
      return budget?.status?.disruptionsAllowed === 1;
    });
  });

  const ways = {
    "is deleted": (pod: Awaited<ReturnType<Replicas["leader"]>>) => replicas.remove(pod),
    "is deleted by force": (pod: Awaited<ReturnType<Replicas["leader"]>>) =>
      replicas.remove(pod, { gracePeriodSeconds: 0 }),
  };
  for (const [what, lose] of Object.entries(ways))
    it(`hands a repair over when the leader ${what} in it`, async (context) => {
      const namespace = await replicas.broken();
      await replicas.firstWrite(namespace);
      const holder = await replicas.holder();
      await lose(await replicas.leader());
      context.diagnostic(`${await replicas.takenFrom(holder)} s until another one led`);
      await replicas.repairedOnce(namespace);
      await both();
    });

  it("hands a repair over when the leader is cut off from everything, and it writes nothing when it is back", async (context) => {
    const namespace = await replicas.broken();
    await replicas.firstWrite(namespace);
    const holder = await replicas.holder();
    const leader = await replicas.leader();
    const heal = await replicas.cutOff(leader);
    context.diagnostic(`${await replicas.takenFrom(holder)} s until another one led`);
    await heal();
    await eventually("it follows", async () => {
      const log = await kube.kubectl(["logs", "-n", "build-medic", nameOf(leader)]);
      return log.stdout.includes('"msg":"following"');
    });
    await replicas.repairedOnce(namespace);
    await both();
  });

  it("tells people once when the leader is deleted by force as it tells them", async () => {
    const namespace = await replicas.broken(true);
    await replicas.incident(namespace, ({ phase }) => phase === "Escalated");
    const holder = await replicas.holder();
    await replicas.remove(await replicas.leader(), { gracePeriodSeconds: 0 });
    await replicas.takenFrom(holder);
    await replicas.incident(namespace, ({ escalation }) => escalation?.sentAt !== undefined);
    assert.equal(messagesFor(namespace), 1);
    await both();
  });

  it("goes through a rolling upgrade in the middle of a repair", async () => {
    const namespace = await replicas.broken();
    await replicas.firstWrite(namespace);
    const old = (await replicas.pods()).map(nameOf);
    await upgradeMedicInFarm(kube, { "config.logLevel": "debug" });
    await replicas.repairedOnce(namespace);
    await eventually("every pod is a new one", async () =>
      (await replicas.pods()).every((pod) => !old.includes(nameOf(pod))),
    );
  });

  it("goes back to one", async () => {
    await upgradeMedicInFarm(kube, { replicas: "1" });
    await eventually("one is left", async () => replicas.areReady(1));
    const namespace = await replicas.broken();
    await replicas.repairedOnce(namespace);
    assert.equal(messagesFor("build-replicas"), 1, `one message in all of it\n${await medicLog(kube)}`);
  });
});
