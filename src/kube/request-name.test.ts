import assert from "node:assert/strict";
import { test } from "node:test";
import { requestName } from "./request-name.ts";

const cases: readonly [method: string, path: string, name: string][] = [
  ["GET", "/api/v1/namespaces", "list namespaces"],
  ["GET", "/api/v1/namespaces/ci-1", "get Namespace ci-1"],
  ["PUT", "/api/v1/namespaces/ci-1/status", "update status of Namespace ci-1"],
  ["GET", "/api/v1/namespaces/ci-1/pods", "list pods in ci-1"],
  ["GET", "/api/v1/pods", "list pods"],
  ["DELETE", "/api/v1/namespaces/ci-1/pods/server-0", "delete Pod ci-1/server-0"],
  ["GET", "/api/v1/namespaces/ci-1/pods/server-0/log", "get log of Pod ci-1/server-0"],
  ["PATCH", "/api/v1/nodes/node-1", "patch Node node-1"],
  ["PATCH", "/apis/apps/v1/namespaces/ci-1/statefulsets/db-0", "patch StatefulSet ci-1/db-0"],
  ["GET", "/apis/apps/v1/statefulsets", "list statefulsets"],
  ["POST", "/apis/buildmedic.dev/v1alpha1/namespaces/medic/incidents", "create Incident in medic"],
  [
    "PUT",
    "/apis/buildmedic.dev/v1alpha1/namespaces/medic/incidents/a/status",
    "update status of Incident medic/a",
  ],
  ["POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "create SelfSubjectAccessReview"],
  ["GET", "/apis/example.org/v1/widgets/w", "get widgets w"],
  ["GET", "/version", "get /version"],
];

for (const [method, path, name] of cases) {
  test(`calls ${method} ${path} "${name}"`, () => assert.equal(requestName(method, path), name));
}

test("tells a watch from a list", () => {
  assert.equal(requestName("GET", "/api/v1/namespaces/ci-1/pods", true), "watch pods in ci-1");
});
