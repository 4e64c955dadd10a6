import assert from "node:assert/strict";
import { test } from "node:test";
import { NETWORK_FAULTS } from "./catalogue.ts";
import { networkChaos } from "./chaos-mesh.ts";

test("a NetworkChaos selects the two halves of one stack and nothing else", () => {
  const { spec } = networkChaos("partition", { namespace: "build-1", client: 2 });
  assert.deepEqual(spec, {
    action: "partition",
    direction: "both",
    mode: "all",
    selector: { namespaces: ["build-1"], labelSelectors: { "medic/client": "2", "medic/role": "server" } },
    target: {
      mode: "all",
      selector: { namespaces: ["build-1"], labelSelectors: { "medic/client": "2", "medic/role": "db" } },
    },
  });
});

test("neither its name nor its labels give the fault away", () => {
  for (const fault of NETWORK_FAULTS) {
    const { metadata } = networkChaos(fault, { namespace: "build-1", client: 2 });
    assert.deepEqual(metadata, { name: "network-2", namespace: "build-1" });
  }
});
