import type { V1Lease } from "@kubernetes/client-node";
import { LEADER_LEASE } from "../../src/core/contract.ts";
import type { Kube } from "../build/kube.ts";
import { poll } from "../build/sleep.ts";

export type Presence = "there" | "absent" | "unknown";

/** A medic renews its Lease every few seconds. */
const FRESH_MS = 60_000;
/** One that has just started takes a moment until it leads. */
const PATIENCE_MS = 5000;

/** Whether a medic watches the cluster, as its Lease tells; unknown where we may not read that. */
export async function medicPresence(kube: Kube, medicNamespace: string): Promise<Presence> {
  const seen = await poll(
    async () => {
      const now = await presenceNow(kube, medicNamespace);
      return now === "absent" ? undefined : now;
    },
    { everyMs: 1000, forMs: PATIENCE_MS },
  );
  return seen ?? "absent";
}

async function presenceNow(kube: Kube, medicNamespace: string): Promise<Presence> {
  const args = ["get", "lease", LEADER_LEASE, "-n", medicNamespace, "--ignore-not-found", "-o", "json"];
  const result = await kube.kubectl(args);
  if (result.code !== 0) return "unknown";
  if (result.stdout.trim() === "") return "absent";
  const renewed = (JSON.parse(result.stdout) as V1Lease).spec?.renewTime;
  const holder = (JSON.parse(result.stdout) as V1Lease).spec?.holderIdentity;
  if (renewed === undefined || !holder) return "absent";
  return Date.now() - new Date(renewed).getTime() < FRESH_MS ? "there" : "absent";
}
