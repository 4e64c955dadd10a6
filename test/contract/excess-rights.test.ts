import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { permittedRights } from "../../src/kube/rights.ts";
import type { Right } from "../../src/kube/rights.ts";
import { incidentsOf, installMedic, medicWrites, startMedic } from "../support/medic-process.ts";
import type { MedicProcess } from "../support/medic-process.ts";
import { containerOf, createBuild, createStack, eventually, isPodReady } from "../support/test-stack.ts";

const stage = fileURLToPath(new URL("../support/stages/image-missing.yaml", import.meta.url));

/** An account with exactly the rights of the code, and others with more. RBAC is the API server's own. */
describe("the medic's account", () => {
  let plane: ControlPlane;
  let builds = 0;

  before(async () => {
    plane = await startControlPlane({ log: () => {}, fakeNodes: { count: 2, stages: [stage] } });
    await installMedic(plane.admin);
  });
  after(async () => {
    await plane?.stop();
  });

  async function create(path: string, body: object): Promise<void> {
    const answer = await callApi(plane.admin, "POST", path, { body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
  }

  /** A user with these rights; the medic's own ones only in its namespace. */
  async function user(name: string, rights: readonly Right[]): Promise<string> {
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const rules = (own: boolean) =>
      rights
        .filter((right) => (right.own === true) === own)
        .map(({ group, resource, subresource, name: only, verbs }) => ({
          apiGroups: [group],
          resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
          ...(only === undefined ? {} : { resourceNames: [only] }),
          verbs,
        }));
    const subjects = [{ kind: "User", name, apiGroup: "rbac.authorization.k8s.io" }];
    const metadata = { name };
    const ref = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
    await create(`${rbac}/clusterroles`, { metadata, rules: rules(false) });
    await create(`${rbac}/clusterrolebindings`, { metadata, subjects, roleRef: ref("ClusterRole") });
    const own = `${rbac}/namespaces/build-medic`;
    await create(`${own}/roles`, { metadata, rules: rules(true) });
    await create(`${own}/rolebindings`, { metadata, subjects, roleRef: ref("Role") });
    return plane.kubeconfigFor({ user: name });
  }

  async function withMedic(
    kubeconfig: string,
    env: Readonly<Record<string, string>>,
    work: (medic: MedicProcess, namespace: string) => Promise<void>,
  ): Promise<void> {
    const medic = await startMedic({
      kubeconfig,
      env: { MEDIC_ACCEPT_EXCESS_RIGHTS: "false", ...env },
    });
    builds += 1;
    const namespace = `build-${builds}`;
    try {
      await createBuild(plane.admin, namespace);
      await createStack(plane.admin, {
        namespace,
        client: "0",
        fault: (set) => (containerOf(set)["image"] = "farm.test/server:missing"),
      });
      await work(medic, namespace);
    } finally {
      await medic.stop();
      await callApi(plane.admin, "DELETE", `/api/v1/namespaces/${namespace}`);
    }
  }

  async function repairs(_: MedicProcess, namespace: string): Promise<void> {
    await eventually("the stack is ready", () => isPodReady(plane.admin, namespace, "server-0"));
  }

  const excessOf = ({ lines }: MedicProcess): string =>
    (lines.find(({ excess }) => excess !== undefined)?.["excess"] ?? "none") as string;

  async function onlyObserves(medic: MedicProcess, namespace: string): Promise<void> {
    await eventually("it is escalated", async () =>
      (await incidentsOf(plane.admin, namespace)).some(({ status }) => status?.phase === "Escalated"),
    );
    await delay(1000);
    assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
    assert.ok(medic.lines.some(({ msg }) => String(msg).startsWith("THE ACCOUNT MAY DO MORE")));
  }

  it("with exactly the rights of the code acts, and has nothing to say about them", async () => {
    const kubeconfig = await user("exact", permittedRights({ allowNodePatch: false }));
    await withMedic(kubeconfig, {}, async (medic, namespace) => {
      await repairs(medic, namespace);
      assert.equal(excessOf(medic), "none");
    });
  });

  it("with one right more only observes, and says which", async () => {
    const kubeconfig = await user("curious", [
      ...permittedRights({ allowNodePatch: false }),
      { group: "", resource: "secrets", verbs: ["get"] },
    ]);
    await withMedic(kubeconfig, {}, async (medic, namespace) => {
      await onlyObserves(medic, namespace);
      assert.equal(excessOf(medic), "get on secrets");
    });
  });

  const leases = { group: "coordination.k8s.io", resource: "leases", own: true } as const;

  it("that may change every Lease of its namespace, or one more, only observes", async () => {
    const exact = permittedRights({ allowNodePatch: false });
    const anyLease = await user("any-lease", [...exact, { ...leases, verbs: ["get", "update"] }]);
    await withMedic(anyLease, {}, async (medic, namespace) => {
      await onlyObserves(medic, namespace);
      assert.equal(excessOf(medic), "get, update on leases (coordination.k8s.io)");
    });
    const other = await user("other-lease", [
      ...exact,
      { ...leases, name: "of-somebody-else", verbs: ["update"] },
    ]);
    await withMedic(other, {}, async (medic, namespace) => {
      await onlyObserves(medic, namespace);
      assert.equal(excessOf(medic), "update on leases (coordination.k8s.io) named of-somebody-else");
    });
  });

  it("that may do with its one Lease what it never does only observes", async () => {
    const kubeconfig = await user("lease-remover", [
      ...permittedRights({ allowNodePatch: false }),
      { ...leases, name: "build-medic-leader", verbs: ["delete"] },
    ]);
    await withMedic(kubeconfig, {}, async (medic, namespace) => {
      await onlyObserves(medic, namespace);
      assert.equal(excessOf(medic), "delete on leases (coordination.k8s.io) named build-medic-leader");
    });
  });

  it("that may not change the one Lease is told so", async () => {
    const kubeconfig = await user("without-lease", [
      ...permittedRights({ allowNodePatch: false }).filter(({ name }) => name === undefined),
      { ...leases, name: "of-somebody-else", verbs: ["get", "update"] },
    ]);
    await assert.rejects(
      withMedic(kubeconfig, {}, async () => {}),
      /may not: get leases\.coordination\.k8s\.io named build-medic-leader in build-medic; update leases/,
    );
  });

  it("that may patch nodes while the flag is off only observes", async () => {
    const kubeconfig = await user("patcher", permittedRights({ allowNodePatch: true }));
    await withMedic(kubeconfig, {}, async (medic, namespace) => {
      await onlyObserves(medic, namespace);
      assert.equal(excessOf(medic), "patch on nodes");
    });
    await withMedic(kubeconfig, { MEDIC_ALLOW_NODE_PATCH: "true" }, repairs);
  });

  it("of a developer who may do everything acts only when that was accepted", async () => {
    await withMedic(plane.kubeconfig, {}, async (medic, namespace) => {
      await onlyObserves(medic, namespace);
      assert.match(excessOf(medic), /^do anything on everything/);
    });
    await withMedic(plane.kubeconfig, { MEDIC_ACCEPT_EXCESS_RIGHTS: "true" }, repairs);
  });
});
