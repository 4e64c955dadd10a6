/** Labels and annotations that builds and the medic agree on. People script against these names: they never change. */
export const Keys = {
  /** Namespace label; only the value "true" lets the medic write there. */
  watch: "medic/watch",
  /** Namespace label naming the build. */
  runId: "medic/run-id",
  /** Namespace annotation: a link to the build. */
  buildUrl: "medic/build-url",
  /** StatefulSet and Pod label: which client's stack. */
  client: "medic/client",
  /** StatefulSet and Pod label: `server` or `db`. */
  role: "medic/role",
  /** StatefulSet label: `started` once the tests began; from then on the medic only watches. */
  tests: "medic/tests",
  expectedImage: "medic/expected-image",
  expectedReplicas: "medic/expected-replicas",
  expectedCommand: "medic/expected-command",
  expectedTemplate: "medic/expected-template",
  /** Namespace and StatefulSet annotation: hands off; the value says who and why. */
  paused: "medic/paused",
  /** Node annotation: cordoned on purpose. */
  maintenance: "medic/maintenance",
  /** StatefulSet annotation written by the medic: nodes kept away from this run. */
  isolatedNodes: "medic/isolated-nodes",
} as const;

/** Group, version and names of the Incident custom resource. */
export const IncidentResource = {
  group: "buildmedic.dev",
  version: "v1alpha1",
  plural: "incidents",
  kind: "Incident",
} as const;

/** The one Lease by which replicas elect who leads, in the medic's own namespace. */
export const LEADER_LEASE = "build-medic-leader";
