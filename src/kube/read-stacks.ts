import type { Incident } from "../core/incident.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Log } from "../controllers/ports.ts";
import { systemClock } from "../lib/clock.ts";
import { version } from "../lib/version.ts";
import { ApiClient, ApiError } from "./api-client.ts";
import { createCluster } from "./cluster.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import { listIncidents } from "./read-incidents.ts";

const silent: Log = { info() {}, warn() {}, error() {}, debug() {}, child: () => silent };
/** An API server that has not answered by then is said to be away, in milliseconds. */
const SYNC_LIMIT_MS = 20_000;

/** Every watched stack read fresh, once, read-only (the dry run of a repair changes nothing). */
export async function readStacks(
  access: ClusterAccess,
  options: { ownNamespace: string; namespace?: string },
): Promise<readonly Snapshot[]> {
  const client = new ApiClient({ access, version, clock: systemClock });
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(SYNC_LIMIT_MS)]);
  try {
    await client.request({ method: "GET", path: "/version", signal, timeoutMs: 5_000 });
    const incidents = await incidentsIfAny(client, options.ownNamespace, signal);
    const cluster = createCluster({
      client,
      log: silent,
      clock: systemClock,
      incidents: () => incidents,
      farm: (others) => ({ stacks: others.length + 1, stacksBySymptom: {} }),
      onChange() {},
    });
    const informers = Object.values(cluster.informers);
    const running = informers.map((informer) => informer.start(stop.signal));
    await Promise.all(informers.map((informer) => informer.whenSynced(signal)));
    const stacks = cluster
      .stacks()
      .filter(({ namespace }) => options.namespace === undefined || namespace === options.namespace);
    const snapshots: Snapshot[] = [];
    for (const stack of stacks) {
      const snapshot = await cluster.gather(stack, { signal });
      if (snapshot !== undefined) snapshots.push(snapshot);
    }
    stop.abort();
    await Promise.allSettled(running);
    return snapshots;
  } finally {
    stop.abort();
    client.close();
  }
}

/** Without the CRD, or without the right to read it, there are none to tell of. */
async function incidentsIfAny(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Incident[]> {
  try {
    return await listIncidents(client, namespace, signal);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return [];
    throw error;
  }
}
