import { openCluster } from "../build/farm-access.ts";
import { openKube } from "../build/kube.ts";
import { joinMedic, usualUrl } from "../build/medic-process.ts";
import type { MedicHandle } from "../build/medic-process.ts";
import type { Model } from "../build/expectations.ts";
import { defined } from "./defined.ts";
import type { MedicPlace } from "./medic-watch.ts";

/** The medic of the console's builds. */
export interface ConsoleMedic {
  /** Rejects with a sentence for people. */
  readonly find: () => Promise<MedicPlace>;
  /** The console needs it no longer. */
  readonly leave: () => Promise<void>;
}

/** Where builds run elsewhere the medic is somebody else's: it is looked at where `MEDIC_URL` or the usual port says. */
export function foreignMedic(): ConsoleMedic {
  return { find: () => Promise.resolve({ url: usualUrl() }), leave: () => Promise.resolve() };
}

/** The medic that watches the farm, started when there is none; it stays as long as the console does. */
export function ownMedic(options: {
  readonly kubeconfig: string;
  readonly name: string;
  readonly model: Model;
  readonly report: (line: string) => void;
}): ConsoleMedic {
  const { kubeconfig, name: runId, model, report } = options;
  let handle: MedicHandle | undefined;
  return {
    find: async () => {
      const cluster = await openCluster({ kubeconfig, report });
      const { clusterUid } = cluster;
      handle = await joinMedic({ kube: openKube(cluster), runId, clusterUid, model, report });
      return defined({ url: handle.url, model: handle.model });
    },
    leave: async () => {
      await handle?.leave();
      handle = undefined;
    },
  };
}
