import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { V1Lease, V1Pod, V1PodList } from "@kubernetes/client-node";
import { runCommand } from "../../farm/build/command.ts";
import { failureOf } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { poll } from "../../farm/build/sleep.ts";
import { LEADER_LEASE } from "../../src/core/contract.ts";

const chart = fileURLToPath(new URL("../../charts/build-medic", import.meta.url));
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const namespace = "build-medic";
const release = "build-medic";

export interface InFarmOptions {
  readonly kube: Kube;
  /** The medic's image, with its tag. */
  readonly image: string;
  /** The model's stand-in, on an address that pods reach. */
  readonly rehearsal: Readonly<Record<string, string>>;
  /** The chat's stand-in, likewise: the ROCKETCHAT_* variables. */
  readonly chat: Readonly<Record<string, string>>;
  /** More values of the chart. */
  readonly values?: Readonly<Record<string, string>>;
}

/**
 * Installs the chart as a team would, into a namespace that admits restricted pods only. The address of the one that leads,
 * as this machine reaches its pod.
 */
export async function installMedicInFarm(options: InFarmOptions): Promise<string> {
  const { kube, image, rehearsal, chat } = options;
  const crds = await runCommand(process.execPath, [main, "crds"], { timeoutSeconds: 30 });
  await kube.ask("apply the CRD", ["apply", "-f", "-"], { input: crds.stdout });
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await apply(kube, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
  await apply(kube, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "medic-secrets", namespace },
    stringData: {
      ANTHROPIC_API_KEY: rehearsal["ANTHROPIC_API_KEY"],
      ROCKETCHAT_TOKEN: chat["ROCKETCHAT_TOKEN"],
    },
  });
  const cut = image.lastIndexOf(":");
  const values = {
    "image.repository": image.slice(0, cut),
    "image.tag": image.slice(cut + 1),
    "config.allowNodePatch": "true",
    "model.provider": "anthropic",
    "model.anthropic.existingSecret": "medic-secrets",
    "model.anthropic.baseUrl": rehearsal["ANTHROPIC_BASE_URL"],
    "chat.kind": "rocketchat",
    "chat.url": chat["ROCKETCHAT_URL"],
    "chat.userId": chat["ROCKETCHAT_USER_ID"],
    "chat.channel": chat["ROCKETCHAT_CHANNEL"],
    "chat.existingSecret": "medic-secrets",
    ...options.values,
  };
  await upgradeMedicInFarm(kube, values, []);
  const leads = await poll(() => leadingPod(kube), { everyMs: 300, forMs: 60_000 });
  assert.ok(leads, `one of them leads\n${await medicLog(kube)}`);
  return urlOf(leads);
}

/** `helm upgrade` as it is done to a medic at work: other values, everything else as it was. Resolves when the pods are ready. */
export async function upgradeMedicInFarm(
  kube: Kube,
  values: Readonly<Record<string, string | undefined>>,
  flags: readonly string[] = ["--reuse-values"],
): Promise<void> {
  const sets = Object.entries(values).flatMap(([key, value]) => ["--set", `${key}=${value ?? ""}`]);
  const installed = await kube.helm(
    [
      "upgrade",
      "--install",
      release,
      chart,
      "-n",
      namespace,
      "--skip-crds",
      "--wait",
      "--timeout",
      "3m",
      ...flags,
      ...sets,
    ],
    { timeoutSeconds: 200 },
  );
  assert.equal(installed.code, 0, `${failureOf(installed)}\n${await medicLog(kube)}`);
}

/** The pod that holds the Lease, once there is one. */
export async function leadingPod(kube: Kube): Promise<V1Pod | undefined> {
  const lease = await kube.kubectl(["get", "lease", LEADER_LEASE, "-n", namespace, "-o", "json"]);
  if (lease.code !== 0) return undefined;
  const { spec } = JSON.parse(lease.stdout) as V1Lease;
  const pods = await medicPods(kube);
  return pods.find(({ metadata }) => spec?.holderIdentity?.startsWith(`${metadata?.name}_`));
}

export async function medicPods(kube: Kube): Promise<readonly V1Pod[]> {
  const selector = "app.kubernetes.io/name=build-medic";
  const { items } = await kube.get<V1PodList>("list pods", ["pods", "-n", namespace, "-l", selector]);
  return items;
}

export function urlOf({ status }: V1Pod): string {
  assert.ok(status?.podIP, "the medic's pod has an address");
  return `http://${status.podIP}:8080`;
}

export async function uninstallMedicFromFarm(kube: Kube): Promise<void> {
  await kube.helm(["uninstall", release, "-n", namespace, "--wait"], { timeoutSeconds: 120 });
  await kube.kubectl(["delete", "secret", "medic-secrets", "-n", namespace, "--ignore-not-found"]);
  await kube.kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce-"]);
}

/** What the pod says and how it is, for a test that failed. */
export async function medicLog(kube: Kube): Promise<string> {
  const log = await kube.kubectl(["logs", "-n", namespace, `deployment/${release}`, "--tail=40"]);
  const pods = await kube.kubectl(["describe", "pods", "-n", namespace]);
  return `${log.stdout}${log.stderr}\n${pods.stdout.slice(-3000)}`;
}

async function apply(kube: Kube, object: object): Promise<void> {
  await kube.ask("apply", ["apply", "-f", "-"], { input: JSON.stringify(object) });
}
