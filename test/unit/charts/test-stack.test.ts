import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { helmPath } from "../../../farm/cluster/kube-tools.ts";
import { Keys } from "../../../src/core/contract.ts";

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe: unknown;
  readonly readinessProbe: {
    readonly httpGet?: { readonly path: string };
    readonly exec?: { readonly command: string[] };
  };
  readonly livenessProbe: { readonly httpGet?: { readonly path: string } };
}

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly volumes?: readonly { readonly name: string; readonly emptyDir?: unknown }[];
    readonly automountServiceAccountToken: boolean;
  };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: Meta;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas: number;
    readonly serviceName: string;
    readonly clusterIP?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly ports: readonly { readonly port: number }[];
    readonly podManagementPolicy: string;
    readonly selector: unknown;
    readonly template: Template;
    readonly volumeClaimTemplates?: readonly { readonly metadata: Meta }[];
  };
}

const chart = fileURLToPath(new URL("../../../charts/test-stack", import.meta.url));
const needed = {
  client: "0",
  runId: "123",
  "images.server": "registry:5000/server:v1",
  "images.db": "registry:5000/db:v1",
};

let helm: string;
before(async () => {
  helm = await helmPath();
});

/** Runs the real `helm template`; values that are no strings go through --set-json. */
function template(values: Readonly<Record<string, unknown>> = {}) {
  const all = { ...needed, ...values };
  const flags = Object.entries(all).flatMap(([key, value]) =>
    typeof value === "string"
      ? ["--set-string", `${key}=${value}`]
      : ["--set-json", `${key}=${JSON.stringify(value)}`],
  );
  return spawnSync(helm, ["template", "stack-0", chart, "--namespace", "build-123", ...flags], {
    encoding: "utf8",
  });
}

const rendered = new Map<string, Manifest[]>();

/** Renders the same values once. */
function render(values: Readonly<Record<string, unknown>> = {}): Manifest[] {
  const key = JSON.stringify(values);
  const manifests = rendered.get(key) ?? renderAnew(values);
  rendered.set(key, manifests);
  return manifests;
}

function renderAnew(values: Readonly<Record<string, unknown>> = {}): Manifest[] {
  const { status, stdout, stderr } = template(values);
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  assert.ok(found, `no ${kind} ${name}`);
  return found;
}

const roles = ["server", "db"] as const;
const statefulSets = (values: Readonly<Record<string, unknown>> = {}) => {
  const manifests = render(values);
  const client = typeof values["client"] === "string" ? values["client"] : "0";
  return roles.map((role) => ({ role, set: find(manifests, "StatefulSet", `${role}-${client}`) }));
};

describe("the test-stack chart", () => {
  it("renders a StatefulSet and a headless Service for each role, and the database's secret", () => {
    const manifests = render();
    assert.deepEqual(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`).toSorted(), [
      "Secret/db-0-password",
      "Service/db-0",
      "Service/server-0",
      "StatefulSet/db-0",
      "StatefulSet/server-0",
    ]);
    for (const [name, port] of [
      ["server-0", 8080],
      ["db-0", 5432],
    ] as const) {
      const { spec } = find(manifests, "Service", name);
      assert.deepEqual(
        [spec.clusterIP, spec.ports[0]?.port, spec.publishNotReadyAddresses],
        ["None", port, undefined],
      );
      assert.equal(find(manifests, "StatefulSet", name).spec.serviceName, name);
    }
    for (const { metadata } of manifests) assert.equal(metadata.namespace, "build-123");
  });

  it("labels StatefulSets and pods with the client and the role", () => {
    for (const { role, set } of statefulSets({ client: "7" })) {
      for (const labels of [set.metadata.labels, set.spec.template.metadata.labels]) {
        assert.equal(labels[Keys.client], "7");
        assert.equal(labels[Keys.role], role);
      }
      assert.deepEqual(set.spec.selector, { matchLabels: { [Keys.client]: "7", [Keys.role]: role } });
      assert.equal(set.spec.podManagementPolicy, "OrderedReady");
    }
  });

  it("labels claims, too, when the database has a disk", () => {
    const set = find(render({ "storage.kind": "claim" }), "StatefulSet", "db-0");
    const labels = set.spec.volumeClaimTemplates?.[0]?.metadata.labels;
    assert.deepEqual([labels?.[Keys.client], labels?.[Keys.role]], ["0", "db"]);
    assert.ok(!set.spec.template.spec.volumes?.some(({ name }) => name === "data"));
  });

  it("declares the image and the replicas that it deploys", () => {
    for (const { role, set } of statefulSets()) {
      const annotations = set.metadata.annotations ?? {};
      assert.equal(annotations[Keys.expectedImage], `registry:5000/${role}:v1`);
      assert.equal(set.spec.template.spec.containers[0]?.image, annotations[Keys.expectedImage]);
      assert.equal(annotations[Keys.expectedReplicas], String(set.spec.replicas));
    }
  });

  it("declares that no command is set, or which", () => {
    for (const { set } of statefulSets()) {
      assert.equal(set.metadata.annotations?.[Keys.expectedCommand], "");
      assert.equal(set.spec.template.spec.containers[0]?.command, undefined);
    }
    const command = ["node", "--enable-source-maps", 'say "hi"', "main.ts"];
    const set = find(render({ "server.command": command }), "StatefulSet", "server-0");
    assert.deepEqual(JSON.parse(set.metadata.annotations?.[Keys.expectedCommand] ?? ""), command);
    assert.deepEqual(set.spec.template.spec.containers[0]?.command, command);
  });

  it("declares exactly the pod template that it deploys, whatever the values", () => {
    const tolerations = [{ key: "pool", operator: "Equal", value: "<tests> & more", effect: "NoSchedule" }];
    const variants: Readonly<Record<string, unknown>>[] = [
      {},
      { "server.command": ["a", "b"], "db.command": ["c"] },
      { "storage.kind": "claim", tolerations, nodeSelector: { pool: "tests", "kubernetes.io/os": "linux" } },
      { "podSecurity.seccompProfile": "", "server.resources": { limits: { memory: "1Gi", cpu: 2 } } },
    ];
    for (const values of variants) {
      for (const { set } of statefulSets(values)) {
        const declared: unknown = JSON.parse(set.metadata.annotations?.[Keys.expectedTemplate] ?? "");
        assert.deepEqual(declared, set.spec.template);
      }
    }
  });

  it("leaves the whole template undeclared on request", () => {
    for (const { set } of statefulSets({ expectedTemplate: false })) {
      assert.ok(!(Keys.expectedTemplate in (set.metadata.annotations ?? {})));
    }
  });

  it("keeps the password in a secret and out of every other object", () => {
    const manifests = render();
    const encoded = find(manifests, "Secret", "db-0-password").data?.["password"] ?? "";
    const password = Buffer.from(encoded, "base64").toString();
    assert.match(password, /^[A-Za-z0-9]{24}$/);
    const others = JSON.stringify(manifests.filter(({ kind }) => kind !== "Secret"));
    assert.ok(!others.includes(password) && !others.includes(encoded));
    for (const { set } of statefulSets()) {
      const env = set.spec.template.spec.containers[0]?.env.find(({ name }) => name.endsWith("PASSWORD"));
      assert.deepEqual(env?.valueFrom, { secretKeyRef: { name: "db-0-password", key: "password" } });
    }
    assert.notEqual(find(renderAnew(), "Secret", "db-0-password").data?.["password"], encoded);
  });

  it("keeps to the restricted Pod Security Standard", () => {
    for (const { set } of statefulSets()) {
      const { spec } = set.spec.template;
      assert.equal(spec.securityContext["runAsNonRoot"], true);
      assert.deepEqual(spec.securityContext["seccompProfile"], { type: "RuntimeDefault" });
      assert.equal(spec.automountServiceAccountToken, false);
      for (const { securityContext } of spec.containers) {
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
      }
    }
  });

  it("asks the server's database for readiness, and only the process for liveness", () => {
    const [server, db] = statefulSets().map(({ set }) => set.spec.template.spec.containers[0]);
    assert.equal(server?.readinessProbe.httpGet?.path, "/readyz");
    assert.equal(server.livenessProbe.httpGet?.path, "/healthz");
    assert.equal(db?.readinessProbe.exec?.command[0], "pg_isready");
    assert.ok(server.startupProbe !== undefined && db.startupProbe !== undefined);
  });

  it("keeps a run id that looks like a large number as it is", () => {
    const [server] = statefulSets({ runId: "19876543210987654321" });
    assert.equal(server?.set.metadata.labels[Keys.runId], "19876543210987654321");
  });

  it("goes to Linux nodes unless told otherwise", () => {
    for (const { set } of statefulSets()) {
      assert.deepEqual(set.spec.template.spec.nodeSelector, { "kubernetes.io/os": "linux" });
    }
  });

  const refused: Readonly<
    Record<string, { readonly values: Record<string, unknown>; readonly says: RegExp }>
  > = {
    "a client that is a number": { values: { client: 0 }, says: /\/client.*got number, want string/ },
    "a run id that is a number": {
      values: { runId: 1_234_567_890_123 },
      says: /\/runId.*got number, want string/,
    },
    "a run id that is no label value": { values: { runId: "a/b" }, says: /\/runId.*does not match pattern/ },
    "no run id": { values: { runId: "" }, says: /\/runId/ },
    "an image without a tag": {
      values: { "images.server": "registry:5000/server" },
      says: /\/images\/server.*pattern/,
    },
    "two replicas": { values: { replicas: 2 }, says: /\/replicas/ },
    "an unknown value": { values: { replica: 1 }, says: /additional properties 'replica' not allowed/ },
    "an unknown probe field": {
      values: { "server.probes.readiness": { period: 1 } },
      says: /\/server\/probes\/readiness.*additional properties 'period' not allowed/,
    },
    "a command in one string": {
      values: { "server.command": "node main.ts" },
      says: /\/server\/command.*want null or array/,
    },
    "storage of another kind": { values: { "storage.kind": "hostPath" }, says: /\/storage\/kind/ },
    "a replica count in words": {
      values: { replicas: "three" },
      says: /\/replicas.*got string, want integer/,
    },
  };
  for (const [what, { values, says }] of Object.entries(refused)) {
    it(`refuses ${what}, and says so`, () => {
      const { status, stderr } = template(values);
      assert.notEqual(status, 0);
      assert.match(stderr, says);
    });
  }
});
