import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ReconcileToIntent } from "../../src/core/action.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { ApiClient } from "../../src/kube/api-client.ts";
import { execute } from "../../src/kube/execute.ts";
import { aStack } from "../support/builders.ts";
import { clientFor } from "../support/contract-cluster.ts";
import { createBuild, createStack, read, setsPath } from "../support/test-stack.ts";

interface StoredSet {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
  readonly spec: { readonly replicas: number; readonly template: JsonObject };
}

describe("a write from a state that is no more", () => {
  let plane: ControlPlane;
  let client: ApiClient;
  const namespace = "build-1";

  before(async () => {
    plane = await startControlPlane({ log: () => {} });
    client = await clientFor(plane.kubeconfig, "execute");
    await createBuild(plane.admin, namespace);
    await createStack(plane.admin, { namespace, client: "0" });
  });
  after(async () => {
    client?.close();
    await plane?.stop();
  });

  const stored = async (): Promise<StoredSet> =>
    (await read(plane.admin, `${setsPath(namespace)}/server-0`)) as unknown as StoredSet;

  /** Sets replicas to 0, from the given state. */
  async function write({ metadata, spec }: StoredSet, replicas = 0) {
    const { uid, resourceVersion } = metadata;
    const action: ReconcileToIntent = {
      kind: "reconcile-to-intent",
      namespace,
      statefulSet: "server-0",
      uid,
      expect: spec,
      replicas,
      changes: [],
    };
    const snapshot = aStack().set({ uid, resourceVersion }).snapshot();
    return execute(client, action, snapshot, { signal: AbortSignal.timeout(10_000) });
  }

  const stale: Readonly<Record<string, (set: StoredSet) => StoredSet>> = {
    "another version": (set) => ({ ...set, metadata: { ...set.metadata, resourceVersion: "1" } }),
    "other replicas": (set) => ({ ...set, spec: { ...set.spec, replicas: 7 } }),
    "another object of that name": (set) => ({ ...set, metadata: { ...set.metadata, uid: "u-1" } }),
  };
  for (const [what, from] of Object.entries(stale))
    it(`changes nothing, and is known for what it is: ${what}`, async () => {
      const before = await stored();
      assert.deepEqual(await write(from(before)), {
        outcome: "conflict",
        detail: "the target changed meanwhile",
      });
      assert.deepEqual(await stored(), before);
    });

  it("is told from one that the API server finds wrong", async () => {
    const { outcome, detail } = await write(await stored(), -1);
    assert.equal(outcome, "failed");
    assert.match(detail, /spec\.replicas: Invalid value/);
  });

  it("and one from the present state is carried out", async () => {
    assert.equal((await write(await stored())).outcome, "applied");
    assert.equal((await stored()).spec.replicas, 0);
  });
});
