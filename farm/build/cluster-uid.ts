import type { Kube } from "./kube.ts";

/** The UID of `kube-system`, which is as good as an identity of the cluster. Throws `FarmError` when it does not answer. */
export async function clusterUid(kube: Kube): Promise<string> {
  const args = ["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"];
  return kube.ask("reach the cluster", args, { timeoutSeconds: 15 });
}
