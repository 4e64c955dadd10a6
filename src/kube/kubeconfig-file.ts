import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { isJsonObject } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";

/** A PEM text, either written into the kubeconfig or in a file that may be replaced at any time. */
export type Pem = { readonly text: string } | { readonly file: string };

export interface KubeCluster {
  readonly server: string;
  readonly ca?: Pem;
  readonly serverName?: string;
  readonly skipVerify: boolean;
  readonly proxy?: string;
}

export interface KubeUser {
  readonly cert?: Pem;
  readonly key?: Pem;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly actAs?: string;
  readonly actAsGroups: readonly string[];
  /** Left to the Kubernetes client, which knows how to run or ask it. */
  readonly plugin?: { readonly exec?: JsonObject; readonly authProvider?: JsonObject };
}

interface KubeContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** Kubeconfig files as one: of several entries with a name, and of several current contexts, the first counts. */
export interface KubeconfigFile {
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, KubeContext>;
  readonly clusters: ReadonlyMap<string, KubeCluster>;
  readonly users: ReadonlyMap<string, KubeUser>;
}

/** Reads and merges kubeconfig files as kubectl does. Rejects when one cannot be read or is no kubeconfig. */
export async function readKubeconfig(files: readonly string[]): Promise<KubeconfigFile> {
  const parts = await Promise.all(
    files.map(async (file) => {
      const raw: unknown = parse(await readFile(file, "utf8"));
      if (!isJsonObject(raw)) throw new Error("it is no kubeconfig");
      return readOne(raw, dirname(file));
    }),
  );
  return {
    currentContext: parts.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    contexts: firstOfEach(parts.map(({ contexts }) => contexts)),
    clusters: firstOfEach(parts.map(({ clusters }) => clusters)),
    users: firstOfEach(parts.map(({ users }) => users)),
  };
}

function readOne(raw: JsonObject, directory: string): KubeconfigFile {
  return {
    currentContext: text(raw["current-context"]),
    contexts: named(raw["contexts"], "context", readContext),
    clusters: named(raw["clusters"], "cluster", (cluster) => readCluster(cluster, directory)),
    users: named(raw["users"], "user", (user) => readUser(user, directory)),
  };
}

function readContext(raw: JsonObject): KubeContext {
  return {
    cluster: text(raw["cluster"]) ?? "",
    user: text(raw["user"]) ?? "",
    ...optional("namespace", text(raw["namespace"])),
  };
}

function readCluster(raw: JsonObject, directory: string): KubeCluster {
  return {
    server: text(raw["server"]) ?? "",
    ...optional("ca", pem(raw, "certificate-authority", directory)),
    ...optional("serverName", text(raw["tls-server-name"])),
    skipVerify: raw["insecure-skip-tls-verify"] === true,
    ...optional("proxy", text(raw["proxy-url"])),
  };
}

function readUser(raw: JsonObject, directory: string): KubeUser {
  const tokenFile = text(raw["tokenFile"]);
  const groups = raw["as-groups"];
  return {
    ...optional("cert", pem(raw, "client-certificate", directory)),
    ...optional("key", pem(raw, "client-key", directory)),
    ...optional("token", text(raw["token"])),
    ...optional("tokenFile", tokenFile === undefined ? undefined : resolve(directory, tokenFile)),
    ...optional("username", text(raw["username"])),
    ...optional("password", text(raw["password"])),
    ...optional("actAs", text(raw["as"])),
    actAsGroups: Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : [],
    ...optional("plugin", plugin(raw)),
  };
}

function plugin(raw: JsonObject): KubeUser["plugin"] {
  const { exec, "auth-provider": authProvider } = raw;
  if (isJsonObject(exec)) return { exec };
  return isJsonObject(authProvider) ? { authProvider } : undefined;
}

/** Data within the kubeconfig goes before a file. */
function pem(raw: JsonObject, key: string, directory: string): Pem | undefined {
  const data = text(raw[`${key}-data`]);
  if (data !== undefined) return { text: Buffer.from(data, "base64").toString("utf8") };
  const file = text(raw[key]);
  return file === undefined ? undefined : { file: resolve(directory, file) };
}

function named<T>(list: Json | undefined, member: string, read: (raw: JsonObject) => T): Map<string, T> {
  const entries = Array.isArray(list) ? list.filter(isJsonObject) : [];
  const found = entries.flatMap((entry): [string, T][] => {
    const [name, value] = [text(entry["name"]), entry[member]];
    return name === undefined ? [] : [[name, read(isJsonObject(value) ? value : {})]];
  });
  return firstOfEach([new Map(found.toReversed())]);
}

function firstOfEach<T>(maps: readonly ReadonlyMap<string, T>[]): Map<string, T> {
  return new Map(maps.toReversed().flatMap((map) => [...map]));
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** An object with that member, or an empty one when there is no value. */
export function optional<Key extends string, T>(key: Key, value: T | undefined): { [K in Key]?: T } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: T };
}
