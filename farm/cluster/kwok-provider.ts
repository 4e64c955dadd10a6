import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "./cache.ts";
import { createCgroup } from "./cgroups.ts";
import { startControlPlane } from "./control-plane.ts";
import { step } from "./progress.ts";
import { farmPaths, recordProcess, type FarmState } from "./state.ts";

/**
 * The same control plane without real nodes: KWOK plays them, and no container ever runs. For machines without root,
 * and for scale. Expects a clean machine; throws one sentence.
 */
export async function startKwokFarm(log: Log, count: number): Promise<FarmState> {
  const { run } = farmPaths();
  await mkdir(run, { recursive: true, mode: 0o700 });
  const root = process.platform === "linux" && process.getuid?.() === 0;
  const plane = await step(log, `control plane, ${count} fake nodes`, () =>
    startControlPlane({
      log,
      directory: join(run, "control-plane"),
      fakeNodes: { count },
      lifetime: "detached",
      cgroups: root ? createCgroup("system") : [],
      onStart: recordProcess,
    }),
  );
  return {
    provider: "kwok",
    kubeconfig: plane.kubeconfig,
    auditLog: plane.auditLog,
    nodes: Array.from({ length: count }, (_, index) => `fake-${index + 1}`),
    kubernetesVersion: plane.kubernetesVersion,
    startedAt: new Date().toISOString(),
    components: plane.daemons().map((daemon) => ({ name: daemon.name, daemon })),
  };
}
