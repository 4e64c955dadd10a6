import type { V1Container, V1StatefulSet } from "@kubernetes/client-node";
import { FarmError } from "../build/kube.ts";
import type { TemplateFaultName } from "./catalogue.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { deletePodAndWait, getStatefulSet, patchStatefulSet } from "./stack-objects.ts";

/** One change of the server's StatefulSet, as a JSON Patch, and the words for it. */
export interface TemplateChange {
  readonly patch: readonly object[];
  readonly detail: string;
}

const CONTAINER = "/spec/template/spec/containers/0";
const NO_SUCH_TAG = "no-such-tag";
const NO_SUCH_HOST = "db-gone";

/**
 * A bad configuration push: changes the server's StatefulSet right after its deploy and replaces its pod. Nothing to
 * heal: the declared intent is what tier 1 goes back to, and the namespace goes with the build.
 */
export async function injectTemplateFault(name: TemplateFaultName, site: FaultSite): Promise<ActiveFault> {
  const change = templateChange(name, await getStatefulSet(site.kube, site, "server"));
  await patchStatefulSet(site.kube, { ...site, role: "server" }, change.patch);
  await deletePodAndWait(site.kube, site, "server");
  return { name, detail: change.detail, heal: () => Promise.resolve() };
}

/** What each fault changes, given the StatefulSet as it is. Throws `FarmError` when it has nothing to change. */
export function templateChange(name: TemplateFaultName, live: V1StatefulSet): TemplateChange {
  const container = live.spec?.template.spec?.containers[0];
  if (!container) throw new FarmError(`fault ${name}: StatefulSet ${live.metadata?.name} has no container`);
  switch (name) {
    case "misconfig": {
      const image = withTag(container.image ?? "", NO_SUCH_TAG);
      return {
        patch: [{ op: "replace", path: `${CONTAINER}/image`, value: image }],
        detail: `image set to ${image}`,
      };
    }
    case "command": {
      const value = ["/bin/false"];
      return {
        patch: [{ op: "add", path: `${CONTAINER}/command`, value }],
        detail: "command set to /bin/false",
      };
    }
    case "replicas-zero":
      return { patch: [{ op: "replace", path: "/spec/replicas", value: 0 }], detail: "scaled to 0 replicas" };
    case "env-drift":
      return envDrift(container);
  }
}

function envDrift(container: V1Container): TemplateChange {
  const env = container.env ?? [];
  const index = env.findIndex((one) => /HOST/.test(one.name) && one.value !== undefined);
  const variable = env[index];
  if (!variable)
    throw new FarmError("fault env-drift: the server's container has no …HOST variable to change");
  const path = `${CONTAINER}/env/${index}/value`;
  return {
    patch: [{ op: "replace", path, value: NO_SUCH_HOST }],
    detail: `${variable.name} set to ${NO_SUCH_HOST}`,
  };
}

/** An image reference with another tag; a digest and the old tag go, a registry's port stays. */
export function withTag(image: string, tag: string): string {
  const name = image.split("@")[0] ?? image;
  const colon = name.lastIndexOf(":");
  const untagged = colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
  return `${untagged}:${tag}`;
}
