import type { ChildProcess } from "node:child_process";
import type { NetworkFaultName } from "./catalogue.ts";
import { startDelayingProxy, stopDelayingProxy } from "./delaying-proxy.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { DELAY_MS, LOSS_PER_END, rulesFor } from "./network-rules.ts";
import {
  applyRules,
  cutConnections,
  findPodNetwork,
  gatewayOf,
  isStillThere,
  removeRules,
} from "./pod-network.ts";
import type { PodNetwork } from "./pod-network.ts";
import { watchStackPods } from "./pod-watch.ts";
import type { SeenPod } from "./pod-watch.ts";
import { FarmError } from "../build/kube.ts";
import { poll, sleep } from "../build/sleep.ts";

const TICK_MS = 250;
const FIRST_LIMIT_MS = 30_000;

interface Hit {
  readonly pod: SeenPod;
  readonly network: PodNetwork;
  readonly proxy?: ChildProcess;
  /** All rules are in. */
  done: boolean;
}

/**
 * Breaks the network between the two halves of a stack from inside their pods' network namespaces (the pods must run on
 * this machine). Like a selector of Chaos Mesh it holds on to the stack and not to a pod: whoever is recreated is hit
 * again within a quarter of a second, until healed.
 */
export async function injectNetworkFault(name: NetworkFaultName, site: FaultSite): Promise<ActiveFault> {
  const stop = new AbortController();
  const keeper = new Keeper(name);
  const watching = watchStackPods(site.kube, site, (pod) => keeper.see(pod), stop.signal);
  const ticking = keeper.run(stop.signal, site.report);
  const heal = async (): Promise<void> => {
    stop.abort();
    await Promise.all([watching, ticking]);
    await keeper.release();
  };
  const hit = await poll(() => Promise.resolve(keeper.hitsBoth() || keeper.failure ? true : undefined), {
    everyMs: 100,
    forMs: FIRST_LIMIT_MS,
  });
  if (keeper.failure || !hit) {
    await heal();
    throw keeper.failure ?? new FarmError(notHere(name, site));
  }
  return { name, detail: detailOf(name, site.client), heal };
}

function notHere(name: string, site: FaultSite): string {
  return `fault ${name}: no process of both pods of client ${site.client} was found on this machine; without Chaos Mesh in the cluster, network faults need the local farm and root`;
}

function detailOf(name: NetworkFaultName, client: number): string {
  const where = `between server-${client} and db-${client}`;
  switch (name) {
    case "partition":
      return `every packet ${where} dropped`;
    case "loss":
      return `${Math.round((1 - (1 - LOSS_PER_END) ** 2) * 100)} % of the packets ${where} dropped, each way`;
    case "delay":
      return `${DELAY_MS / 1000} s of delay ${where}, each way`;
  }
}

/** Holds a fault in place on whatever pods the stack has. */
class Keeper {
  failure: FarmError | undefined;
  readonly #fault: NetworkFaultName;
  readonly #seen = new Map<string, SeenPod>();
  readonly #hits = new Map<string, Hit>();

  constructor(fault: NetworkFaultName) {
    this.#fault = fault;
  }

  see(pod: SeenPod): void {
    this.#seen.set(pod.uid, pod);
  }

  hitsBoth(): boolean {
    const roles = new Set([...this.#hits.values()].filter((hit) => hit.done).map((hit) => hit.pod.role));
    return roles.has("server") && roles.has("db");
  }

  async run(signal: AbortSignal, report: (line: string) => void): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#tick();
      } catch (error) {
        if (!(error instanceof FarmError)) throw error;
        // Before the fault is in place the caller is told; later a pod may have gone away in the middle.
        this.failure ??= error;
        report(error.message);
      }
      await sleep(TICK_MS, signal);
    }
  }

  async release(): Promise<void> {
    for (const hit of this.#hits.values()) await this.#takeBack(hit);
  }

  async #tick(): Promise<void> {
    for (const [uid, hit] of this.#hits) {
      if (await isStillThere(hit.network)) continue;
      this.#hits.delete(uid);
      if (hit.proxy) await stopDelayingProxy(hit.proxy);
    }
    for (const pod of this.#seen.values()) {
      if (this.#hits.has(pod.uid)) continue;
      const network = await findPodNetwork(pod.uid);
      if (network) await this.#hit(pod, network);
      else if (pod.terminating) this.#seen.delete(pod.uid);
    }
  }

  async #hit(pod: SeenPod, network: PodNetwork): Promise<void> {
    const delayed = this.#fault === "delay" && pod.role === "db";
    const proxy = delayed ? await startDelayingProxy(network) : undefined;
    const hit: Hit = { pod, network, ...(proxy ? { proxy } : {}), done: false };
    // Known before it is complete, so that healing finds also what was cut short.
    this.#hits.set(pod.uid, hit);
    try {
      const end = { role: pod.role, gateway: await gatewayOf(network) };
      await applyRules(network, rulesFor(this.#fault, end));
      if (pod.role === "server") await cutConnections(network);
      hit.done = true;
    } finally {
      if (!hit.done) await this.#takeBack(hit);
    }
  }

  async #takeBack(hit: Hit): Promise<void> {
    if (hit.proxy) await stopDelayingProxy(hit.proxy);
    if (await isStillThere(hit.network)) await removeRules(hit.network);
    this.#hits.delete(hit.pod.uid);
  }
}
