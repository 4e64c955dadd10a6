import type { V1Namespace } from "@kubernetes/client-node";
import { Keys } from "../../src/core/contract.ts";
import { FarmError, failureOf, isNotFound } from "./kube.ts";
import type { Kube } from "./kube.ts";

const DELETE_LIMIT_SECONDS = 120;

export function namespaceOf(runId: string): string {
  return `build-${runId}`;
}

/** Makes a build's namespace. Only the value "true" of the watch label lets the medic write in it. */
export async function createNamespace(
  kube: Kube,
  build: { readonly runId: string; readonly watched: boolean; readonly url?: string | undefined },
): Promise<void> {
  const manifest = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespaceOf(build.runId),
      labels: { [Keys.watch]: String(build.watched), [Keys.runId]: build.runId },
      ...(build.url === undefined ? {} : { annotations: { [Keys.buildUrl]: build.url } }),
    },
  };
  await kube.ask(`create namespace ${namespaceOf(build.runId)}`, ["create", "-f", "-"], {
    input: JSON.stringify(manifest),
  });
}

/** A namespace as it is; `undefined` when there is none. */
export async function readNamespace(kube: Kube, name: string): Promise<V1Namespace | undefined> {
  const args = ["get", "namespace", name, "--ignore-not-found", "-o", "json"];
  const text = await kube.ask(`read namespace ${name}`, args);
  return text.trim() === "" ? undefined : (JSON.parse(text) as V1Namespace);
}

/** Deletes a namespace and waits until it is gone. Throws `FarmError` when it is still there after two minutes. */
export async function deleteNamespace(kube: Kube, name: string): Promise<void> {
  const args = ["delete", "namespace", name, "--wait=true", `--timeout=${DELETE_LIMIT_SECONDS}s`];
  const result = await kube.kubectl(args, { timeoutSeconds: DELETE_LIMIT_SECONDS + 10 });
  if (result.code !== 0 && !isNotFound(result))
    throw new FarmError(`delete namespace ${name}: ${failureOf(result)}`);
}
