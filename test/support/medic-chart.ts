import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { callApi } from "../../farm/cluster/api-client.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { helmPath } from "../../farm/cluster/kube-tools.ts";
import { ApiError } from "../../src/kube/api-client.ts";
import type { ApiClient } from "../../src/kube/api-client.ts";
import { eventually } from "./test-stack.ts";

export const medicChart = fileURLToPath(new URL("../../charts/build-medic", import.meta.url));
const name = "build-medic";

/**
 * `helm install` of the medic's chart as its users do it, into the namespace build-medic, where only pods by
 * the restricted Pod Security Standard are let in; resolves with a kubeconfig of its ServiceAccount.
 */
export async function installMedicChart(
  plane: ControlPlane,
  values: Readonly<Record<string, unknown>>,
): Promise<string> {
  const flags = Object.entries({ "image.repository": "farm.test/build-medic", ...values }).flatMap(
    ([key, value]) => ["--set-json", `${key}=${JSON.stringify(value)}`],
  );
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await callApi(plane.admin, "POST", "/api/v1/namespaces", { body: { metadata: { name, labels } } });
  await promisify(execFile)(await helmPath(), ["install", name, medicChart, "--namespace", name, ...flags], {
    env: { ...process.env, KUBECONFIG: plane.kubeconfig },
  });
  return plane.kubeconfigFor({ namespace: name, serviceAccount: name });
}

/** Resolves when the policy refuses what it must refuse: the API server takes a moment to load it. */
export async function policyIsEnforced(client: ApiClient): Promise<void> {
  await eventually("the admission policy is enforced", async () => {
    const answer = await attempt(client, {
      method: "POST",
      path: `/apis/coordination.k8s.io/v1/namespaces/${name}/leases`,
      query: { dryRun: "All" },
      body: { metadata: { name: "of-somebody-else" } },
    });
    return refusedByPolicy(answer) !== undefined;
  });
}

export interface Attempt {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly message: string;
}

/** One request, and what the API server said; a PATCH is a JSON Patch, as the medic sends it. */
export async function attempt(client: ApiClient, { method, path, query, body }: Attempt): Promise<Answer> {
  try {
    await client.request({
      method,
      signal: AbortSignal.timeout(20_000),
      path,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body }),
      ...(method === "PATCH" ? { contentType: "application/json-patch+json" } : {}),
    });
    return { status: 200, message: "done" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, message: error.message };
  }
}

/** The policy's sentence, when it was the policy that refused. */
export function refusedByPolicy({ status, message }: Answer): string | undefined {
  if (status !== 403 && status !== 422) return undefined;
  const pattern = /ValidatingAdmissionPolicy 'build-medic' with binding 'build-medic' denied request: (.*)$/s;
  return pattern.exec(message)?.[1];
}

/** Grants the ServiceAccount everything, or takes that away again: what is refused then is refused by the policy alone. */
export async function grantEverything(plane: ControlPlane, granted: boolean): Promise<void> {
  const path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
  if (!granted) {
    await callApi(plane.admin, "DELETE", `${path}/everything-for-the-medic`);
    return;
  }
  const subjects = [{ kind: "ServiceAccount", name, namespace: name }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" };
  const body = { metadata: { name: "everything-for-the-medic" }, subjects, roleRef };
  await callApi(plane.admin, "POST", path, { body });
}

/** The messages of every rule of the policy in force. */
export async function policyMessages(plane: ControlPlane): Promise<readonly string[]> {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`;
  const { body } = await callApi(plane.admin, "GET", path);
  const { spec } = body as { spec: { validations: readonly { message: string }[] } };
  return spec.validations.map(({ message }) => message);
}

/** Requests of this ServiceAccount that RBAC or the policy refused, by the API server's audit log. */
export async function refusalsOf(plane: ControlPlane, userAgent: string): Promise<readonly string[]> {
  const lines = (await readFile(plane.auditLog, "utf8")).split("\n").filter((line) => line !== "");
  return lines
    .map(
      (line) =>
        JSON.parse(line) as {
          userAgent?: string;
          verb: string;
          requestURI: string;
          responseStatus?: { code: number };
        },
    )
    .filter((line) => line.userAgent?.startsWith(userAgent) === true && line.responseStatus?.code === 403)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}
