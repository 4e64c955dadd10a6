import { createObject, type ApiAccess } from "./api-client.ts";
import type { Kwok } from "./toolchain.ts";

export type FakeNodes = {
  /** How many nodes; they are called fake-1, fake-2, …. */
  readonly count: number;
  /**
   * More KWOK Stage files. A pod that several stages match takes one with a positive `weight` before one without,
   * so a scripted failure wins over "every pod is ready" by `weight: 1` for as long as its selector matches.
   */
  readonly stages?: readonly string[];
  /** Leave out KWOK's own stage that makes every pod ready, so that `stages` alone decide (default: it is there). */
  readonly withoutPodReady?: boolean;
};

/** KWOK's arguments. It acts on nodes with our annotation only, so that real nodes beside them stay real. */
export function kwokArguments(kwok: Kwok, fake: FakeNodes, kubeconfig: string): string[] {
  const podStages = kwok.podStages.filter(
    (file) => fake.withoutPodReady !== true || !file.includes("pod-ready"),
  );
  return [
    `--kubeconfig=${kubeconfig}`,
    "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
    "--node-lease-duration-seconds=40",
    ...[...kwok.nodeStages, ...podStages, ...(fake.stages ?? [])].map((file) => `--config=${file}`),
  ];
}

/** Registers the fake nodes; KWOK makes them ready. */
export async function createFakeNodes(access: ApiAccess, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    const name = `fake-${index}`;
    await createObject(access, "/api/v1/nodes", {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        annotations: { "kwok.x-k8s.io/node": "fake" },
        labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", type: "kwok" },
      },
      status: { allocatable: room, capacity: room },
    });
  }
}

const room = { cpu: "64", memory: "256Gi", pods: "500", "ephemeral-storage": "1Ti" };
