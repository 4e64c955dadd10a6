import { callApi } from "../farm/cluster/api-client.ts";
import type { ApiAccess } from "../farm/cluster/api-client.ts";
import { readFarm } from "../farm/cluster/state.ts";
import { openFarm } from "../farm/build/farm-access.ts";
import type { FarmAccess } from "../farm/build/farm-access.ts";
import { FarmError, failureOf, openKube } from "../farm/build/kube.ts";
import type { Kube } from "../farm/build/kube.ts";
import { joinMedic } from "../farm/build/medic-process.ts";
import { createNamespace, deleteNamespace, namespaceOf } from "../farm/build/namespace.ts";
import { withTag } from "../farm/faults/template-fault.ts";
import { accessOf, imageOf, isReady, Mirror } from "./mirror.ts";
import type { Pod, StatefulSet } from "./mirror.ts";
import type { Progress } from "./result.ts";

/** One real stack, alone in its namespace, with the calls that break and repair its server. */
export interface Stack {
  readonly namespace: string;
  readonly statefulSet: string;
  readonly pod: string;
  readonly badImage: string;
  readonly pods: Mirror<Pod>;
  readonly sets: Mirror<StatefulSet>;
  hasIntendedImage(set: StatefulSet): boolean;
  setImage(image: string): Promise<void>;
  /** The oracle: both calls that the medic makes, with nothing before or between them. */
  repairAtOnce(bad: Pod, oldRevision: string): Promise<void>;
  remove(): Promise<void>;
}

export interface FarmBench {
  /** A new stack, ready; `watched` is whether the medic may touch it. */
  deploy(options: { readonly watched: boolean }): Promise<Stack>;
  close(): Promise<void>;
}

const STATEFUL_SET = "server-0";
const UP_LIMIT_SECONDS = 180;

/** The local farm with a medic at work on it, shared with builds when they run one. Throws `FarmError` when it is down. */
export async function openBench(progress: Progress): Promise<FarmBench> {
  const farm = await openFarm({ report: progress });
  const node = (await readFarm())?.nodes[0];
  const kube = openKube(farm);
  const session = `bench-${Date.now().toString(36)}`;
  const access = await accessOf(farm.kubeconfig);
  // Without a model: the benchmark is about tier 1, and must not spend anything.
  const medic = await joinMedic({
    kube,
    runId: session,
    clusterUid: farm.clusterUid,
    model: "none",
    report: progress,
  });
  if (!medic.started) {
    await medic.leave();
    throw new FarmError(
      `A medic runs already (${medic.url}); the benchmark starts its own, so end that one or wait for its builds.`,
    );
  }
  let deployed = 0;
  return {
    async deploy({ watched }) {
      deployed += 1;
      const runId = `${session}-${deployed}`;
      return deployStack({ farm, kube, access, node, runId, watched });
    },
    close: () => medic.leave(),
  };
}

interface Deployment {
  readonly farm: FarmAccess;
  readonly kube: Kube;
  readonly access: ApiAccess;
  /** Both kinds of rounds run on the same node. */
  readonly node: string | undefined;
  readonly runId: string;
  readonly watched: boolean;
}

async function deployStack({ farm, kube, access, node, runId, watched }: Deployment): Promise<Stack> {
  const namespace = namespaceOf(runId);
  const setsPath = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
  const podsPath = `/api/v1/namespaces/${namespace}/pods`;
  const image = farm.chartValues["images.server"] ?? "";
  const opened: { close(): void }[] = [];
  const remove = async (): Promise<void> => {
    for (const mirror of opened) mirror.close();
    await deleteNamespace(kube, namespace);
  };
  const call = async (what: string, request: () => ReturnType<typeof callApi>): Promise<unknown> => {
    const answer = await request();
    if (answer.status >= 300) throw new FarmError(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  try {
    await createNamespace(kube, { runId, watched });
    const pods = await Mirror.open<Pod>(access, podsPath);
    opened.push(pods);
    const sets = await Mirror.open<StatefulSet>(access, setsPath);
    opened.push(sets);
    await install({ farm, kube, node, runId });
    await pods.until(
      "a new stack is ready",
      () => pods.list().filter(isReady).length === 2,
      UP_LIMIT_SECONDS,
    );
    const setImage = async (value: string): Promise<void> => {
      const body = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value }];
      const contentType = "application/json-patch+json";
      await call("patch the StatefulSet", () =>
        callApi(access, "PATCH", `${setsPath}/${STATEFUL_SET}`, { body, contentType }),
      );
    };
    return {
      namespace,
      statefulSet: STATEFUL_SET,
      pod: `${STATEFUL_SET}-0`,
      badImage: withTag(image, "no-such-tag"),
      pods,
      sets,
      hasIntendedImage: (set) => set.metadata.name === STATEFUL_SET && imageOf(set) === image,
      setImage,
      async repairAtOnce(bad, oldRevision) {
        await setImage(image);
        // Going back to an earlier template makes its revision the update revision again.
        const isBack = (): boolean =>
          sets.get(namespace, STATEFUL_SET)?.status.updateRevision === oldRevision;
        await sets.until("the revision changes back", isBack, 30);
        const { name, uid } = bad.metadata;
        const body = { preconditions: { uid } };
        await call("delete the stuck pod", () => callApi(access, "DELETE", `${podsPath}/${name}`, { body }));
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function install({
  farm,
  kube,
  node,
  runId,
}: Pick<Deployment, "farm" | "kube" | "node" | "runId">): Promise<void> {
  const values = { client: "0", runId, ...farm.chartValues };
  const pinned = node === undefined ? {} : { "nodeSelector.kubernetes\\.io/hostname": node };
  const sets = Object.entries({ ...values, ...pinned }).flatMap(([key, value]) => [
    "--set-string",
    `${key}=${value}`,
  ]);
  const args = ["install", "client-0", farm.chart, "--namespace", namespaceOf(runId), ...sets];
  const result = await kube.helm(args, { timeoutSeconds: 120 });
  if (result.code !== 0) throw new FarmError(`deploy a stack: ${failureOf(result)}`);
}
