import { isJsonObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import type { NodeExpression, NodeState, NodeTerm, Snapshot } from "./snapshot.ts";

/** The taint that a cordon sets itself. */
const CORDON_TAINT = "node.kubernetes.io/unschedulable";

/**
 * Why a pod of this template could not run on the node even if it were not cordoned; `undefined` when it could.
 * Labels, taints and the node demands of its volumes count; room does not, for that changes by the second.
 */
export function unfitFor(
  node: NodeState,
  template: JsonObject,
  claims: Snapshot["claims"],
): string | undefined {
  const spec = object(template["spec"]);
  const selector = Object.entries(object(spec["nodeSelector"]));
  const missing = selector.find(([key, value]) => node.labels[key] !== value);
  if (missing !== undefined) return `its label ${missing[0]} is not ${JSON.stringify(missing[1])}`;
  const terms = requiredTerms(spec);
  if (terms !== undefined && !matchesOne(node, terms)) return "the pod's node affinity does not match it";
  const taint = node.taints.find(
    (candidate) =>
      candidate.key !== CORDON_TAINT &&
      candidate.effect !== "PreferNoSchedule" &&
      !tolerates(list(spec["tolerations"]), candidate),
  );
  if (taint !== undefined) return `the pod does not tolerate its taint ${taint.key}`;
  if (typeof claims === "string") return "which nodes the pod's volumes are bound to could not be read";
  const volumes = claims ?? [];
  const bound = volumes.find(({ nodeTerms }) => nodeTerms.length > 0 && !matchesOne(node, nodeTerms));
  return bound === undefined ? undefined : `the volume of ${bound.name} is bound to other nodes`;
}

/** The claims of a StatefulSet's own pods: those of the stack's other one bind nothing of it. */
export function claimsOf(
  { name: set }: { readonly name: string },
  claims: Snapshot["claims"],
): Snapshot["claims"] {
  return typeof claims === "object"
    ? claims.filter(({ name }) => name.replace(/-\d+$/, "").endsWith(`-${set}`))
    : claims;
}

function requiredTerms(spec: JsonObject): readonly NodeTerm[] | undefined {
  const affinity = object(object(spec["affinity"])["nodeAffinity"]);
  const required = affinity["requiredDuringSchedulingIgnoredDuringExecution"];
  return isJsonObject(required) ? nodeTermsOf(required["nodeSelectorTerms"]) : undefined;
}

/** Node selector terms of a pod's affinity or a volume. What cannot be read matches no node. */
export function nodeTermsOf(raw: Json | undefined): readonly NodeTerm[] {
  return list(raw).map((term) => ({
    expressions: [
      ...list(term["matchExpressions"]).map(expressionOf),
      // Fields are not known here.
      ...list(term["matchFields"]).map(() => ({ key: "", operator: "Unknown", values: [] })),
    ],
  }));
}

function expressionOf(raw: JsonObject): NodeExpression {
  const values = Array.isArray(raw["values"]) ? raw["values"] : [];
  return {
    key: text(raw["key"]),
    operator: text(raw["operator"]),
    values: values.filter((value) => typeof value === "string"),
  };
}

function matchesOne(node: NodeState, terms: readonly NodeTerm[]): boolean {
  return terms.some(
    ({ expressions }) =>
      expressions.length > 0 && expressions.every((expression) => matches(node, expression)),
  );
}

function matches({ labels }: NodeState, { key, operator, values }: NodeExpression): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function tolerates(tolerations: readonly JsonObject[], taint: NodeState["taints"][number]): boolean {
  return tolerations.some(({ key, operator, effect }) => {
    const named = key === undefined || key === "" ? operator === "Exists" : key === taint.key;
    // A taint's value is not kept, so a toleration that demands one is not enough.
    const anyValue = operator === "Exists";
    return named && anyValue && (effect === undefined || effect === "" || effect === taint.effect);
  });
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
