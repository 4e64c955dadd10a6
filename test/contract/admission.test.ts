import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { startMessagesApi } from "../../farm/rehearsal/messages-api.ts";
import type { MessagesApi, ModelRequest } from "../../farm/rehearsal/messages-api.ts";
import type { ApiClient } from "../../src/kube/api-client.ts";
import { clientFor } from "../support/contract-cluster.ts";
import { pausedBuild, trapTemplate, unwatched, watched } from "../support/forbidden-set-writes.ts";
import { event, forbiddenWithEveryRight, forbiddenWithOwnRights } from "../support/forbidden-writes.ts";
import {
  attempt,
  grantEverything,
  installMedicChart,
  policyIsEnforced,
  policyMessages,
  refusalsOf,
  refusedByPolicy,
} from "../support/medic-chart.ts";
import type { Answer, Attempt } from "../support/medic-chart.ts";
import { render } from "../support/rendered-medic-chart.ts";
import { incidentsOf, incidentsPath, medicWrites, startMedic } from "../support/medic-process.ts";
import {
  change,
  containerOf,
  createBuild,
  createStack,
  eventually,
  isPodReady,
  read,
  setsPath,
} from "../support/test-stack.ts";
import { badImage, permittedRepairs } from "../support/permitted-writes.ts";
import type { StackOptions } from "../support/test-stack.ts";

type Json = Record<string, unknown>;
const own = "build-medic";
const stage = fileURLToPath(new URL("../support/stages/image-missing.yaml", import.meta.url));
const podSpec = (set: Json): Json => (set["spec"] as { template: { spec: Json } }).template.spec;
const secured = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};
const withoutTemplate = { withoutTemplate: true } as const;
const noIntent = Object.fromEntries(
  ["image", "replicas", "command", "template"].map((part) => [`medic/expected-${part}`, null]),
);

/** The chart as Helm installs it, its ServiceAccount's own token, and the API server's answers. */
describe("the admission policy on a real API server", () => {
  let plane: ControlPlane;
  let kubeconfig: string;
  let medic: ApiClient;
  const seen = new Set<string>();

  before(async () => {
    plane = await startControlPlane({ log: () => {}, fakeNodes: { count: 2, stages: [stage] } });
    kubeconfig = await installMedicChart(plane, {
      "config.allowNodePatch": true,
      "model.provider": "anthropic",
      "model.anthropic.existingSecret": "model",
    });
    medic = await clientFor(kubeconfig, "attempts");
    await policyIsEnforced(medic);
    await createBuild(plane.admin, watched);
    await createBuild(plane.admin, pausedBuild);
    await createBuild(plane.admin, unwatched, false);
    await change(plane.admin, `/api/v1/namespaces/${pausedBuild}`, (namespace) => {
      (namespace["metadata"] as Json)["annotations"] = { "medic/paused": "by a test" };
    });
    await change(plane.admin, "/api/v1/nodes/fake-2", (node) => {
      (node["spec"] as Json)["unschedulable"] = true;
      const metadata = node["metadata"] as { annotations: Record<string, string> };
      metadata.annotations["medic/maintenance"] = "by a test";
    });
    await stack("0", {
      annotations: { "medic/expected-template": JSON.stringify(trapTemplate) },
      fault: (set) => {
        podSpec(set)["automountServiceAccountToken"] = false;
        containerOf(set)["securityContext"] = secured;
      },
    });
    await stack("1", {
      ...withoutTemplate,
      annotations: { "medic/expected-command": '["serve","--all"]' },
      fault: (set) => (containerOf(set)["command"] = ["serve", "--all"]),
    });
    await stack("2", { ...withoutTemplate, extraContainers: [{ name: "side", image: "farm.test/side:1" }] });
    await stack("3", { annotations: noIntent });
    await stack("4", { serverLabels: { "medic/tests": "started" }, fault: badImage });
    await stack("5", { annotations: { "medic/paused": "by a test" }, fault: badImage });
    await stack("6", {
      ...withoutTemplate,
      fault: (set) => (podSpec(set)["initContainers"] = [{ name: "init", image: "farm.test/init:1" }]),
    });
    for (const namespace of [pausedBuild, unwatched])
      await createStack(plane.admin, { namespace, client: "0", fault: badImage });
    await created(`/api/v1/namespaces/${watched}/pods`, {
      metadata: { name: "bare" },
      spec: { containers: [{ name: "x", image: "farm.test/x:1" }] },
    });
    for (const name of ["server-0", "server-1"])
      await eventually(`${name} runs`, () => isPodReady(plane.admin, watched, name));
  });
  after(async () => {
    medic?.close();
    await plane?.stop();
  });

  const stack = (client: string, options: Omit<StackOptions, "namespace" | "client"> = {}): Promise<void> =>
    createStack(plane.admin, { namespace: watched, client, ...options });

  async function created(path: string, body: unknown): Promise<void> {
    const answer = await callApi(plane.admin, "POST", path, { body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  }

  function refused(answer: Answer, says: RegExp): void {
    const sentence = refusedByPolicy(answer);
    assert.ok(sentence !== undefined, `not refused by the policy: ${answer.status} ${answer.message}`);
    assert.match(sentence, says);
    seen.add(sentence);
  }

  it("lets the medic's pod and the one of `helm test` in where Pod Security is restricted", async () => {
    const pods = `/api/v1/namespaces/${own}/pods`;
    const isThere = async (): Promise<boolean> => {
      const list = (await read(plane.admin, pods)) as { items: { metadata: { name: string } }[] };
      return list.items.some(({ metadata }) => metadata.name.startsWith(own));
    };
    await eventually("the Deployment's pod is made", isThere);
    const body = render().find(({ kind }) => kind === "Pod");
    const answer = await callApi(plane.admin, "POST", `${pods}?dryRun=All`, {
      body: { ...body, metadata: { name: "asks" } },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  });

  describe("refuses, with the medic's own rights, to write", () => {
    for (const { what, request, says } of forbiddenWithOwnRights)
      it(what, async () => refused(await attempt(medic, request), says));
  });

  describe("refuses, with every right there is, to write", () => {
    before(async () => {
      await grantEverything(plane, true);
      await eventually("everything is granted", async () => {
        const answer = await attempt(medic, {
          method: "POST",
          path: `/api/v1/namespaces/${own}/configmaps`,
          body: { metadata: { name: "x" } },
        });
        return refusedByPolicy(answer) !== undefined;
      });
    });
    after(() => grantEverything(plane, false));
    for (const { what, request, says } of forbiddenWithEveryRight)
      it(what, async () => refused(await attempt(medic, request), says));
  });

  it("has no rule that none of these attempts met", async () => {
    const unmet = (await policyMessages(plane)).filter(
      (message) => ![...seen].some((sentence) => sentence.startsWith(message)),
    );
    assert.deepEqual(unmet, []);
  });

  describe("lets the medic", () => {
    const write = (set: string, ...operations: readonly Json[]): Attempt => ({
      method: "PATCH",
      path: `${setsPath(watched)}/${set}`,
      body: operations,
    });
    async function passes(request: Attempt): Promise<void> {
      assert.deepEqual(await attempt(medic, request), { status: 200, message: "done" });
    }
    for (const [index, [what, repair]] of Object.entries(permittedRepairs).entries()) {
      it(what, async () => {
        const client = String(20 + index);
        await stack(client, repair.stack);
        const request = write(`server-${client}`, ...repair.operations);
        await passes({ ...request, query: { dryRun: "All" } });
        await passes(request);
      });
    }

    it("replace a pod, also one that waits for a node", async () => {
      await passes({ method: "DELETE", path: `/api/v1/namespaces/${watched}/pods/server-1-0` });
      await stack("40", { fault: (set) => (podSpec(set)["nodeSelector"] = { there: "none" }) });
      const path = `/api/v1/namespaces/${watched}/pods/server-40-0`;
      await eventually("the pod is made", () => read(plane.admin, path));
      await passes({ method: "DELETE", path });
    });

    it("replace a pod that takes no time to end", async () => {
      await stack("41", { fault: (set) => (podSpec(set)["terminationGracePeriodSeconds"] = 0) });
      await eventually("server-41 runs", () => isPodReady(plane.admin, watched, "server-41"));
      await passes({ method: "DELETE", path: `/api/v1/namespaces/${watched}/pods/server-41-0` });
    });

    it("uncordon a node, by false and by leaving it out", async () => {
      for (const operation of [{ op: "replace", value: false }, { op: "remove" }]) {
        await change(plane.admin, "/api/v1/nodes/fake-1", (node) => {
          (node["spec"] as Json)["unschedulable"] = true;
        });
        await passes({
          method: "PATCH",
          path: "/api/v1/nodes/fake-1",
          body: [{ path: "/spec/unschedulable", ...operation }],
        });
      }
    });

    it("say on a StatefulSet what it did", async () => {
      await passes(event(watched, "StatefulSet", own));
    });

    it("hold its one Lease", async () => {
      const leases = `/apis/coordination.k8s.io/v1/namespaces/${own}/leases`;
      const metadata = { name: "build-medic-leader" };
      await passes({ method: "POST", path: leases, body: { metadata, spec: {} } });
      const path = `${leases}/${metadata.name}`;
      await passes({ method: "PUT", path, body: await read(plane.admin, path) });
      await callApi(plane.admin, "DELETE", path);
    });
  });

  describe("and the medic with its own token", () => {
    let api: MessagesApi;
    let model: (request: ModelRequest) => readonly (readonly [tool: string, input: object])[] = () => [];

    before(async () => {
      for (const namespace of [watched, pausedBuild, unwatched])
        await callApi(plane.admin, "DELETE", `/api/v1/namespaces/${namespace}`);
      await change(plane.admin, "/api/v1/nodes/fake-2", (node) => {
        (node["metadata"] as { annotations: Record<string, string> }).annotations = {
          "kwok.x-k8s.io/node": "fake",
        };
      });
      api = await startMessagesApi({
        respond: (request) => ({
          kind: "message",
          content: [
            { type: "text", text: "So be it." },
            ...model(request).map(([name, input]) => ({
              type: "tool_use" as const,
              name: `mcp__k8s__${name}`,
              input,
            })),
          ],
        }),
      });
    });
    after(() => api?.close());

    it("repairs an image, then uncordons through an episode, and is refused nothing", async () => {
      const process = await startMedic({
        kubeconfig,
        env: {
          ANTHROPIC_BASE_URL: api.url,
          ANTHROPIC_API_KEY: "sk-ant-the-key-of-this-test-0123456789",
          MEDIC_ALLOW_NODE_PATCH: "true",
          MEDIC_ACCEPT_EXCESS_RIGHTS: "false",
        },
      });
      try {
        await createBuild(plane.admin, "build-drifted");
        await createStack(plane.admin, { namespace: "build-drifted", client: "0", fault: badImage });
        await resolved("build-drifted", 1);
        const writes = await medicWrites(plane.auditLog, "build-drifted");
        assert.deepEqual(
          [...new Set(writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))].toSorted(),
          ["delete pods", "patch statefulsets"],
        );
        for (const name of ["fake-1", "fake-2"])
          await change(plane.admin, `/api/v1/nodes/${name}`, (node) => {
            (node["spec"] as Json)["unschedulable"] = true;
          });
        model = ({ body }) => {
          const turn = (body.messages as readonly { role: string }[]).filter(
            ({ role }) => role === "assistant",
          ).length;
          if (turn === 0) return [["get_nodes", {}]];
          return turn === 1 ? [["uncordon_node", { node: "fake-2", reason: "it waits" }]] : [];
        };
        await createBuild(plane.admin, "build-cordoned");
        await createStack(plane.admin, { namespace: "build-cordoned", client: "0" });
        await resolved("build-cordoned", 2);
        assert.ok(await isPodReady(plane.admin, "build-cordoned", "server-0"));
      } finally {
        assert.equal(await process.stop(), 0);
      }
      assert.deepEqual(await refusalsOf(plane, "build-medic/0"), []);
    });

    async function resolved(namespace: string, tier: number): Promise<void> {
      await eventually(`the incident of ${namespace} is resolved`, async () =>
        (await incidentsOf(plane.admin, namespace)).some(
          ({ status }) => status?.phase === "Resolved" && (status as { tier?: number }).tier === tier,
        ),
      );
    }

    it("keeps its incidents to itself and to their status", async () => {
      const list = (await read(plane.admin, incidentsPath)) as { items: { metadata: { name: string } }[] };
      const [incident] = list.items;
      assert.ok(incident);
      const path = `${incidentsPath}/${incident.metadata.name}`;
      const answer = await attempt(medic, {
        method: "PATCH",
        path,
        body: [{ op: "add", path: "/metadata/labels", value: { x: "y" } }],
      });
      assert.equal(answer.status, 403);
      assert.deepEqual(await attempt(medic, { method: "DELETE", path }), { status: 200, message: "done" });
    });
  });
});
