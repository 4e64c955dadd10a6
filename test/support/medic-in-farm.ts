import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { V1PodList } from "@kubernetes/client-node";
import { runCommand } from "../../farm/build/command.ts";
import { failureOf } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { poll } from "../../farm/build/sleep.ts";

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
}

/** Installs the chart as a team would, into a namespace that admits restricted pods only. Its address, as this machine reaches the pod. */
export async function installMedicInFarm({ kube, image, rehearsal, chat }: InFarmOptions): Promise<string> {
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
  };
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
      ...sets,
    ],
    { timeoutSeconds: 200 },
  );
  assert.equal(installed.code, 0, `${failureOf(installed)}\n${await medicLog(kube)}`);
  const ip = await poll(
    async () => {
      const { items } = await kube.get<V1PodList>("list pods", ["pods", "-n", namespace]);
      return items.find((pod) => pod.status?.phase === "Running")?.status?.podIP;
    },
    { everyMs: 300, forMs: 30_000 },
  );
  assert.ok(ip, "the medic's pod has an address");
  return `http://${ip}:8080`;
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
