import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { helmPath } from "../../farm/cluster/kube-tools.ts";
import { medicChart } from "./medic-chart.ts";

/** The medic's chart as the real `helm template` renders it. */

export type Json = Readonly<Record<string, unknown>>;

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Json };
  readonly rules?: readonly Rule[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: Json;
}

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: Json }[];
  readonly resources: { readonly requests: Json; readonly limits: Json };
  readonly securityContext: Json;
}

export interface PodSpec {
  readonly containers: readonly [Container];
  readonly securityContext: Json;
  readonly volumes: readonly Json[];
  readonly enableServiceLinks: boolean;
}

const needed = { "image.repository": "registry.test/build-medic", "admissionPolicy.enabled": true };
export const anthropic = { "model.provider": "anthropic", "model.anthropic.existingSecret": "model" };

export const helm = await helmPath();

export function template(values: Json = {}, ...flags: readonly string[]) {
  const sets = Object.entries({ ...needed, ...values }).flatMap(([key, value]) => [
    "--set-json",
    `${key}=${JSON.stringify(value)}`,
  ]);
  return spawnSync(helm, ["template", "build-medic", medicChart, "--namespace", "ci", ...flags, ...sets], {
    encoding: "utf8",
  });
}

export function render(values: Json = {}, ...flags: readonly string[]): Manifest[] {
  const { status, stdout, stderr } = template(values, ...flags);
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

export function find(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  assert.equal(found.length, 1, `one ${kind}`);
  return found[0] as Manifest;
}

export function podOf(values: Json = {}): PodSpec {
  return (find(render(values), "Deployment").spec as { template: { spec: PodSpec } }).template.spec;
}
