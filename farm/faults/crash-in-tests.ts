import { FarmError, failureOf } from "../build/kube.ts";
import { poll, sleep } from "../build/sleep.ts";
import type { ActiveFault, FaultSite } from "./fault.ts";
import { findPodProcess } from "./pod-network.ts";

const TICK_MS = 500;

/**
 * A server that crashes while its tests run, as a bug in the code under test would make it: its process is killed, and
 * killed again whenever the kubelet has restarted it. The pods must run on this machine.
 */
export async function injectCrash(site: FaultSite): Promise<ActiveFault> {
  const first = await poll(async () => ((await killServer(site)) ? true : undefined), {
    everyMs: TICK_MS,
    forMs: 15_000,
  });
  if (!first) throw new FarmError("fault crash-in-tests: the server's process was not found on this machine");
  const stop = new AbortController();
  const killing = keepKilling(site, stop.signal);
  return {
    name: "crash-in-tests",
    detail: `server-${site.client} killed again and again from the start of its tests`,
    heal: async () => {
      stop.abort();
      await killing;
    },
  };
}

async function keepKilling(site: FaultSite, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await killServer(site);
    await sleep(TICK_MS, signal);
  }
}

/** Kills the first process of the server's container; false when it is not running (here). */
async function killServer(site: FaultSite): Promise<boolean> {
  const id = await runningContainer(site);
  if (id === undefined) return false;
  const pid = await findPodProcess((cgroup) => cgroup.includes(id));
  if (pid === undefined) return false;
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** `containerd://<id>` of the running container, without its prefix. */
async function runningContainer(site: FaultSite): Promise<string | undefined> {
  const running = "{range .status.containerStatuses[?(@.state.running)]}{.containerID}{end}";
  const args = ["get", "pod", `server-${site.client}-0`, "-n", site.namespace, "-o", `jsonpath=${running}`];
  const result = await site.kube.kubectl(args);
  if (result.code !== 0) {
    site.report(`fault crash-in-tests: ${failureOf(result)}`);
    return undefined;
  }
  return result.stdout.split("://")[1] || undefined;
}
