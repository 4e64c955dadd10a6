import type { V1ConfigMapList } from "@kubernetes/client-node";
import type { Kube } from "../build/kube.ts";
import type { ClientConclusion } from "./conclude-client.ts";

/** Jobs share no disk: a client leaves how it ended in its build's namespace. The medic cannot read it. */
const LABEL = "build-farm/result";

export async function saveConclusion(
  kube: Kube,
  namespace: string,
  conclusion: ClientConclusion,
): Promise<void> {
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `result-${conclusion.client.client}`, namespace, labels: { [LABEL]: "client" } },
    data: { result: JSON.stringify(conclusion) },
  };
  await kube.ask("leave the client's result", ["apply", "-f", "-"], { input: JSON.stringify(manifest) });
}

/** What the clients have left, by their numbers. */
export async function readConclusions(kube: Kube, namespace: string): Promise<ClientConclusion[]> {
  const args = ["configmaps", "-n", namespace, "-l", `${LABEL}=client`];
  const list = await kube.get<V1ConfigMapList>("read the clients' results", args);
  return list.items
    .map((item) => JSON.parse(item.data?.["result"] ?? "{}") as ClientConclusion)
    .toSorted((left, right) => left.client.client - right.client.client);
}
