import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, node, templateOf } from "../../test/support/stack-pieces.ts";
import type { JsonObject } from "./json.ts";
import { claimsOf, nodeTermsOf, unfitFor } from "./node-fit.ts";
import type { ClaimState, NodeState, Snapshot } from "./snapshot.ts";

const NO_SCHEDULE = { key: "gpu", effect: "NoSchedule" };
const node1 = node("node-1", {
  labels: { "kubernetes.io/os": "linux", "kubernetes.io/hostname": "node-1", cores: "8" },
});
const withTaint = (key: string, effect = "NoSchedule"): NodeState => ({
  ...node1,
  taints: [{ key, effect }],
});
const plain = templateOf("server");
const withSpec = (spec: JsonObject): JsonObject => templateOf("server", {}, spec);
const affine = (...terms: readonly JsonObject[]): JsonObject =>
  withSpec({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    },
  });
const wants = (key: string, operator: string, ...values: readonly string[]): JsonObject => ({
  matchExpressions: [{ key, operator, values }],
});
const tolerating = (...tolerations: readonly JsonObject[]): JsonObject => withSpec({ tolerations });
const boundTo = (hostname: string): readonly ClaimState[] => [
  claim({ nodeTerms: nodeTermsOf([wants("kubernetes.io/hostname", "In", hostname)]) }),
];

type Case = readonly [NodeState, JsonObject, Snapshot["claims"]?];
const fits: Record<string, Case> = {
  "a pod without demands fits any node": [node1, plain],
  "a cordon alone keeps no pod from fitting": [
    { ...withTaint("node.kubernetes.io/unschedulable"), unschedulable: true },
    plain,
  ],
  "a taint that is only a preference keeps no pod away": [withTaint("gpu", "PreferNoSchedule"), plain],
  "a node whose labels are selected": [node1, withSpec({ nodeSelector: { "kubernetes.io/os": "linux" } })],
  "a taint that is tolerated by its key": [withTaint("gpu"), tolerating({ key: "gpu", operator: "Exists" })],
  "a taint that is tolerated with its effect": [
    withTaint("gpu"),
    tolerating({ key: "gpu", operator: "Exists", effect: "NoSchedule" }),
  ],
  "any taint, for a pod that tolerates all": [withTaint("gpu"), tolerating({ operator: "Exists" })],
  "any taint, for a pod whose key and effect are empty": [
    withTaint("gpu"),
    tolerating({ key: "", effect: "", operator: "Exists" }),
  ],
  "one of several affinity terms matches": [
    node1,
    affine(wants("cores", "In", "4"), wants("cores", "In", "8")),
  ],
  "a label that is there": [node1, affine(wants("cores", "Exists"))],
  "a label that is not there": [node1, affine(wants("gpu", "DoesNotExist"))],
  "a label with none of the unwanted values": [node1, affine(wants("cores", "NotIn", "4"))],
  "an unwanted value of a label that is not there": [node1, affine(wants("gpu", "NotIn", "a"))],
  "more than a number": [node1, affine(wants("cores", "Gt", "4"))],
  "less than a number": [node1, affine(wants("cores", "Lt", "16"))],
  "an affinity that is only a preference": [
    node1,
    withSpec({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } }),
  ],
  "a volume that is bound to the node": [node1, plain, boundTo("node-1")],
  "a volume that demands nothing": [node1, plain, [claim()]],
  "a template that is noise": [node1, { spec: [] }],
};
for (const [what, [candidate, template, claims]] of Object.entries(fits)) {
  test(`fits: ${what}`, () => assert.equal(unfitFor(candidate, template, claims), undefined));
}

const affinity = "the pod's node affinity does not match it";
const unfit: Record<string, readonly [...Case, string]> = {
  "claims that could not be read": [
    node1,
    plain,
    "forbidden",
    "which nodes the pod's volumes are bound to could not be read",
  ],
  "another label than the selected one": [
    node1,
    withSpec({ nodeSelector: { "kubernetes.io/os": "windows" } }),
    undefined,
    'its label kubernetes.io/os is not "windows"',
  ],
  "a selected label that it does not have": [
    node1,
    withSpec({ nodeSelector: { gpu: "a" } }),
    undefined,
    'its label gpu is not "a"',
  ],
  "a taint that nobody tolerates": [
    { ...node1, taints: [NO_SCHEDULE] },
    plain,
    undefined,
    "the pod does not tolerate its taint gpu",
  ],
  "a taint that evicts": [
    withTaint("gpu", "NoExecute"),
    plain,
    undefined,
    "the pod does not tolerate its taint gpu",
  ],
  "a toleration of another taint": [
    withTaint("gpu"),
    tolerating({ key: "cpu", operator: "Exists" }),
    undefined,
    "the pod does not tolerate its taint gpu",
  ],
  "a toleration of another effect": [
    withTaint("gpu", "NoExecute"),
    tolerating({ key: "gpu", operator: "Exists", effect: "NoSchedule" }),
    undefined,
    "the pod does not tolerate its taint gpu",
  ],
  "a toleration of one value, as the taint's is not known": [
    withTaint("gpu"),
    tolerating({ key: "gpu", operator: "Equal", value: "a" }),
    undefined,
    "the pod does not tolerate its taint gpu",
  ],
  "a toleration without a key that is not for all": [
    withTaint("gpu"),
    tolerating({ operator: "Equal" }),
    undefined,
    "the pod does not tolerate its taint gpu",
  ],
  "no affinity term that matches": [node1, affine(wants("cores", "In", "4")), undefined, affinity],
  "one expression of a term that does not match": [
    node1,
    affine({
      matchExpressions: [
        { key: "cores", operator: "Exists" },
        { key: "gpu", operator: "Exists" },
      ],
    }),
    undefined,
    affinity,
  ],
  "a demand for a label that is not there": [node1, affine(wants("gpu", "In", "a")), undefined, affinity],
  "a demand for a label not to be there": [
    node1,
    affine(wants("cores", "DoesNotExist")),
    undefined,
    affinity,
  ],
  "an unwanted value": [node1, affine(wants("cores", "NotIn", "8")), undefined, affinity],
  "not more than a number": [node1, affine(wants("cores", "Gt", "8")), undefined, affinity],
  "not less than a number": [node1, affine(wants("cores", "Lt", "8")), undefined, affinity],
  "a number of a label that is not there": [node1, affine(wants("gpu", "Gt", "0")), undefined, affinity],
  "a comparison with nothing": [node1, affine(wants("cores", "Gt")), undefined, affinity],
  "an operator that nobody knows": [node1, affine(wants("cores", "Like", "8")), undefined, affinity],
  "an expression that cannot be read": [
    node1,
    affine({ matchExpressions: [{ key: 1, values: "8" }] }),
    undefined,
    affinity,
  ],
  "a demand for a field, which are not known here": [
    node1,
    affine({ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] }),
    undefined,
    affinity,
  ],
  "an empty term, which matches nothing": [node1, affine({}), undefined, affinity],
  "no terms at all, which match nothing": [node1, affine(), undefined, affinity],
  "a volume that is bound to another node": [
    node1,
    plain,
    boundTo("node-2"),
    "the volume of data-server-0-0 is bound to other nodes",
  ],
};
for (const [what, [candidate, template, claims, why]] of Object.entries(unfit)) {
  test(`does not fit: ${what}`, () => assert.equal(unfitFor(candidate, template, claims), why));
}

test("of the stack's claims only those of its own pods bind a StatefulSet", () => {
  const own = [claim(), claim({ name: "logs-server-0-1" })];
  const claims = [...own, claim({ name: "data-db-0-0" }), claim({ name: "data-server-01-0" })];
  assert.deepEqual(claimsOf({ name: "server-0" }, claims), own);
  assert.equal(claimsOf({ name: "server-0" }, "forbidden"), "forbidden");
  assert.equal(claimsOf({ name: "server-0" }, undefined), undefined);
});
