import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../farm/build/command.ts";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { kubectlPath } from "../../farm/cluster/kube-tools.ts";
import { installMedicChart } from "../support/medic-chart.ts";
import { eventually } from "../support/test-stack.ts";

const RBAC = fileURLToPath(new URL("../../deploy/arc/rbac.yaml", import.meta.url));
const RUNNER = "system:serviceaccount:arc-runners:farm-runner";
const FAULT = "system:serviceaccount:arc-runners:farm-fault";
const MEDIC = "system:serviceaccount:build-medic:build-medic";
const build = "build-4711-1";

/** As much of Chaos Mesh as the question "may it?" needs. */
const chaos = {
  metadata: { name: "networkchaos.chaos-mesh.org" },
  spec: {
    group: "chaos-mesh.org",
    scope: "Namespaced",
    names: { plural: "networkchaos", kind: "NetworkChaos" },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

/** The three accounts of a farm on a real API server: what each may do, and what the other two may not. */
describe("the split of rights between the runner, the faults and the medic", () => {
  let plane: ControlPlane;
  let kubectl: string;

  before(async () => {
    kubectl = await kubectlPath();
    plane = await startControlPlane({ log: () => {} });
    await callApi(plane.admin, "POST", "/api/v1/namespaces", { body: { metadata: { name: "arc-runners" } } });
    await installMedicChart(plane, {
      "config.allowNodePatch": true,
      "model.provider": "anthropic",
      "model.anthropic.existingSecret": "model",
    });
    await callApi(plane.admin, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      body: chaos,
    });
    const applied = await asAdmin("apply", "-f", RBAC);
    assert.equal(applied.code, 0, applied.stderr);
    await eventually("the policy is enforced", async () => {
      const tried = await as(RUNNER, { metadata: { name: "x" } }, "create", "--dry-run=server");
      return /namespaces of builds/.test(tried.stderr);
    });
    const made = await as(RUNNER, buildNamespace(build), "create");
    assert.equal(made.code, 0, made.stderr);
  });
  after(async () => plane?.stop());

  const asAdmin = (...args: string[]) => runCommand(kubectl, args, { env: { KUBECONFIG: plane.kubeconfig } });
  const impersonate = (user: string, ...args: string[]) => asAdmin(...args, `--as=${user}`);

  /** Sends an object of kind Namespace as an account. */
  function as(user: string, object: object, ...args: string[]) {
    const input = JSON.stringify({ apiVersion: "v1", kind: "Namespace", ...object });
    const [verb = "", ...flags] = args;
    const all = [verb, "-f", "-", `--as=${user}`, ...flags];
    return runCommand(kubectl, all, { env: { KUBECONFIG: plane.kubeconfig }, input });
  }

  const buildNamespace = (name: string) => ({
    metadata: { name, labels: { "medic/run-id": name.replace(/^build-/, ""), "medic/watch": "true" } },
  });

  async function may(user: string, verb: string, resource: string, namespace?: string): Promise<boolean> {
    const where = namespace === undefined ? ["--all-namespaces"] : ["-n", namespace];
    const answer = await impersonate(user, "auth", "can-i", verb, resource, ...where);
    assert.match(answer.stdout, /^(yes|no)/, answer.stderr);
    return answer.stdout.startsWith("yes");
  }

  const SPLIT: readonly (readonly [verb: string, resource: string, who: readonly string[]])[] = [
    ["create", "namespaces", [RUNNER]],
    ["delete", "namespaces", [RUNNER]],
    ["create", "rolebindings", [RUNNER]],
    // The medic may uncordon; its own policy lets it do nothing else to a node.
    ["patch", "nodes", [FAULT, MEDIC]],
    ["delete", "nodes", []],
    ["update", "nodes", []],
    ["delete", "pods", [FAULT, MEDIC]],
    ["patch", "statefulsets", [FAULT, MEDIC]],
    ["create", "networkchaos.chaos-mesh.org", [FAULT]],
    ["delete", "networkchaos.chaos-mesh.org", [FAULT]],
    ["get", "secrets", []],
    ["create", "pods/exec", []],
    ["create", "pods", []],
    ["impersonate", "users", []],
    ["escalate", "clusterroles", []],
    ["update", "incidents.buildmedic.dev", []],
    ["list", "incidents.buildmedic.dev", [RUNNER]],
  ];
  for (const [verb, resource, who] of SPLIT)
    it(`${verb} ${resource}: ${who.map((user) => user.split(":").at(-1)).join(" and ") || "nobody"}`, async () => {
      for (const user of [RUNNER, FAULT, MEDIC])
        assert.equal(await may(user, verb, resource), who.includes(user), `${user} ${verb} ${resource}`);
    });

  it("the runner gives itself its role in the namespace of its build, and there it may deploy", async () => {
    assert.equal(await may(RUNNER, "create", "statefulsets", build), false, "not before");
    const bound = await bind(build, "farm-build", RUNNER);
    assert.equal(bound.code, 0, bound.stderr);
    await eventually("the role is in force", () => may(RUNNER, "create", "statefulsets", build));
    for (const [verb, resource] of [
      ["create", "secrets"],
      ["create", "pods/exec"],
      ["list", "events"],
    ] as const)
      assert.ok(await may(RUNNER, verb, resource, build), `${verb} ${resource}`);
    // What would break a stack stays with the other account, here, too.
    for (const resource of ["pods", "networkchaos.chaos-mesh.org", "nodes"])
      assert.equal(await may(RUNNER, "delete", resource, build), false, resource);
    assert.equal(await may(RUNNER, "create", "secrets", "kube-system"), false);
  });

  const bind = (namespace: string, role: string, user: string) =>
    impersonate(
      RUNNER,
      "create",
      "rolebinding",
      `b-${Math.random().toString(36).slice(2)}`,
      "-n",
      namespace,
      `--clusterrole=${role}`,
      `--user=${user}`,
    );

  const REFUSED: Record<string, () => Promise<{ readonly code: number; readonly stderr: string }>> = {
    "the runner binding its role in kube-system": () => bind("kube-system", "farm-build", RUNNER),
    "the runner binding its role in the medic's namespace": () => bind("build-medic", "farm-build", RUNNER),
    "the runner giving its role to the account for faults": () => bind(build, "farm-build", FAULT),
    "the runner binding a role that may do everything": () => bind(build, "cluster-admin", RUNNER),
    "the runner deleting a namespace that is no build's": () =>
      impersonate(RUNNER, "delete", "namespace", "build-medic"),
    "the runner making a namespace without a build's label": () =>
      as(RUNNER, { metadata: { name: "build-2" } }, "create"),
    "the runner making a namespace whose name and label differ": () =>
      as(RUNNER, { metadata: { name: "kube-new", labels: { "medic/run-id": "1" } } }, "create"),
    "the account for faults changing a StatefulSet that is no build's": async () => {
      await createVictim();
      return impersonate(
        FAULT,
        "patch",
        "statefulset",
        "victim",
        "-n",
        "arc-runners",
        "-p",
        '{"spec":{"replicas":0}}',
      );
    },
    "the account for faults relabelling a node": async () => {
      await callApi(plane.admin, "POST", "/api/v1/nodes", { body: { metadata: { name: "n1" } } });
      return impersonate(FAULT, "label", "node", "n1", "a=b");
    },
    "the account for faults tainting a node": async () => {
      await callApi(plane.admin, "POST", "/api/v1/nodes", { body: { metadata: { name: "n1" } } });
      return impersonate(FAULT, "taint", "node", "n1", "a=b:NoExecute");
    },
  };
  for (const [name, attempt] of Object.entries(REFUSED))
    it(`${name} is refused`, async () => {
      const { code, stderr } = await attempt();
      assert.notEqual(code, 0);
      assert.match(stderr, /this account|forbidden|Forbidden/, stderr);
      assert.doesNotMatch(stderr, /resulted in error/, "refused for its reason");
    });

  async function createVictim(): Promise<void> {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { serviceName: "s", selector: { matchLabels: { a: "b" } }, template };
    const path = "/apis/apps/v1/namespaces/arc-runners/statefulsets";
    await callApi(plane.admin, "POST", path, { body: { metadata: { name: "victim" }, spec } });
  }

  it("the account for faults cordons a node and uncordons it, with the run's name on it", async () => {
    await callApi(plane.admin, "POST", "/api/v1/nodes", { body: { metadata: { name: "n2" } } });
    for (const [mark, unschedulable] of [
      ["4711-1", true],
      [null, null],
    ] as const) {
      const patch = {
        metadata: { annotations: { "build-farm/cordoned-by": mark } },
        spec: { unschedulable },
      };
      const done = await impersonate(FAULT, "patch", "node", "n2", "-p", JSON.stringify(patch));
      assert.equal(done.code, 0, done.stderr);
    }
  });

  it("the runner takes its build away again", async () => {
    const gone = await impersonate(RUNNER, "delete", "namespace", build, "--wait=false");
    assert.equal(gone.code, 0, gone.stderr);
  });
});
