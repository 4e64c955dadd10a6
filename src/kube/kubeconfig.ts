import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { delimiter, join } from "node:path";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import { loadPlugin } from "./credential-plugin.ts";
import type { PluginCredentials } from "./credential-plugin.ts";
import { optional, readKubeconfig } from "./kubeconfig-file.ts";
import type { KubeCluster, KubeconfigFile, KubeUser, Pem } from "./kubeconfig-file.ts";

/** What one request carries to be let in. Holds secrets: never log it. */
interface Credentials {
  readonly tls: Pick<RequestOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername">;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** One API server and the account to use there. */
export interface ClusterAccess {
  /** Address of the API server, always https. */
  readonly server: string;
  /** For people: where this was found. */
  readonly source: string;
  /** The namespace of the pod or the context, else "default". */
  readonly namespace: string;
  /** Read anew for every request, because tokens and certificates on disk are rotated. Rejects with a MedicError. */
  credentials(): Promise<Credentials>;
  /** Forgets what was cached (tokens of credential plugins) and reads the configuration again. */
  reload(): Promise<void>;
}

export interface LoadOptions {
  /** The file that was asked for; wins over everything else. */
  readonly kubeconfig?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its account; only tests have another place. */
  readonly accountDirectory?: string;
}

const podAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The cluster to work on: the given kubeconfig, else the pod's own ServiceAccount, else `KUBECONFIG`, else
 * `~/.kube/config`. Rejects with one sentence when there is none or it cannot be used.
 */
export async function loadCluster(options: LoadOptions): Promise<ClusterAccess> {
  const { kubeconfig, environment, accountDirectory = podAccount } = options;
  if (kubeconfig !== undefined) return fromKubeconfig([kubeconfig]);
  const host = environment["KUBERNETES_SERVICE_HOST"];
  if (host && existsSync(join(accountDirectory, "token"))) {
    const port = environment["KUBERNETES_SERVICE_PORT"] ?? "443";
    return fromPod(`https://${host.includes(":") ? `[${host}]` : host}:${port}`, accountDirectory);
  }
  const named = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  if (named.length > 0) return fromKubeconfig(named);
  const usual = join(environment["HOME"] ?? environment["USERPROFILE"] ?? "/", ".kube", "config");
  if (existsSync(usual)) return fromKubeconfig([usual]);
  throw unusable(`no cluster found: this is no pod, KUBECONFIG is not set and there is no ${usual}`);
}

async function fromPod(server: string, directory: string): Promise<ClusterAccess> {
  const source = "the pod's ServiceAccount";
  const read = (name: string): Promise<string> => readFile(join(directory, name), "utf8");
  const access: ClusterAccess = {
    server,
    source,
    namespace: await read("namespace").then(
      (text) => text.trim(),
      () => "default",
    ),
    credentials: () =>
      readable(source, async () => {
        const [ca, token] = await Promise.all([read("ca.crt"), read("token")]);
        return { tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } };
      }),
    reload: async () => undefined,
  };
  await access.credentials();
  return access;
}

async function fromKubeconfig(files: readonly string[]): Promise<ClusterAccess> {
  // `KUBECONFIG` may list files that do not exist; kubectl passes over them as well.
  const present = files.length === 1 ? files : files.filter((file) => existsSync(file));
  if (present.length === 0) throw unusable(`none of the files in KUBECONFIG exists: ${files.join(", ")}`);
  const source = `the kubeconfig ${present.join(", ")}`;
  const load = async (): Promise<Chosen> => {
    const config = await readable(source, () => readKubeconfig(present));
    const chosen = choose(config, source);
    const { plugin } = chosen.user;
    return plugin === undefined
      ? chosen
      : { ...chosen, plugin: await readable(source, () => loadPlugin(plugin)) };
  };
  let chosen = await load();
  const access: ClusterAccess = {
    server: chosen.cluster.server,
    namespace: chosen.namespace,
    source: `context ${chosen.context} of ${source}`,
    credentials: () => readable(source, () => credentialsOf(chosen)),
    reload: async () => {
      chosen = await load();
    },
  };
  await access.credentials();
  return access;
}

interface Chosen {
  readonly context: string;
  readonly namespace: string;
  readonly cluster: KubeCluster;
  readonly user: KubeUser;
  readonly plugin?: () => Promise<PluginCredentials>;
}

function choose(config: KubeconfigFile, source: string): Chosen {
  const name = config.currentContext;
  if (name === undefined) {
    throw unusable(`${source} has no current context (kubectl config use-context NAME sets one)`);
  }
  const context = config.contexts.get(name);
  const cluster = config.clusters.get(context?.cluster ?? "");
  const user = config.users.get(context?.user ?? "");
  if (context === undefined || cluster === undefined) {
    throw unusable(`context ${name} of ${source} names no cluster in it`);
  }
  if (user === undefined) throw unusable(`context ${name} of ${source} names no user in it`);
  checkCluster(cluster, `context ${name} of ${source}`);
  return { context: name, namespace: context.namespace ?? "default", cluster, user };
}

function checkCluster({ server, proxy }: KubeCluster, where: string): void {
  if (!URL.canParse(server) || new URL(server).protocol !== "https:") {
    throw unusable(`the server of ${where} (${server}) is not https, which is needed`);
  }
  if (proxy !== undefined) throw unusable(`${where} needs a proxy, which is not supported`);
}

async function credentialsOf({ cluster, user, plugin }: Chosen): Promise<Credentials> {
  const [ca, cert, key, given] = await Promise.all([
    pemText(cluster.ca),
    pemText(user.cert),
    pemText(user.key),
    plugin?.(),
  ]);
  return {
    tls: {
      ...optional("ca", ca),
      ...optional("cert", given?.cert ?? cert),
      ...optional("key", given?.key ?? key),
      ...optional("servername", cluster.serverName),
      ...(cluster.skipVerify ? { rejectUnauthorized: false } : {}),
    },
    headers: { ...(await headersOf(user)), ...given?.headers },
  };
}

async function headersOf(user: KubeUser): Promise<Credentials["headers"]> {
  const token = user.tokenFile === undefined ? user.token : await readFile(user.tokenFile, "utf8");
  const basic = Buffer.from(`${user.username ?? ""}:${user.password ?? ""}`).toString("base64");
  const authorization =
    token !== undefined
      ? `Bearer ${token.trim()}`
      : user.username !== undefined
        ? `Basic ${basic}`
        : undefined;
  return {
    ...optional("authorization", authorization),
    ...optional("impersonate-user", user.actAs),
    ...optional("impersonate-group", user.actAsGroups.length > 0 ? [...user.actAsGroups] : undefined),
  };
}

async function pemText(pem: Pem | undefined): Promise<string | undefined> {
  if (pem === undefined) return undefined;
  return "text" in pem ? pem.text : readFile(pem.file, "utf8");
}

async function readable<T>(source: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    // A credential plugin or a file in the middle of a rotation may do better next time.
    // No cause: what follows the first line of a parser's message quotes the file, which holds secrets.
    const [line = ""] = messageOf(cause).trim().split("\n");
    throw new MedicError("kubeconfig", `cannot use ${source}: ${line}`);
  }
}

function unusable(problem: string): MedicError {
  return new MedicError("kubeconfig", `${problem}; pass --kubeconfig FILE.`, {
    retriable: false,
  });
}
