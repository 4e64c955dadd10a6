import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { FarmAccess } from "../../farm/build/farm-access.ts";
import type { Kube } from "../../farm/build/kube.ts";

const RBAC = fileURLToPath(new URL("../../deploy/arc/rbac.yaml", import.meta.url));

/** What a workflow gets on a farm whose runner cannot put faults in. */
export interface Accounts {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Applies deploy/arc/rbac.yaml to the farm and takes tokens of its two accounts. */
export async function splitAccounts(farm: FarmAccess, kube: Kube): Promise<Accounts> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "arc-runners" } };
  await kube.ask("make arc-runners", ["apply", "-f", "-"], { input: JSON.stringify(namespace) });
  await kube.ask("apply the accounts", ["apply", "-f", RBAC]);
  const folder = await mkdtemp(join(tmpdir(), "accounts-"));
  const runner = join(folder, "runner");
  await writeFile(runner, await kubeconfigOf("farm-runner", farm, kube), { mode: 0o600 });
  return {
    environment: {
      KUBECONFIG: runner,
      FARM_KUBECONFIG: runner,
      FARM_BUILD_ROLE: "farm-build",
      FARM_SERVER_IMAGE: farm.chartValues["images.server"] ?? "",
      FARM_DB_IMAGE: farm.chartValues["images.db"] ?? "",
      FARM_SUITE_IMAGE: farm.suiteImage,
    },
    secrets: { FARM_FAULT_KUBECONFIG: await kubeconfigOf("farm-fault", farm, kube) },
    remove: async () => {
      await kube.ask("remove the accounts", ["delete", "-f", RBAC, "--ignore-not-found"]);
      await kube.ask("remove arc-runners", ["delete", "namespace", "arc-runners", "--ignore-not-found"]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The farm's kubeconfig with an account's token in place of the administrator; JSON, which is YAML too, on one line. */
async function kubeconfigOf(account: string, farm: FarmAccess, kube: Kube): Promise<string> {
  const token = await kube.ask("make a token", ["create", "token", account, "-n", "arc-runners"]);
  const admin = parse(await readFile(farm.kubeconfig, "utf8")) as {
    readonly clusters: readonly { readonly name: string }[];
  };
  const cluster = admin.clusters[0]?.name;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: admin.clusters,
    users: [{ name: account, user: { token: token.trim() } }],
    contexts: [{ name: account, context: { cluster, user: account } }],
    "current-context": account,
  });
}
