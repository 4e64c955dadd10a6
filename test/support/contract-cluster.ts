import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { ApiClient } from "../../src/kube/api-client.ts";
import { loadCluster } from "../../src/kube/kubeconfig.ts";
import { systemClock } from "../../src/lib/clock.ts";

/** A client as the medic has one; `name` tells its requests apart in the audit log. */
export async function clientFor(kubeconfig: string, name: string): Promise<ApiClient> {
  const access = await loadCluster({ kubeconfig, environment: {} });
  return new ApiClient({ access, version: name, clock: systemClock });
}

/** Resolves when the condition holds; rejects after `timeoutMs` with what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}`);
    await delay(20);
  }
}

/** One answered request in the API server's own audit log. */
export interface AuditedRequest {
  readonly verb: string;
  readonly uri: string;
  readonly status: number;
}

/** What a client of `clientFor` asked of the API server, as the API server itself tells. */
export async function auditedRequests(plane: ControlPlane, name: string): Promise<AuditedRequest[]> {
  const text = await readFile(plane.auditLog, "utf8");
  return text
    .split("\n")
    .filter((line) => line.includes(`"build-medic/${name}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .map((entry) => ({
      verb: String(entry["verb"]),
      uri: String(entry["requestURI"]),
      status: (entry["responseStatus"] as { code: number } | undefined)?.code ?? 0,
    }));
}
