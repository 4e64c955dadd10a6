import { isNetworkFault, isTemplateFault } from "./catalogue.ts";
import type { FaultName } from "./catalogue.ts";
import { hasChaosMesh, injectNetworkChaos } from "./chaos-mesh.ts";
import { injectCordon } from "./cordon.ts";
import { injectCrash } from "./crash-in-tests.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { injectNetworkFault } from "./network-fault.ts";
import { injectTemplateFault } from "./template-fault.ts";

/** Puts a fault into a stack and returns once it is in place. Throws `FarmError` when that cannot be done. */
export async function inject(name: FaultName, site: FaultSite): Promise<ActiveFault> {
  if (isTemplateFault(name)) return injectTemplateFault(name, site);
  if (isNetworkFault(name)) {
    return (await hasChaosMesh(site.kube)) ? injectNetworkChaos(name, site) : injectNetworkFault(name, site);
  }
  return name === "cordon" ? injectCordon(site) : injectCrash(site);
}
