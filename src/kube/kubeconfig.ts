import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { delimiter, dirname, join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { isJsonObject } from "../core/json.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";

/** What one request carries to be let in. Holds secrets: never log it. */
export interface Credentials {
  readonly tls: Pick<RequestOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername">;
  readonly headers: Readonly<Record<string, string>>;
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

/** Needs no library, which spares a medic in the cluster 75 MB. */
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
  let loaded = await readable(source, () => readConfig(present));
  const { server, namespace, context } = chosen(loaded.config, source);
  const access: ClusterAccess = {
    server,
    namespace,
    source: `context ${context} of ${source}`,
    credentials: () => readable(source, () => credentialsOf(loaded)),
    reload: async () => {
      loaded = await readable(source, () => readConfig(present));
    },
  };
  await access.credentials();
  return access;
}

interface LoadedConfig {
  readonly config: KubeConfig;
  /** Path of the token file by user name; the library passes over this field. */
  readonly tokenFiles: ReadonlyMap<string, string>;
}

async function readConfig(files: readonly string[]): Promise<LoadedConfig> {
  const { KubeConfig, loadYaml } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const tokenFiles = new Map<string, string>();
  for (const file of files) {
    const raw: unknown = loadYaml(await readFile(file, "utf8"));
    if (!isJsonObject(raw)) throw new Error("it is no kubeconfig");
    const next = new KubeConfig();
    next.loadFromFile(file);
    config.mergeConfig(next, config.currentContext !== undefined);
    for (const [user, tokenFile] of tokenFilesIn(raw["users"])) {
      tokenFiles.set(user, resolve(dirname(file), tokenFile));
    }
  }
  return { config, tokenFiles };
}

function tokenFilesIn(users: unknown): [user: string, tokenFile: string][] {
  if (!Array.isArray(users)) return [];
  return users.filter(isJsonObject).flatMap(({ name, user }) => {
    const tokenFile = isJsonObject(user) ? user["tokenFile"] : undefined;
    return typeof name === "string" && typeof tokenFile === "string" ? [[name, tokenFile]] : [];
  });
}

function chosen(config: KubeConfig, source: string): { server: string; namespace: string; context: string } {
  const name = config.currentContext;
  if (!name) throw unusable(`${source} has no current context (kubectl config use-context NAME sets one)`);
  const context = config.getContextObject(name);
  const cluster = context && config.getCluster(context.cluster);
  if (!context || !cluster) throw unusable(`context ${name} of ${source} names no cluster in it`);
  if (!config.getUser(context.user)) throw unusable(`context ${name} of ${source} names no user in it`);
  if (!cluster.server.startsWith("https://")) {
    throw unusable(`the server of context ${name} (${cluster.server}) is not https, which is needed`);
  }
  if (cluster.proxyUrl) throw unusable(`context ${name} of ${source} needs a proxy, which is not supported`);
  return { server: cluster.server, namespace: context.namespace ?? "default", context: name };
}

async function credentialsOf({ config, tokenFiles }: LoadedConfig): Promise<Credentials> {
  const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized, servername, headers, auth } = options;
  const tls = definedOnly({ ca, cert, key, rejectUnauthorized, servername });
  const tokenFile = tokenFiles.get(config.getCurrentUser()?.name ?? "");
  if (tokenFile !== undefined)
    headers["authorization"] = `Bearer ${await readFile(tokenFile, "utf8")}`.trim();
  else if (auth) headers["authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
  return { tls, headers: lowerCase(headers) };
}

function definedOnly(tls: {
  [Key in keyof Credentials["tls"]]: Credentials["tls"][Key] | undefined;
}): Credentials["tls"] {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]),
  );
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
