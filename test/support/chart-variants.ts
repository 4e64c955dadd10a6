import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./manifests.ts";

type Values = Readonly<Record<string, unknown>>;

/** What each chart needs for whatever is chosen, and one set of values with all that is optional in it. */
const given: Readonly<Record<string, { readonly needed: Values; readonly full: Values }>> = {
  "build-medic": {
    needed: {
      "image.repository": "registry.test/build-medic",
      "model.anthropic.existingSecret": "model",
      "model.bedrock.region": "eu-central-1",
      "model.vertex.projectId": "p",
      "model.vertex.region": "europe-west1",
      "chat.url": "https://chat.test",
      "chat.userId": "u",
      "chat.channel": "#builds",
      "chat.room": "#builds:chat.test",
      "chat.existingSecret": "chat",
    },
    full: {
      replicas: 2,
      "image.digest": `sha256:${"0".repeat(64)}`,
      imagePullSecrets: [{ name: "pull" }],
      "config.allowNodePatch": true,
      "model.provider": "vertex",
      "model.vertex.existingSecret": "google",
      "model.anthropic.baseUrl": "https://gateway.test",
      "model.bedrock.existingSecret": "aws",
      "chat.signingKey": "sign",
      "networkPolicy.extraEgress": [{ ports: [{ port: 3128, protocol: "TCP" }] }],
      "networkPolicy.ingressFrom": [{ namespaceSelector: { matchLabels: { team: "ci" } } }],
      "serviceMonitor.enabled": true,
      "serviceMonitor.labels": { release: "prometheus" },
      resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
      "serviceAccount.annotations": { "eks.amazonaws.com/role-arn": "arn" },
      tolerations: [{ key: "ci", operator: "Exists", effect: "NoSchedule" }],
      priorityClassName: "system-cluster-critical",
      podLabels: { team: "ci" },
      podAnnotations: { note: "x" },
      extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy.test:3128" }],
    },
  },
  "test-stack": {
    needed: { runId: "4711", "images.server": "farm.test/server:1", "images.db": "farm.test/db:1" },
    full: {
      "server.command": ["serve"],
      "db.command": ["postgres"],
      "storage.storageClassName": "fast",
      "storage.kind": "claim",
      replicas: 0,
      tolerations: [{ key: "ci", operator: "Exists" }],
    },
  },
};

interface Schema {
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Sets of values for a chart: what is needed, everything at once, and then each choice that its schema offers, one by one. */
export function variantsOf(chart: string): readonly Values[] {
  const known = given[chart];
  assert.ok(known, `charts/${chart} is new: say in chart-variants.ts what it needs`);
  const schema = JSON.parse(
    readFileSync(join(root, "charts", chart, "values.schema.json"), "utf8"),
  ) as Schema;
  const choices = choicesIn(schema).flatMap(([path, values]) => values.map((value) => ({ [path]: value })));
  assert.ok(choices.length > 3);
  return [{}, known.full, ...choices].map((values) => ({ ...known.needed, ...values }));
}

function choicesIn({ properties = {} }: Schema, above = ""): readonly [string, readonly unknown[]][] {
  return Object.entries(properties).flatMap(([name, schema]): readonly [string, readonly unknown[]][] => {
    const path = `${above}${name}`;
    if (schema.enum !== undefined) return [[path, schema.enum]];
    if (schema.type === "boolean") return [[path, [true, false]]];
    return choicesIn(schema, `${path}.`);
  });
}

/** The chart as Helm renders it with these values, its CustomResourceDefinitions and tests included. */
export function rendered(helm: string, chart: string, values: Values): string {
  const sets = Object.entries(values).flatMap(([key, value]) => [
    "--set-json",
    `${key}=${JSON.stringify(value)}`,
  ]);
  const flags = [
    "--include-crds",
    "--api-versions",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
  ];
  const folder = join(root, "charts", chart);
  const { status, stdout, stderr } = spawnSync(helm, ["template", chart, folder, ...flags, ...sets], {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  assert.equal(status, 0, `${JSON.stringify(values)}: ${stderr}`);
  return stdout;
}
