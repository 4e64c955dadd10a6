import { IncidentResource } from "../core/contract.ts";
import type { Call } from "../controllers/ports.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import { ApiError, isNotFound } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";
import { neededRights } from "./rights.ts";
import type { Wanted } from "./rights.ts";

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
  const get = (path: string): Promise<unknown> => client.request({ method: "GET", path, signal });
  await get("/version").catch((error: unknown) => {
    throw new MedicError(
      "cluster-unreachable",
      `the API server ${client.server} does not answer: ${messageOf(error)}; check the kubeconfig and the network`,
      { cause: error, retriable: mayPass(error) },
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

/** An outage may; a refusal or a certificate that is not trusted stays. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiError && error.retriable && error.reason !== "Untrusted";
}

async function missingRights(
  client: ApiClient,
  { namespace, ...wanted }: Wanted & { readonly namespace: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const asked = neededRights(wanted).flatMap((right) => right.verbs.map((verb) => ({ ...right, verb })));
  const answers = await Promise.all(
    asked.map(async ({ group, resource, subresource, name, verb, own }) => {
      const resourceAttributes = {
        group,
        resource,
        verb,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
        ...(own ? { namespace } : {}),
      };
      const allowed = await mayI(client, resourceAttributes, signal);
      const full = `${resource}${group === "" ? "" : `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
      const named = name === undefined ? "" : ` named ${name}`;
      return allowed ? undefined : `${verb} ${full}${named}${own ? ` in ${namespace}` : ""}`;
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
