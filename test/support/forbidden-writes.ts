import { forbiddenOnStatefulSets, patch, unwatched, watched } from "./forbidden-set-writes.ts";
import type { Forbidden, Operation } from "./forbidden-set-writes.ts";
import type { Attempt } from "./medic-chart.ts";
import { setsPath } from "./test-stack.ts";

const own = "build-medic";
const pods = `/api/v1/namespaces/${watched}/pods`;
const node = (what: string, says: RegExp, name: string, ...operations: readonly Operation[]): Forbidden => ({
  what,
  request: { ...patch("", operations), path: `/api/v1/nodes/${name}` },
  says,
});
const onlyUnschedulable = /of a node only spec\.unschedulable/;

export const event = (namespace: string, kind: string, component: string): Attempt => ({
  method: "POST",
  path: `/api/v1/namespaces/${namespace}/events`,
  body: {
    metadata: { name: `server-0.${kind}.${component}`.toLowerCase() },
    involvedObject: { kind, name: "server-0", namespace },
    reason: "MedicActed",
    message: "x",
    source: { component },
  },
});

/** On pods, nodes and Events; fake-2 is in maintenance. */
const onPodsAndNodes: readonly Forbidden[] = [
  {
    what: "an Event in a namespace that is not watched",
    request: event(unwatched, "StatefulSet", own),
    says: /not labelled medic\/watch=true/,
  },
  {
    what: "an Event about a pod",
    request: event(watched, "Pod", own),
    says: /an Event is about a StatefulSet/,
  },
  {
    what: "an Event in somebody else's name",
    request: event(watched, "StatefulSet", "kubelet"),
    says: /an Event is about a StatefulSet/,
  },
  {
    what: "a pod without its time to end",
    request: { method: "DELETE", path: `${pods}/server-0-0`, body: { gracePeriodSeconds: 0 } },
    says: /gracePeriodSeconds 0/,
  },
  {
    what: "a pod without its time to end, asked for in the query",
    request: { method: "DELETE", path: `${pods}/server-0-0`, query: { gracePeriodSeconds: "0" } },
    says: /gracePeriodSeconds 0/,
  },
  {
    what: "a pod of no StatefulSet",
    request: { method: "DELETE", path: `${pods}/bare` },
    says: /only pods of StatefulSets/,
  },
  {
    what: "a pod in a namespace that is not watched",
    request: { method: "DELETE", path: `/api/v1/namespaces/${unwatched}/pods/server-0-0` },
    says: /not labelled medic\/watch=true/,
  },
  node("a cordon", /never cordoned/, "fake-1", ["add", "/spec/unschedulable", true]),
  node("a node's taints", onlyUnschedulable, "fake-1", [
    "add",
    "/spec/taints",
    [{ key: "x", effect: "NoExecute" }],
  ]),
  node("a node's labels", onlyUnschedulable, "fake-1", ["add", "/metadata/labels/pool", "tests"]),
  node("a node's annotations", onlyUnschedulable, "fake-2", [
    "remove",
    "/metadata/annotations/medic~1maintenance",
  ]),
  node("a node in maintenance", /annotated medic\/maintenance/, "fake-2", [
    "replace",
    "/spec/unschedulable",
    false,
  ]),
];

export const forbiddenWithOwnRights: readonly Forbidden[] = [...forbiddenOnStatefulSets, ...onPodsAndNodes];

const never = /the medic never does this: /;
const does = (what: string, method: Attempt["method"], path: string, body?: unknown): Forbidden => ({
  what,
  request: { method, path, ...(body === undefined ? {} : { body }) },
  says: never,
});
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const set = `${setsPath(watched)}/server-0`;
const pod = { metadata: { name: "new" }, spec: { containers: [{ name: "x", image: "x:1" }] } };
const replicas = [{ op: "replace", path: "/spec/replicas", value: 3 }];

/** What RBAC does not grant either: attempted with every right there is. */
export const forbiddenWithEveryRight: readonly Forbidden[] = [
  does("a secret", "POST", `/api/v1/namespaces/${watched}/secrets`, { metadata: { name: "new" } }),
  does("a config map in its own namespace", "POST", `/api/v1/namespaces/${own}/configmaps`, {
    metadata: { name: "x" },
  }),
  does("a pod", "POST", pods, pod),
  {
    what: "a command in a pod",
    request: {
      method: "POST",
      path: `${pods}/server-0-0/exec`,
      query: { command: "id", container: "server" },
    },
    says: never,
  },
  does("an eviction", "POST", `${pods}/server-0-0/eviction`, { metadata: { name: "server-0-0" } }),
  does("a pod's labels", "PATCH", `${pods}/server-0-0`, [
    { op: "add", path: "/metadata/labels/x", value: "y" },
  ]),
  {
    what: "all pods at once",
    request: { method: "DELETE", path: pods },
    says: /never as a collection/,
  },
  does("a StatefulSet", "POST", setsPath(watched), {
    metadata: { name: "new" },
    spec: { selector: { matchLabels: { a: "b" } }, template: { ...pod, metadata: { labels: { a: "b" } } } },
  }),
  does("no StatefulSet", "DELETE", set),
  does("the scale of a StatefulSet", "PATCH", `${set}/scale`, replicas),
  does("the status of a StatefulSet", "PATCH", `${set}/status`, [
    { op: "replace", path: "/status/replicas", value: 9 },
  ]),
  does("no node", "DELETE", "/api/v1/nodes/fake-1"),
  does("a node's status", "PATCH", "/api/v1/nodes/fake-1/status", [
    { op: "add", path: "/status/capacity/pods", value: "1" },
  ]),
  does("a namespace as watched", "PATCH", `/api/v1/namespaces/${unwatched}`, [
    { op: "add", path: "/metadata/labels/medic~1watch", value: "true" },
  ]),
  does("no namespace", "DELETE", `/api/v1/namespaces/${watched}`),
  does("rights for itself", "POST", `${rbac}/clusterrolebindings`, {
    metadata: { name: "more" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: own, namespace: own }],
  }),
  does("a token", "POST", `/api/v1/namespaces/${own}/serviceaccounts/${own}/token`, { spec: {} }),
  does("an incident elsewhere", "POST", `/apis/buildmedic.dev/v1alpha1/namespaces/${watched}/incidents`, {
    apiVersion: "buildmedic.dev/v1alpha1",
    kind: "Incident",
    metadata: { name: "x" },
    spec: { namespace: watched, client: "0", runId: "1", statefulSet: "s", statefulSetUid: "u", pod: "p" },
  }),
  {
    what: "the Lease of somebody else",
    request: {
      method: "POST",
      path: `/apis/coordination.k8s.io/v1/namespaces/${own}/leases`,
      body: { metadata: { name: "of-somebody-else" } },
    },
    says: /the one Lease of the medic/,
  },
  does("a Lease elsewhere", "POST", `/apis/coordination.k8s.io/v1/namespaces/${watched}/leases`, {
    metadata: { name: own },
  }),
];
