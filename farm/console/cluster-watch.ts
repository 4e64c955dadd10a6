import { stat } from "node:fs/promises";
import { IncidentResource, Keys } from "../../src/core/contract.ts";
import type { Incident } from "../../src/core/incident.ts";
import type { NamespaceState, NodeState, PodState, StatefulSetState } from "../../src/core/snapshot.ts";
import { ApiClient } from "../../src/kube/api-client.ts";
import { decodeIncident } from "../../src/kube/incident-codec.ts";
import { createInformer } from "../../src/kube/informer.ts";
import type { Informer, RawObject } from "../../src/kube/informer.ts";
import { loadCluster } from "../../src/kube/kubeconfig.ts";
import { clientOf, slimNamespace, slimNode, slimStatefulSet } from "../../src/kube/slim.ts";
import { slimPod } from "../../src/kube/slim-pod.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { messageOf } from "../../src/lib/medic-error.ts";
import { version } from "../../src/lib/version.ts";
import type { Log } from "../../src/controllers/ports.ts";
import type { StackNow } from "./build-view.ts";
import { sleep } from "../build/sleep.ts";

interface Owned<T> {
  readonly namespace: string;
  readonly client: string;
  readonly state: T;
}

/** The cluster as five watches have it. Reading it costs nothing. */
export interface ClusterWatch {
  /** What is not seen, in one sentence; `undefined` when all is. */
  readonly problem: () => string | undefined;
  /** Of the build with this label; when it has been torn down and made anew, the newest. */
  readonly namespace: (runId: string) => string | undefined;
  readonly stack: (namespace: string, client: number) => StackNow;
  readonly incidents: (runId: string) => readonly Incident[];
  readonly nodes: () => readonly NodeState[];
}

const silent: Log = { info() {}, warn() {}, error() {}, debug() {}, child: () => silent };
const LOOK_EVERY_MS = 2000;

/**
 * Watches the cluster of a kubeconfig until aborted, through every outage. A kubeconfig that changes (the farm was made
 * anew: another certificate, another port) is read again.
 */
export function watchCluster(options: {
  readonly kubeconfig: string;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}): ClusterWatch {
  const { kubeconfig, onChange, signal } = options;
  let caches: Caches | undefined;
  let failed: string | undefined = "it has not been reached yet";
  void keepWatching(kubeconfig, signal, {
    opened: (now) => {
      caches = now;
      failed = undefined;
    },
    failed: (why) => {
      failed = why;
      onChange();
    },
    onChange,
  });
  return {
    problem: () => failed ?? caches?.problem(),
    namespace: (runId) => caches?.namespace(runId),
    stack: (namespace, client) => caches?.stack(namespace, client) ?? { sets: [], pods: [] },
    incidents: (runId) => caches?.incidents(runId) ?? [],
    nodes: () => caches?.nodes() ?? [],
  };
}

interface Reports {
  readonly opened: (caches: Caches) => void;
  readonly failed: (why: string) => void;
  readonly onChange: () => void;
}

async function keepWatching(kubeconfig: string, signal: AbortSignal, reports: Reports): Promise<void> {
  while (!signal.aborted) {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const before = await changeTime(kubeconfig);
    try {
      reports.opened(await openCaches(kubeconfig, both, reports.onChange));
    } catch (error) {
      reports.failed(messageOf(error));
    }
    while (!signal.aborted && (await changeTime(kubeconfig)) === before) await sleep(LOOK_EVERY_MS, signal);
    stop.abort();
  }
}

/** 0 when it is not there. */
async function changeTime(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

type Caches = ClusterWatch;

async function openCaches(kubeconfig: string, signal: AbortSignal, onChange: () => void): Promise<Caches> {
  const access = await loadCluster({ kubeconfig, environment: {} });
  const client = new ApiClient({ access, version, clock: systemClock });
  const watch = <T>(
    path: string,
    labelSelector: string | undefined,
    parse: (raw: RawObject) => T | undefined,
  ): Informer<T> =>
    createInformer<T>({
      client,
      path,
      ...(labelSelector === undefined ? {} : { labelSelector }),
      parse,
      onChange,
      log: silent,
      clock: systemClock,
    });
  const namespaces = watch<NamespaceState>("/api/v1/namespaces", Keys.runId, slimNamespace);
  const sets = watch<Owned<StatefulSetState>>(
    "/apis/apps/v1/statefulsets",
    Keys.client,
    owned(slimStatefulSet),
  );
  const pods = watch<Owned<PodState>>("/api/v1/pods", Keys.client, owned(slimPod));
  const nodes = watch<NodeState>("/api/v1/nodes", undefined, slimNode);
  const { group, version: apiVersion, plural } = IncidentResource;
  const incidents = watch<Incident>(`/apis/${group}/${apiVersion}/${plural}`, undefined, decodeIncident);
  const all: readonly Informer<unknown>[] = [namespaces, sets, pods, nodes];
  for (const informer of [...all, incidents]) void informer.start(signal);
  signal.addEventListener("abort", () => client.close(), { once: true });
  const own = <T>(informer: Informer<Owned<T>>, namespace: string, client: number): T[] =>
    informer
      .list()
      .filter((one) => one.namespace === namespace && one.client === String(client))
      .map(({ state }) => state);
  return {
    // Incidents are not asked for: without a medic there is no such resource.
    problem: () =>
      all
        .map((informer) => informer.problem() ?? (informer.synced() ? undefined : "reading it"))
        .find(Boolean),
    namespace: (runId) =>
      namespaces
        .list()
        .filter((one) => one.runId === runId && !one.terminating)
        .at(-1)?.name,
    stack: (namespace, client) => ({
      sets: own(sets, namespace, client),
      pods: own(pods, namespace, client),
    }),
    incidents: (runId) => incidents.list().filter(({ spec }) => spec.runId === runId),
    nodes: () => nodes.list(),
  };
}

function owned<T>(slim: (raw: RawObject) => T | undefined): (raw: RawObject) => Owned<T> | undefined {
  return (raw) => {
    const [client, state] = [clientOf(raw), slim(raw)];
    if (client === undefined || state === undefined) return undefined;
    return { namespace: raw.metadata.namespace ?? "", client, state };
  };
}
