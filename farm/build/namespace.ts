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
  build: { readonly runId: string; readonly watched: boolean },
): Promise<void> {
  const manifest = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespaceOf(build.runId),
      labels: { [Keys.watch]: String(build.watched), [Keys.runId]: build.runId },
    },
  };
  await kube.ask(`create namespace ${namespaceOf(build.runId)}`, ["create", "-f", "-"], {
    input: JSON.stringify(manifest),
  });
}

/** Deletes a namespace and waits until it is gone. Throws `FarmError` when it is still there after two minutes. */
export async function deleteNamespace(kube: Kube, name: string): Promise<void> {
  const args = ["delete", "namespace", name, "--wait=true", `--timeout=${DELETE_LIMIT_SECONDS}s`];
  const result = await kube.kubectl(args, { timeoutSeconds: DELETE_LIMIT_SECONDS + 10 });
  if (result.code !== 0 && !isNotFound(result))
    throw new FarmError(`delete namespace ${name}: ${failureOf(result)}`);
}
