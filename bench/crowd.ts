import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OUT } from "../farm/build/out-folder.ts";
import { startControlPlane } from "../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../farm/cluster/control-plane.ts";
import { installMedic, startMedic } from "../test/support/medic-process.ts";
import type { MedicProcess } from "../test/support/medic-process.ts";
import { createBuild, createStack } from "../test/support/test-stack.ts";
import { isReady, Mirror } from "./mirror.ts";
import type { Pod, StatefulSet } from "./mirror.ts";
import { startPoller } from "./poller-process.ts";
import type { Poller } from "./poller-process.ts";
import type { Progress } from "./result.ts";

export interface CrowdOptions {
  readonly builds: number;
  /** In each build; a stack is a server and a database, so two pods. */
  readonly stacks: number;
  /** From the start of one of the poller's sweeps to the next. */
  readonly pollSeconds: number;
  readonly progress: Progress;
}

/** The server of one stack, and who repairs it. */
export interface Target {
  readonly namespace: string;
  readonly statefulSet: string;
  readonly owner: "medic" | "poller";
}

/** A farm at its largest on fake nodes, with the medic and the poller at work on it. */
export interface Crowd {
  readonly plane: ControlPlane;
  readonly medic: MedicProcess;
  readonly poller: Poller;
  readonly pods: Mirror<Pod>;
  readonly sets: Mirror<StatefulSet>;
  readonly targets: readonly Target[];
  /** Ends medic and poller, so that the audit log has their watches too; the control plane goes on. */
  silence(): Promise<void>;
  /** After a failure: keeps what was said by whom in `out/bench/failed`, and answers that path. */
  keepRecords(): Promise<string>;
  stop(): Promise<void>;
}

/** Every fifth stack is the poller's: the medic watches it, sees that it is paused and keeps its hands off. */
const POLLERS_SHARE = 5;
const POLLERS_OWN = "bench: repaired by the poller";
/** As in production; the test support has shorter ones. */
const DEFAULTS = { MEDIC_DEBOUNCE_SECONDS: "20", MEDIC_VERIFY_SECONDS: "10" };

/** Starts everything and waits until every pod is ready. Rejects, and leaves nothing behind, when that fails. */
export async function startCrowd(options: CrowdOptions): Promise<Crowd> {
  const { progress } = options;
  const stage = fileURLToPath(new URL("../test/support/stages/image-missing.yaml", import.meta.url));
  progress("control plane: starting, with fake nodes");
  const plane = await startControlPlane({ log: progress, fakeNodes: { count: 4, stages: [stage] } });
  const opened: { close(): void }[] = [];
  const started: { readonly pid: number; stop(): Promise<unknown> }[] = [];
  // The control plane ends with this process however that ends; these two are told here.
  process.once("exit", () => started.forEach(({ pid }) => process.kill(pid)));
  const silence = async (): Promise<void> => {
    for (const child of started.splice(0)) await child.stop();
  };
  const stop = async (): Promise<void> => {
    await silence();
    for (const mirror of opened) mirror.close();
    await plane.stop();
  };
  try {
    await installMedic(plane.admin);
    const pods = await Mirror.open<Pod>(plane.admin, "/api/v1/pods?labelSelector=medic/client");
    opened.push(pods);
    const sets = await Mirror.open<StatefulSet>(
      plane.admin,
      "/apis/apps/v1/statefulsets?labelSelector=medic/client",
    );
    opened.push(sets);
    const targets = await deploy(plane, options);
    const wanted = 2 * targets.length;
    await pods.until("every pod is ready", () => pods.list().filter(isReady).length === wanted, 300);
    progress(`${wanted} pods in ${options.builds} builds are ready`);
    const medic = await startMedic({ kubeconfig: plane.kubeconfig, env: DEFAULTS });
    started.push(medic);
    const namespaces = [...new Set(targets.map(({ namespace }) => namespace))];
    const { kubeconfig } = plane;
    const poller = await startPoller({
      kubeconfig,
      namespaces,
      own: POLLERS_OWN,
      seconds: options.pollSeconds,
    });
    started.push(poller);
    progress("medic and poller are watching");
    const keepRecords = async (): Promise<string> => {
      const folder = join(OUT, "bench", "failed");
      await rm(folder, { recursive: true, force: true });
      await cp(join(plane.directory, "logs"), folder, { recursive: true });
      await cp(plane.auditLog, join(folder, "audit.log"));
      const jsonLines = (lines: readonly unknown[]): string =>
        lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      await writeFile(join(folder, "medic.log"), jsonLines(medic.lines));
      await writeFile(join(folder, "poller.log"), jsonLines(poller.lines));
      return folder;
    };
    return { plane, medic, poller, pods, sets, targets, silence, keepRecords, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function deploy(plane: ControlPlane, options: CrowdOptions): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (let build = 1; build <= options.builds; build += 1) {
    const namespace = `build-${build}`;
    await createBuild(plane.admin, namespace);
    const clients = Array.from({ length: options.stacks }, (_, client) => client);
    await Promise.all(
      clients.map(async (client) => {
        const owner = client % POLLERS_SHARE === POLLERS_SHARE - 1 ? "poller" : "medic";
        const annotations = owner === "poller" ? { "medic/paused": POLLERS_OWN } : {};
        await createStack(plane.admin, { namespace, client: String(client), annotations });
        targets.push({ namespace, statefulSet: `server-${client}`, owner });
      }),
    );
    options.progress(`build ${build} of ${options.builds} deployed`);
  }
  return targets;
}
