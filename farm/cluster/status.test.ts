import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { statusTable, troubles, type FarmHealth } from "./status.ts";

const health: FarmHealth = {
  healthy: false,
  provider: "local",
  kubernetesVersion: "v1.34.4",
  kubeconfig: "/farm/admin.kubeconfig",
  registry: "127.0.0.1:5077",
  components: [
    { name: "Kubernetes API", healthy: true, detail: "ready" },
    { name: "etcd", healthy: false, detail: "process 7 is gone" },
  ],
  nodes: [
    { name: "node-1", ready: true, cordoned: true, version: "v1.34.4" },
    { name: "node-2", ready: false, cordoned: false, version: "v1.34.4" },
  ],
};

describe("the farm's status", () => {
  it("names every part that is not well", () => {
    assert.deepEqual(troubles(health), ["etcd", "node-2"]);
  });

  it("is a table that shows cordons and what to do about a sick farm", () => {
    assert.equal(
      statusTable(health),
      `farm (local, Kubernetes v1.34.4) is NOT healthy: \`build-medic farm up\` cleans it up and starts a fresh one
  Kubernetes API  ok      ready
  etcd            NOT OK  process 7 is gone
  node node-1     ok      Ready, cordoned, v1.34.4
  node node-2     NOT OK  NotReady, v1.34.4
  kubeconfig /farm/admin.kubeconfig, registry 127.0.0.1:5077`,
    );
  });

  it("says how to start a farm when there is none", () => {
    assert.match(statusTable({ healthy: false, components: [], nodes: [] }), /no farm is up; .*farm up/);
  });
});
