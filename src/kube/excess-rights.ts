import type { Call } from "../controllers/ports.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import type { ApiClient } from "./api-client.ts";
import { permittedRights } from "./rights.ts";
import type { Right, Wanted } from "./rights.ts";

interface ResourceRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  /** Absent or empty: whatever the name. */
  readonly resourceNames?: readonly string[];
}

/** What every account may do: ask what it may do. */
const EVERYBODYS = ["authorization.k8s.io", "authentication.k8s.io"];
/** Said to people; the rest is counted. */
const TOLD = 4;

/**
 * What the account may do beyond what the medic needs, a phrase each, worst first; empty when nothing. What cannot be found
 * out counts as excess: unknown means not permitted. Rejects when the API server is away. Asked for the medic's own namespace and for any other (SelfSubjectRulesReview
 * answers for one namespace, with the cluster's rules in it).
 */
export async function excessRights(
  client: ApiClient,
  { namespace, ...wanted }: Pick<Wanted, "allowNodePatch"> & { readonly namespace: string },
  { signal }: Call,
): Promise<readonly string[]> {
  const permitted = permittedRights(wanted);
  const found = new Set<string>();
  for (const place of [namespace, "default"]) {
    const rules = await rulesIn(client, place, signal);
    if (typeof rules === "string") return [rules];
    const here = place === namespace ? permitted : permitted.filter(({ own }) => own !== true);
    for (const rule of rules) for (const phrase of excessOf(rule, here)) found.add(phrase);
  }
  return [...found].toSorted((left, right) => badness(right) - badness(left));
}

/** One sentence's worth of them. */
export function inWords(excess: readonly string[]): string {
  const more = excess.length - TOLD;
  return excess.slice(0, TOLD).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

async function rulesIn(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly ResourceRule[] | string> {
  try {
    const answer = await client.request<{
      status?: { resourceRules?: readonly ResourceRule[]; incomplete?: boolean; evaluationError?: string };
    }>({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace },
      },
      signal,
    });
    const { resourceRules = [], incomplete = false, evaluationError = "" } = answer.status ?? {};
    return incomplete
      ? `what the API server cannot tell of it (${evaluationError || "its answer is incomplete"})`
      : resourceRules;
  } catch (error) {
    // An API server that is away says nothing about the account.
    if (signal.aborted || (error instanceof MedicError && error.retriable)) throw error;
    return `what could not be asked of it (${messageOf(error)})`;
  }
}

function excessOf(
  { verbs = [], apiGroups = [], resources = [], resourceNames = [] }: ResourceRule,
  permitted: readonly Right[],
): string[] {
  return apiGroups
    .filter((group) => !EVERYBODYS.includes(group))
    .flatMap((group) =>
      resources.flatMap((resource) =>
        excessVerbs({ group, resource, verbs, names: resourceNames }, permitted),
      ),
    );
}

interface Granted {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Empty: whatever the name. */
  readonly names: readonly string[];
}

function excessVerbs({ group, resource, verbs, names }: Granted, permitted: readonly Right[]): string[] {
  const rights = permitted.filter((right) => right.group === group && nameOf(right) === resource);
  const extra = verbs.filter(
    (verb) => !rights.some((right) => right.verbs.includes(verb) && coversNames(right, names)),
  );
  const what = resource === "*" ? "everything" : resource;
  const where = group === "" ? "" : group === "*" ? " of every group" : ` (${group})`;
  const named = names.length === 0 ? "" : ` named ${names.join(", ")}`;
  return extra.length === 0
    ? []
    : [`${extra.map((verb) => (verb === "*" ? "do anything" : verb)).join(", ")} on ${what}${where}${named}`];
}

/** A right to one object is held to by a grant for that name alone. */
function coversNames({ name }: Right, names: readonly string[]): boolean {
  return name === undefined || (names.length > 0 && names.every((granted) => granted === name));
}

function nameOf({ resource, subresource }: Right): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

function badness(phrase: string): number {
  if (phrase.startsWith("do anything")) return 3;
  if (/ on (?:secrets|pods\/exec)\b/.test(phrase)) return 2;
  return /\b(?:create|update|patch|delete|deletecollection|impersonate|escalate|bind)\b/.test(phrase) ? 1 : 0;
}
