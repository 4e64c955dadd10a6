import { IncidentResource } from "../core/contract.ts";
import type { Call } from "../controllers/ports.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import { ApiError, isNotFound } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";

/** One right that the medic's code uses. */
interface Right {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  /** Only in the medic's own namespace. */
  readonly own?: true;
}

/** What the rights depend on. */
interface Wanted {
  readonly mode: "act" | "observe";
  readonly tier2: boolean;
  readonly allowNodePatch: boolean;
}

/** What an episode looks at besides. */
const closeLook: readonly Right[] = [
  { group: "", resource: "pods", subresource: "log", verbs: ["get"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["list"] },
  { group: "", resource: "persistentvolumes", verbs: ["get"] },
  { group: "storage.k8s.io", resource: "volumeattachments", verbs: ["list"] },
  { group: "apps", resource: "controllerrevisions", verbs: ["list"] },
];

/** Exactly what the code does on the cluster; writes are left out in observe mode. */
function neededRights({ mode, tier2, allowNodePatch }: Wanted): readonly Right[] {
  const act = mode === "act";
  return [
    ...(tier2 ? closeLook : []),
    // Without the flag the verb is not asked for: the chart does not grant it.
    ...(tier2 && act && allowNodePatch ? [{ group: "", resource: "nodes", verbs: ["patch"] }] : []),
    { group: "", resource: "namespaces", verbs: ["get", "list", "watch"] },
    { group: "", resource: "nodes", verbs: ["list", "watch"] },
    { group: "", resource: "events", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["get", "list", "watch", ...(act ? ["delete"] : [])] },
    // A dry run needs the verb as much as the write does: without it drift is found in images and commands only.
    { group: "apps", resource: "statefulsets", verbs: ["get", "list", "watch", ...(act ? ["patch"] : [])] },
    {
      group: IncidentResource.group,
      resource: IncidentResource.plural,
      verbs: ["get", "list", "watch", "create", "delete"],
      own: true,
    },
    { group: "coordination.k8s.io", resource: "leases", verbs: ["get", "create", "update"], own: true },
    {
      group: IncidentResource.group,
      resource: IncidentResource.plural,
      subresource: "status",
      verbs: ["update"],
      own: true,
    },
  ];
}

/**
 * Asks what must be there before anything is watched: the API server, the CRD, the medic's namespace, the rights.
 * Rejects with one sentence that says what is missing and which command brings it.
 */
export async function preflight(
  client: ApiClient,
  options: Wanted & { readonly namespace: string },
  { signal }: Call,
): Promise<void> {
  const { namespace } = options;
  const get = (path: string): Promise<unknown> =>
    client.request({ method: "GET", path, signal, timeoutMs: 5_000 });
  await get("/version").catch((error: unknown) => {
    throw new MedicError(
      "cluster-unreachable",
      `the API server ${client.server} does not answer: ${messageOf(error)}; check the kubeconfig and the network`,
      { cause: error, retriable: false },
    );
  });
  await get(`/apis/${IncidentResource.group}/${IncidentResource.version}`).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new MedicError(
      "crd-missing",
      "the cluster does not know Incidents yet; install them with `build-medic crds | kubectl apply -f -`",
      { cause: error, retriable: false },
    );
  });
  const missing = await missingRights(client, options, signal);
  if (missing.length > 0) {
    throw new MedicError(
      "rights-missing",
      `the account may not: ${missing.join("; ")}; install the chart's RBAC or use an account that may`,
      { retriable: false },
    );
  }
  await get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new MedicError(
      "namespace-missing",
      `the medic's own namespace ${namespace} does not exist; make it with \`kubectl create namespace ${namespace}\``,
      { cause: error, retriable: false },
    );
  });
}

async function missingRights(
  client: ApiClient,
  { namespace, ...wanted }: Wanted & { readonly namespace: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const asked = neededRights(wanted).flatMap((right) => right.verbs.map((verb) => ({ ...right, verb })));
  const answers = await Promise.all(
    asked.map(async ({ group, resource, subresource, verb, own }) => {
      const resourceAttributes = {
        group,
        resource,
        verb,
        ...(subresource === undefined ? {} : { subresource }),
        ...(own ? { namespace } : {}),
      };
      const allowed = await mayI(client, resourceAttributes, signal);
      const full = `${resource}${group === "" ? "" : `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
      return allowed ? undefined : `${verb} ${full}${own ? ` in ${namespace}` : ""}`;
    }),
  );
  return answers.flatMap((answer) => answer ?? []);
}

async function mayI(client: ApiClient, resourceAttributes: object, signal: AbortSignal): Promise<boolean> {
  const answer = await client.request<{ status?: { allowed?: boolean } }>({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
    },
    signal,
  });
  if (answer === undefined)
    throw new ApiError("ask for rights: the API server's answer is empty", { status: 0 });
  return answer.status?.allowed === true;
}
