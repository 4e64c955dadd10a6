import { Keys } from "../../src/core/contract.ts";
import { FarmError, failureOf, isNotFound } from "../build/kube.ts";
import type { Kube } from "../build/kube.ts";
import type { NetworkFaultName } from "./catalogue.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { DELAY_MS } from "./network-rules.ts";

const RESOURCE = "networkchaos.chaos-mesh.org";

export async function hasChaosMesh(kube: Kube): Promise<boolean> {
  const result = await kube.kubectl(["get", "crd", RESOURCE, "--ignore-not-found", "-o", "name"]);
  return result.code === 0 && result.stdout.trim() !== "";
}

/**
 * The same three faults as a NetworkChaos, for clusters that have Chaos Mesh. Checked against its CRD's schema only:
 * not exercised with a running Chaos Mesh.
 */
export async function injectNetworkChaos(name: NetworkFaultName, site: FaultSite): Promise<ActiveFault> {
  const manifest = networkChaos(name, site);
  await site.kube.ask("create the NetworkChaos", ["create", "-f", "-"], { input: JSON.stringify(manifest) });
  const reference = [`${RESOURCE}/${manifest.metadata.name}`, "-n", site.namespace];
  const heal = (): Promise<void> => removeNetworkChaos(site.kube, site);
  const injected = await site.kube.kubectl([
    "wait",
    ...reference,
    "--for=condition=AllInjected",
    "--timeout=30s",
  ]);
  if (injected.code !== 0) {
    await heal();
    throw new FarmError(`fault ${name}: Chaos Mesh did not put it in place: ${failureOf(injected)}`);
  }
  return { name, detail: `NetworkChaos ${name} between server-${site.client} and db-${site.client}`, heal };
}

/** Takes the fault out, also one that another process has put in. Throws `FarmError` when something is left. */
export async function removeNetworkChaos(
  kube: Kube,
  stack: { readonly namespace: string; readonly client: number },
): Promise<void> {
  const reference = [`${RESOURCE}/${chaosName(stack.client)}`, "-n", stack.namespace];
  const result = await kube.kubectl(["delete", ...reference, "--wait=true", "--timeout=60s"], {
    timeoutSeconds: 70,
  });
  if (result.code !== 0 && !isNotFound(result))
    throw new FarmError(`delete the NetworkChaos: ${failureOf(result)}`);
}

/** It says nothing about the fault, because whoever investigates may list it. */
function chaosName(client: number): string {
  return `network-${client}`;
}

/** The manifest. */
export function networkChaos(
  name: NetworkFaultName,
  site: { readonly namespace: string; readonly client: number },
) {
  const side = (role: string) => ({
    mode: "all",
    selector: {
      namespaces: [site.namespace],
      labelSelectors: { [Keys.client]: String(site.client), [Keys.role]: role },
    },
  });
  return {
    apiVersion: "chaos-mesh.org/v1alpha1",
    kind: "NetworkChaos",
    metadata: { name: chaosName(site.client), namespace: site.namespace },
    spec: { ...actionOf(name), direction: "both", ...side("server"), target: side("db") },
  };
}

function actionOf(name: NetworkFaultName): object {
  switch (name) {
    case "partition":
      return { action: "partition" };
    case "loss":
      return { action: "loss", loss: { loss: "88", correlation: "0" } };
    case "delay":
      return { action: "delay", delay: { latency: `${DELAY_MS}ms`, jitter: "0ms", correlation: "0" } };
  }
}
