import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import type { V1Lease, V1Pod } from "@kubernetes/client-node";
import type { Kube } from "../../farm/build/kube.ts";
import { callApi } from "../../farm/cluster/api-client.ts";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { CHAIN } from "../../farm/faults/network-rules.ts";
import { applyRules, findPodNetwork, removeRules } from "../../farm/faults/pod-network.ts";
import { loadCluster } from "../../src/kube/kubeconfig.ts";
import { LEADER_LEASE } from "../../src/core/contract.ts";
import { leadingPod, medicPods } from "./medic-in-farm.ts";
import { incidentsOf, medicWrites } from "./medic-process.ts";
import type { StoredIncident } from "./medic-process.ts";
import { containerOf, createBuild, createStack, eventually, isPodReady, read } from "./test-stack.ts";

const leasePath = `/apis/coordination.k8s.io/v1/namespaces/build-medic/leases/${LEADER_LEASE}`;
const podsPath = "/api/v1/namespaces/build-medic/pods";

export interface ReplicasOptions {
  readonly kube: Kube;
  readonly admin: ApiAccess;
  /** The API server's own. */
  readonly auditLog: string;
  /** An image that has Node. */
  readonly image: string;
}

/** The replicas of a medic on real nodes, builds for them to repair, and ways to lose one. Everything is asked of the API server. */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly builds: string[] = [];
  /** How long the audit log was before each of them. */
  readonly #from = new Map<string, number>();

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  pods(): Promise<readonly V1Pod[]> {
    return medicPods(this.#options.kube);
  }

  async areReady(count: number): Promise<boolean> {
    const pods = await this.pods();
    return pods.length === count && pods.every(isReady);
  }

  async holder(): Promise<string> {
    const lease = (await read(this.#options.admin, leasePath)) as V1Lease | undefined;
    return lease?.spec?.holderIdentity ?? "";
  }

  leader(): Promise<V1Pod> {
    return eventually("one leads", () => leadingPod(this.#options.kube), 60);
  }

  async follower(): Promise<V1Pod> {
    const leader = nameOf(await this.leader());
    const found = (await this.pods()).find((pod) => nameOf(pod) !== leader);
    assert.ok(found, "there is a follower");
    return found;
  }

  /** Seconds until somebody else holds the lease. */
  async takenFrom(holder: string): Promise<number> {
    const begin = performance.now();
    await eventually("another one leads", async () => ![holder, ""].includes(await this.holder()), 60);
    return Math.round((performance.now() - begin) / 100) / 10;
  }

  /** A build whose one stack wants an image that is not there; with `undeclared` it is one for people. */
  async broken(undeclared = false): Promise<string> {
    const { admin, image } = this.#options;
    const namespace = `build-replicas-${randomBytes(3).toString("hex")}`;
    this.builds.push(namespace);
    this.#from.set(namespace, (await stat(this.#options.auditLog)).size);
    await createBuild(admin, namespace);
    await createStack(admin, {
      namespace,
      client: "0",
      runs: { image, command: ["node", "--eval", "setInterval(() => {}, 1e6)"] },
      ...(undeclared ? { annotations: { "medic/expected-replicas": "three" } } : {}),
      fault: (set) => (containerOf(set)["image"] = `${image}-missing`),
    });
    return namespace;
  }

  incident(namespace: string, is: (status: StoredIncident["status"]) => boolean): Promise<StoredIncident> {
    return eventually(`the incident of ${namespace} is as it should be`, async () =>
      (await incidentsOf(this.#options.admin, namespace)).find(
        ({ status }) => status !== undefined && is(status),
      ),
    );
  }

  #writes(namespace: string): ReturnType<typeof medicWrites> {
    return medicWrites(this.#options.auditLog, namespace, this.#from.get(namespace));
  }

  /** Resolves in the middle of a repair: the template has been written, the pod may not have been replaced. */
  async firstWrite(namespace: string): Promise<void> {
    await eventually("the medic's first write", async () => (await this.#writes(namespace)).length > 0);
  }

  /** The stack is ready, its one incident resolved, each write was made once, whoever made it. */
  async repairedOnce(namespace: string): Promise<void> {
    const { admin } = this.#options;
    await this.incident(namespace, ({ phase }) => phase === "Resolved");
    assert.ok(await isPodReady(admin, namespace, "server-0"));
    assert.equal((await incidentsOf(admin, namespace)).length, 1);
    const writes = await this.#writes(namespace);
    assert.deepEqual(
      writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`),
      ["patch server-0", "delete server-0-0"],
    );
  }

  async remove(pod: V1Pod, body: object = {}): Promise<void> {
    const { status } = await callApi(this.#options.admin, "DELETE", `${podsPath}/${nameOf(pod)}`, { body });
    assert.equal(status, 200);
  }

  /** What a drain of its node asks for: the answer's status. */
  async evict(pod: V1Pod): Promise<number> {
    const path = `${podsPath}/${nameOf(pod)}/eviction`;
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: nameOf(pod) } };
    return (await callApi(this.#options.admin, "POST", path, { body })).status;
  }

  /** Nothing gets in or out of the pod any more; resolves with how to end that. */
  async cutOff(pod: V1Pod): Promise<() => Promise<void>> {
    const network = await findPodNetwork(pod.metadata?.uid ?? "");
    assert.ok(network, "the pod's network is on this machine");
    const drop = (...way: readonly string[]) => ["-A", CHAIN, ...way, "eth0", "-j", "DROP"];
    const hook = (chain: string) => ["-I", chain, "-j", CHAIN];
    await applyRules(network, [["-N", CHAIN], hook("INPUT"), hook("OUTPUT"), drop("-i"), drop("-o")]);
    return () => removeRules(network);
  }

  async cleanUp(): Promise<void> {
    for (const namespace of this.builds)
      await callApi(this.#options.admin, "DELETE", `/api/v1/namespaces/${namespace}`);
  }
}

export function nameOf({ metadata }: V1Pod): string {
  return metadata?.name ?? "";
}

function isReady({ metadata, status }: V1Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
  return metadata?.deletionTimestamp === undefined && ready === true;
}

/** The administrator of a kubeconfig, as `callApi` knows one. */
export async function adminOf(kubeconfig: string): Promise<ApiAccess> {
  const access = await loadCluster({ kubeconfig, environment: {} });
  const { tls } = await access.credentials();
  const pem = (part: unknown): string => (Buffer.isBuffer(part) ? part.toString("utf8") : String(part));
  return { server: access.server, ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key) };
}
