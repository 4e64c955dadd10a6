import { FarmError, failureOf } from "./kube.ts";
import type { Kube } from "./kube.ts";
import { runCommand } from "./command.ts";
import type { CommandOptions, CommandResult } from "./command.ts";

/** Where one client's steps run, as a CI runner would be: a Node.js within the cluster's network. */
export interface Runner {
  /** Waits until it can take commands. Throws `FarmError` when it does not come up. */
  ready(): Promise<void>;
  /** Runs Node.js with these arguments there. */
  node(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

export interface RunnerPlace {
  readonly namespace: string;
  readonly client: number;
  readonly image: string;
}

const READY_LIMIT_SECONDS = 90;
/** Creates the runner pods of a build, which the scheduler places before anything can be cordoned. */
export async function createRunnerPods(kube: Kube, places: readonly RunnerPlace[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: places.map(runnerPod) };
  await kube.ask("create the runner pods", ["create", "-f", "-"], { input: JSON.stringify(list) });
}

/** The suite's image idles until it is told what to run. No label of the contract is on it: it is none of the medic's business. */
function runnerPod(place: RunnerPlace): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: podName(place.client), namespace: place.namespace },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      nodeSelector: { "kubernetes.io/os": "linux" },
      containers: [
        {
          name: "runner",
          image: place.image,
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
        },
      ],
    },
  };
}

function podName(client: number): string {
  return `runner-${client}`;
}

/** The runner pod of a client, reached with `kubectl exec`. */
export function podRunner(
  kube: Kube,
  place: { readonly namespace: string; readonly client: number },
): Runner {
  const name = podName(place.client);
  return {
    ready: async () => {
      const limit = `--timeout=${READY_LIMIT_SECONDS}s`;
      const args = ["wait", `pod/${name}`, "-n", place.namespace, "--for=condition=Ready", limit];
      const result = await kube.kubectl(args, { timeoutSeconds: READY_LIMIT_SECONDS + 10 });
      if (result.code !== 0)
        throw new FarmError(`the runner pod ${name} did not start: ${failureOf(result)}`);
    },
    node: (args, options) =>
      kube.kubectl(["exec", name, "-n", place.namespace, "--", "node", ...args], options),
  };
}

/** This very machine, for steps that already run in a pod of the cluster. `folder`: where the suite is. */
export function localRunner(folder: string, signal?: AbortSignal): Runner {
  return {
    ready: () => Promise.resolve(),
    node: (args, options) => runCommand(process.execPath, args, { cwd: folder, signal, ...options }),
  };
}
