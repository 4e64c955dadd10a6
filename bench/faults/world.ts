import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callApi } from "../../farm/cluster/api-client.ts";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { reapOrphans } from "../../src/agent/orphans.ts";
import { startFaultyProxy } from "../../test/support/faulty-proxy.ts";
import type { FaultyProxy } from "../../test/support/faulty-proxy.ts";
import { incidentsPath, installMedic } from "../../test/support/medic-process.ts";
import type { StoredIncident } from "../../test/support/medic-process.ts";
import { startRocketChatDouble } from "../../test/support/rocketchat/double.ts";
import type { RocketChatDouble } from "../../test/support/rocketchat/double.ts";
import { createBuild, createStack } from "../../test/support/test-stack.ts";
import { isReady, Mirror } from "../mirror.ts";
import type { KubeObject, Pod } from "../mirror.ts";
import type { Progress } from "../result.ts";
import { Crew } from "./crew.ts";
import type { Berth } from "./crew.ts";
import { MEDIC_USER, auditRules } from "./writes.ts";
import { Model } from "./model.ts";
import type { Outage } from "./outage.ts";

export interface WorldOptions {
  readonly replicas: number;
  /** Healthy stacks that are always there. */
  readonly crowd: number;
  /** A folder that keeps what the medics said. */
  readonly records: string;
  readonly progress: Progress;
  readonly find: (namespace: string) => Outage | undefined;
  readonly onTurn: (outage: Outage, turn: number) => Promise<void>;
}

type IncidentObject = StoredIncident & KubeObject;

/** A control plane with fake nodes, the medics behind proxies, a chat, a model, and a crowd of healthy stacks. */
export interface World {
  readonly plane: ControlPlane;
  readonly admin: ApiAccess;
  readonly crew: Crew;
  readonly chat: RocketChatDouble;
  readonly model: Model;
  readonly pods: Mirror<Pod>;
  readonly incidents: Mirror<IncidentObject>;
  /** Everything works again. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

const CROWD_BUILDS = 6;
const stage = (name: string): string =>
  fileURLToPath(new URL(`../../test/support/stages/${name}.yaml`, import.meta.url));

/** Starts everything. Rejects, and leaves nothing behind, when that fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const ends: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    return await assemble(options, ends, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  options: WorldOptions,
  ends: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<World> {
  const { progress } = options;
  progress("control plane: starting, with fake nodes");
  const stages = [stage("image-missing"), stage("never-ready")];
  const plane = await startControlPlane({ log: progress, auditRules, fakeNodes: { count: 3, stages } });
  ends.push(() => plane.stop());
  const { admin } = plane;
  await installMedic(admin);
  const kubeconfig = await medicAccount(plane);
  const chat = await startRocketChatDouble({});
  ends.push(() => chat.stop());
  const model = await Model.start(options);
  ends.push(() => model.close());
  const pods = await Mirror.open<Pod>(admin, "/api/v1/pods?labelSelector=medic/client");
  ends.push(() => pods.close());
  const incidents = await Mirror.open<IncidentObject>(admin, incidentsPath);
  ends.push(() => incidents.close());
  await deployCrowd(admin, options.crowd);
  await pods.until("the crowd is ready", () => pods.list().filter(isReady).length >= 2 * options.crowd, 300);
  progress(`${options.crowd} healthy stacks are ready`);

  const folder = await mkdtemp(join(tmpdir(), "faults-"));
  ends.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const berths: Berth[] = [];
  for (let index = 0; index < options.replicas; index += 1) {
    const proxy = await startFaultyProxy(plane, kubeconfig);
    ends.push(() => proxy.stop());
    berths.push({
      proxy,
      kubeconfig: proxy.kubeconfig,
      stateDir: join(folder, `medic-${index}`),
      record: join(options.records, `medic-${index}.jsonl`),
    });
  }
  const crew = new Crew(admin, berths, {
    ...chat.env,
    TMPDIR: folder,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: "sk-ant-no-key-of-anybody-0123456789",
    MEDIC_ALLOW_NODE_PATCH: "true",
    MEDIC_DEBOUNCE_SECONDS: "3",
    MEDIC_VERIFY_SECONDS: "1",
    MEDIC_SWEEP_SECONDS: "2",
    MEDIC_HOURLY_BUDGET_USD: "900",
    MEDIC_EPISODE_TIMEOUT_SECONDS: "20",
  });
  crew.start();
  // An agent of a medic that was killed lives on until the next medic ends it.
  ends.push(async () => {
    await crew.stop();
    for (const name of await readdir(folder)) await reapOrphans(join(folder, name));
  });
  const heal = async (): Promise<void> => {
    for (const proxy of crew.proxies()) mend(proxy);
    chat.calm();
    await chat.accept();
    await model.become("well");
  };
  return { plane, admin, crew, chat, model, pods, incidents, heal, stop };
}

function mend(proxy: FaultyProxy): void {
  proxy.clear();
  proxy.dropConnections();
}

/** The medic's requests pass the proxy by a token: a certificate would end there. */
async function medicAccount(plane: ControlPlane): Promise<string> {
  const [, , namespace = "", serviceAccount = ""] = MEDIC_USER.split(":");
  await callApi(plane.admin, "POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    body: { metadata: { name: serviceAccount } },
  });
  await callApi(plane.admin, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: serviceAccount },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    },
  });
  return plane.kubeconfigFor({ namespace, serviceAccount });
}

async function deployCrowd(admin: ApiAccess, size: number): Promise<void> {
  for (let build = 0; build < CROWD_BUILDS; build += 1) {
    const namespace = `crowd-${String(build).padStart(2, "0")}`;
    await createBuild(admin, namespace);
    const clients = Array.from({ length: size }, (_, client) => client).filter(
      (client) => client % CROWD_BUILDS === build,
    );
    await Promise.all(clients.map((client) => createStack(admin, { namespace, client: String(client) })));
  }
}
