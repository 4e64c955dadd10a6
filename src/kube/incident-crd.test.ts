import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { crdYaml } from "../cli/crds.ts";
import { isJsonObject } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { encodeSpec, encodeStatus } from "./incident-codec.ts";
import { incidentCrd } from "./incident-crd.ts";

interface Version {
  readonly name: string;
  readonly subresources: JsonObject;
  readonly additionalPrinterColumns: readonly { readonly name: string; readonly jsonPath: string }[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}
interface Schema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const [version] = (incidentCrd["spec"] as unknown as { versions: readonly Version[] }).versions as [Version];
const { spec, status } = version.schema.openAPIV3Schema.properties as { spec: Schema; status: Schema };

const full = {
  spec: encodeSpec({
    namespace: "n",
    client: "0",
    runId: "1",
    statefulSet: "s",
    statefulSetUid: "u",
    pod: "p",
    buildUrl: "b",
  }),
  status: encodeStatus({
    phase: "Escalated",
    tier: 2,
    reason: "ImageDrift",
    rootCause: "r",
    findings: [
      {
        reason: "ImageDrift",
        class: "wait",
        subject: "s",
        message: "m",
        since: 1,
        terminal: false,
        patienceUntil: 2,
      },
    ],
    attempts: [{ action: "a", target: "t", by: "agent", at: 1, outcome: "applied", detail: "d" }],
    episode: {
      model: "m",
      turns: 1,
      tokens: 1,
      costUsd: 0.1,
      outcome: "o",
      tools: ["t"],
      startedAt: 1,
      endedAt: 2,
      reservedUsd: 0.5,
      conclusion: { rootCause: "r", evidence: "e", nextStep: "n" },
    },
    escalation: { messageId: "m", events: ["e"], channel: "c", sentAt: 1, lastError: "l" },
    wouldInvestigate: true,
    readySince: 1,
    times: {
      Detected: 1,
      Remediating: 1,
      Investigating: 1,
      Verifying: 1,
      Resolved: 1,
      Escalated: 1,
      Gone: 1,
    },
  }),
};

/** Every path of a value, and every path that a schema knows. */
function pathsOf(value: Json | undefined, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => pathsOf(item, `${path}[]`));
  if (!isJsonObject(value)) return [path];
  return Object.entries(value).flatMap(([key, member]) => pathsOf(member, `${path}.${key}`));
}
function schemaPaths(schema: Schema, path: string): string[] {
  if (schema.items !== undefined) return schemaPaths(schema.items, `${path}[]`);
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([key, member]) => schemaPaths(member, `${path}.${key}`));
}
function schemasOf(schema: Schema): Schema[] {
  return [
    schema,
    ...Object.values(schema.properties ?? {}).flatMap(schemasOf),
    ...(schema.items ? schemasOf(schema.items) : []),
  ];
}

test("knows exactly the fields that are written, so that the server prunes none of them", () => {
  assert.deepEqual(schemaPaths(spec, "spec").sort(), pathsOf(full.spec, "spec").sort());
  assert.deepEqual(schemaPaths(status, "status").sort(), pathsOf(full.status, "status").sort());
});

test("describes every field, except the items of plain lists", () => {
  for (const schema of [...schemasOf(spec), ...schemasOf(status)]) {
    assert.ok(schema.description !== undefined || schema.type === "string", JSON.stringify(schema));
  }
});

test("has the columns of the contract and the status as a subresource", () => {
  assert.deepEqual(
    version.additionalPrinterColumns.map(({ name }) => name),
    ["Namespace", "Client", "Reason", "Tier", "Phase", "Cost", "Age"],
  );
  assert.deepEqual(version.subresources, { status: {} });
});

test("has the names of the contract", () => {
  const { metadata, spec: definition } = incidentCrd as unknown as {
    metadata: JsonObject;
    spec: { group: string; scope: string; names: JsonObject };
  };
  assert.equal(metadata["name"], "incidents.buildmedic.dev");
  assert.deepEqual(
    [definition.group, definition.scope, version.name],
    ["buildmedic.dev", "Namespaced", "v1alpha1"],
  );
  assert.deepEqual(definition.names["shortNames"], ["inc"]);
});

test("prints as YAML that means the same", () => assert.deepEqual(parse(crdYaml()), incidentCrd));
