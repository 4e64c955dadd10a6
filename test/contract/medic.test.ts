import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";
import { incidentsOf, installMedic, medicWrites, startMedic } from "../support/medic-process.ts";
import type { MedicProcess, StoredIncident } from "../support/medic-process.ts";
import {
  change,
  containerOf,
  createBuild,
  createStack,
  dbImage,
  eventually,
  isPodReady,
  read,
  serverImage,
  setsPath,
} from "../support/test-stack.ts";
import type { StackOptions } from "../support/test-stack.ts";

const stage = (name: string): string =>
  fileURLToPath(new URL(`../support/stages/${name}.yaml`, import.meta.url));
const missing = "farm.test/server:missing";

/** The medic as a process of its own, against a real API server with fake nodes; every oracle asks the API server. */
describe("the medic on a real API server", () => {
  let plane: ControlPlane;
  let chat: RocketChatDouble;
  let medic: MedicProcess;
  let builds = 0;

  before(async () => {
    plane = await startControlPlane({
      log: () => {},
      fakeNodes: { count: 2, stages: [stage("image-missing"), stage("never-ready")] },
    });
    chat = await startRocketChatDouble({});
    await installMedic(plane.admin);
    medic = await startMedic({ kubeconfig: plane.kubeconfig, env: chat.env });
  });
  after(async () => {
    await medic?.stop();
    await chat?.stop();
    await plane?.stop();
  });

  // Builds go when their test is over, as on a farm: many stacks in the same trouble at once would be a storm.
  afterEach(async () => {
    await callApi(plane.admin, "DELETE", `/api/v1/namespaces/build-${builds}`);
  });

  /** A build of its own with one stack; its namespace. */
  async function build(options: Omit<StackOptions, "namespace" | "client">, watched = true): Promise<string> {
    builds += 1;
    const namespace = `build-${builds}`;
    await createBuild(plane.admin, namespace, watched);
    await createStack(plane.admin, { namespace, client: "0", ...options });
    return namespace;
  }

  async function closedAs(namespace: string, phase: string): Promise<StoredIncident> {
    const found = eventually(
      `an incident of ${namespace} is ${phase}`,
      async () => (await incidentsOf(plane.admin, namespace)).find(({ status }) => status?.phase === phase),
      180,
    );
    return found.catch(async (error: unknown) => {
      const told = medic.lines.filter((line) => JSON.stringify(line).includes(`"${namespace}`)).slice(-12);
      console.error(
        told.map((line) => JSON.stringify(line).slice(0, 600)).join("\n"),
        JSON.stringify(await incidentsOf(plane.admin, namespace)),
      );
      throw error;
    });
  }

  function messagesFor(namespace: string): number {
    return chat.messages().filter((message) => JSON.stringify(message).includes(namespace)).length;
  }

  const repairs: Readonly<
    Record<
      string,
      Pick<StackOptions, "runs" | "withoutTemplate"> &
        Required<Pick<StackOptions, "fault">> & { reason: string }
    >
  > = {
    "an image that cannot be pulled": {
      fault: (set) => (containerOf(set)["image"] = missing),
      reason: "ImageDrift",
    },
    "an image that cannot be pulled, where only the image is declared": {
      fault: (set) => (containerOf(set)["image"] = missing),
      withoutTemplate: true,
      reason: "ImageDrift",
    },
    "an image that cannot be pulled, under a command with every sign that JSON may write in two ways": {
      runs: { image: serverImage, command: ["sh", "-c", 'a && b <c >d \u2028\u2029 \\ / "e" \b\f\n\t é 😀'] },
      fault: (set) => (containerOf(set)["image"] = missing),
      reason: "ImageDrift",
    },
    "replicas set to zero": {
      fault: (set) => ((set["spec"] as { replicas: number }).replicas = 0),
      reason: "ReplicasDrift",
    },
    "an environment variable that points nowhere": {
      fault: (set) => (containerOf(set)["env"] = [{ name: "DB_HOST", value: "nowhere" }]),
      reason: "TemplateDrift",
    },
  };
  for (const [name, { reason, ...options }] of Object.entries(repairs)) {
    it(`repairs ${name}`, async () => {
      const namespace = await build(options);
      const incident = await closedAs(namespace, "Resolved");
      assert.equal(incident.status.reason, reason);
      assert.ok(await isPodReady(plane.admin, namespace, "server-0"));
      const set = await read(plane.admin, `${setsPath(namespace)}/server-0`);
      assert.equal(containerOf(set!)["image"], serverImage);
      assert.equal(messagesFor(namespace), 0);
      const touched = new Set(
        (await medicWrites(plane.auditLog, namespace)).map(({ objectRef }) => objectRef?.name),
      );
      assert.deepEqual(
        [...touched].filter((target) => target !== "server-0" && target !== "server-0-0"),
        [],
      );
    });
  }

  it("says on the StatefulSet what it did, each thing once", async () => {
    const namespace = await build({ fault: (set) => (containerOf(set)["image"] = missing) });
    await closedAs(namespace, "Resolved");
    const said = async (): Promise<string[]> => {
      const list = (await read(plane.admin, `/api/v1/namespaces/${namespace}/events`)) as {
        items: {
          reason: string;
          source?: { component?: string };
          involvedObject: { name: string; uid: string };
        }[];
      };
      return list.items
        .filter(({ source }) => source?.component === "build-medic")
        .map(({ reason, involvedObject }) => `${involvedObject.name} ${reason}`)
        .toSorted();
    };
    await eventually("it says that the stack is ready again", async () =>
      (await said()).includes("server-0 MedicResolved"),
    );
    assert.deepEqual(await said(), ["server-0 MedicActed", "server-0 MedicActed", "server-0 MedicResolved"]);
  });

  it("repairs drift that arrives on a healthy stack once it takes the stack down", async () => {
    const namespace = await build({});
    await eventually("the stack is ready", () => isPodReady(plane.admin, namespace, "server-0"));
    await change(
      plane.admin,
      `${setsPath(namespace)}/server-0`,
      (set) => (containerOf(set)["image"] = missing),
    );
    await closedAs(namespace, "Resolved");
    assert.ok(await isPodReady(plane.admin, namespace, "server-0"));
  });

  it("repairs a pod whose image was changed in place", async () => {
    const namespace = await build({});
    await eventually("the stack is ready", () => isPodReady(plane.admin, namespace, "server-0"));
    await change(plane.admin, `/api/v1/namespaces/${namespace}/pods/server-0-0`, (pod) => {
      (pod["spec"] as { containers: { image: string }[] }).containers[0]!.image = missing;
    });
    const incident = await closedAs(namespace, "Resolved");
    assert.equal(incident.status.reason, "PodDrift");
  });

  it("escalates once when the declared image itself does not exist, and leaves the stack alone", async () => {
    const namespace = await build({
      annotations: { "medic/expected-image": missing, "medic/expected-template": null },
      fault: (set) => (containerOf(set)["image"] = missing),
    });
    const incident = await closedAs(namespace, "Escalated");
    assert.equal(incident.status.reason, "ImageNotFound");
    await eventually("the message is sent", async () => messagesFor(namespace) === 1);
    await delay(3_000);
    assert.equal(messagesFor(namespace), 1);
    assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
    const [again] = await incidentsOf(plane.admin, namespace);
    assert.ok(again?.status.escalation?.sentAt);
  });

  const unusable: Readonly<
    Record<string, { options: Omit<StackOptions, "namespace" | "client">; reason: string }>
  > = {
    "replicas that are no number": {
      options: { annotations: { "medic/expected-replicas": "three" } },
      reason: "IntentInvalid",
    },
    "a command that is no JSON array": {
      options: { annotations: { "medic/expected-command": "run --fast" } },
      reason: "IntentInvalid",
    },
    "a template that is no template": {
      options: { annotations: { "medic/expected-template": '{"spec":{}}' } },
      reason: "IntentInvalid",
    },
    "an image for one container of two": {
      options: { withoutTemplate: true, extraContainers: [{ name: "proxy", image: serverImage }] },
      reason: "IntentAmbiguous",
    },
    "an image that contradicts the template": {
      options: { annotations: { "medic/expected-image": "farm.test/server:other" } },
      reason: "IntentConflict",
    },
    "nothing at all": {
      options: {
        annotations: {
          "medic/expected-image": null,
          "medic/expected-replicas": null,
          "medic/expected-command": null,
          "medic/expected-template": null,
        },
      },
      reason: "IntentMissing",
    },
  };
  for (const [name, { options, reason }] of Object.entries(unusable)) {
    it(`writes nothing and escalates when the intent is ${name}`, async () => {
      const namespace = await build({ ...options, fault: (set) => (containerOf(set)["image"] = missing) });
      const incident = await closedAs(namespace, "Escalated");
      assert.ok(
        incident.status.findings?.some((finding) => finding.reason === reason),
        JSON.stringify(incident.status),
      );
      assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
    });
  }

  const untouched: Readonly<
    Record<string, { options: Omit<StackOptions, "namespace" | "client">; watched?: boolean }>
  > = {
    "whose tests have started": { options: { serverLabels: { "medic/tests": "started" } } },
    "that someone paused": { options: { annotations: { "medic/paused": "ann: looking at it" } } },
    "in a namespace that is not watched": { options: {}, watched: false },
  };
  for (const [name, { options, watched = true }] of Object.entries(untouched)) {
    it(`does nothing to a broken stack ${name}`, async () => {
      const namespace = await build(
        { ...options, fault: (set) => (containerOf(set)["image"] = missing) },
        watched,
      );
      await delay(5_000);
      assert.deepEqual(await incidentsOf(plane.admin, namespace), []);
      assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
      assert.equal(messagesFor(namespace), 0);
    });
  }

  it("does nothing at all on a healthy build", async () => {
    const namespace = await build({});
    await createStack(plane.admin, { namespace, client: "1" });
    await eventually(
      "both are ready",
      async () =>
        (await isPodReady(plane.admin, namespace, "server-0")) &&
        (await isPodReady(plane.admin, namespace, "server-1")),
    );
    await delay(5_000);
    assert.deepEqual(await incidentsOf(plane.admin, namespace), []);
    assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
  });

  it("escalates when something keeps putting the drift back", async () => {
    const namespace = await build({ fault: (set) => (containerOf(set)["image"] = missing) });
    const path = `${setsPath(namespace)}/server-0`;
    await eventually(
      "it was repaired",
      async () => containerOf((await read(plane.admin, path))!)["image"] === serverImage,
    );
    await change(plane.admin, path, (set) => (containerOf(set)["image"] = missing));
    const incident = await closedAs(namespace, "Escalated");
    assert.equal(incident.status.reason, "RepairDidNotHold");
    await eventually("the message is sent", async () => messagesFor(namespace) === 1);
    const patches = (await medicWrites(plane.auditLog, namespace)).filter(({ verb }) => verb === "patch");
    assert.equal(patches.length, 1);
  });

  it("touches nothing and sends one message for all when many stacks have the same trouble at once", async () => {
    builds += 1;
    const namespace = `build-${builds}`;
    await createBuild(plane.admin, namespace);
    const before = chat.messages().length;
    // Paused until all are there, so that none of them is alone.
    const clients = ["0", "1", "2", "3", "4", "5"];
    const fault: StackOptions["fault"] = (set) => (containerOf(set)["image"] = missing);
    for (const client of clients) {
      await createStack(plane.admin, {
        namespace,
        client,
        fault,
        annotations: { "medic/paused": "not yet" },
      });
    }
    await eventually("all pods cannot pull", async () => {
      const pods = await Promise.all(
        clients.map((client) => read(plane.admin, `/api/v1/namespaces/${namespace}/pods/server-${client}-0`)),
      );
      return pods.every((pod) => JSON.stringify(pod?.["status"] ?? {}).includes("ImagePullBackOff"));
    });
    for (const client of clients) {
      await change(plane.admin, `${setsPath(namespace)}/server-${client}`, (set) => {
        delete (set["metadata"] as { annotations: Record<string, string> }).annotations["medic/paused"];
      });
    }
    const escalated = async (): Promise<boolean> =>
      (await incidentsOf(plane.admin, namespace)).filter(({ status }) => status?.phase === "Escalated")
        .length === clients.length;
    await eventually("every stack is handed over", escalated);
    await eventually("the message is sent", async () => chat.messages().length > before);
    await delay(3_000);
    assert.equal(chat.messages().length - before, 1);
    assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
  });

  it("closes the incident when the build goes away", async () => {
    const namespace = await build({
      annotations: { "medic/paused": "held" },
      fault: (set) => (containerOf(set)["image"] = missing),
    });
    await change(plane.admin, `${setsPath(namespace)}/server-0`, (set) => {
      const { annotations } = set["metadata"] as { annotations: Record<string, string> };
      delete annotations["medic/paused"];
      annotations["medic/expected-image"] = missing;
    });
    await closedAs(namespace, "Escalated");
    await callApi(plane.admin, "DELETE", `/api/v1/namespaces/${namespace}`);
    await eventually(
      "the namespace is gone",
      async () => (await read(plane.admin, `/api/v1/namespaces/${namespace}`)) === undefined,
    );
    const [incident] = await incidentsOf(plane.admin, namespace);
    assert.equal(incident?.status.phase, "Escalated");
  });

  it("uses the database's intent as much as the server's", async () => {
    builds += 1;
    const namespace = `build-${builds}`;
    await createBuild(plane.admin, namespace);
    await createStack(plane.admin, { namespace, client: "7" });
    await change(
      plane.admin,
      `${setsPath(namespace)}/db-7`,
      (set) => (containerOf(set)["image"] = "farm.test/db:missing"),
    );
    const incident = await closedAs(namespace, "Resolved");
    assert.equal(incident.spec["statefulSet"], "db-7");
    assert.equal(containerOf((await read(plane.admin, `${setsPath(namespace)}/db-7`))!)["image"], dbImage);
  });
});
