import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { createInterface } from "node:readline";
import type { ApiAccess } from "../farm/cluster/api-client.ts";

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface Pod extends KubeObject {
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly state: { readonly waiting?: { readonly reason: string } };
    }[];
  };
}

export interface StatefulSet extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status: { readonly updateRevision?: string };
}

/** One object as it was when it changed; `at` is when the news arrived here, epoch milliseconds. */
export interface Change<T> {
  readonly object: T;
  readonly deleted: boolean;
  readonly at: number;
}

/** The benchmark's own eyes: follows one collection by a watch, so that waiting costs the API server nothing. */
export class Mirror<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #stop = new AbortController();
  readonly #waiting = new Set<(error: Error) => void>();
  #failure: Error | undefined;

  /** Rejects when the watch cannot be opened. `path` is the collection, query included. */
  static async open<T extends KubeObject>(access: ApiAccess, path: string): Promise<Mirror<T>> {
    const mirror = new Mirror<T>();
    await mirror.#follow(access, path);
    return mirror;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Tells of every change from now on; returns how to stop that. */
  listen(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves as soon as it is so (asked now and at every change); rejects, naming `what`, after `seconds`. */
  async until(what: string, isSo: () => boolean, seconds: number): Promise<void> {
    if (isSo()) return;
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add(reject);
    const late = setTimeout(() => reject(new Error(`${what}: not within ${seconds} s`)), seconds * 1000);
    const ignore = this.listen(() => {
      if (isSo()) resolve();
    });
    await promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(reject);
      ignore();
    });
  }

  close(): void {
    this.#stop.abort();
  }

  #follow({ server, ...tls }: ApiAccess, path: string): Promise<void> {
    const url = new URL(path, server);
    url.searchParams.set("watch", "true");
    // From whatever the server has at hand: right after its start it may not be able to tell the latest version yet.
    url.searchParams.set("resourceVersion", "0");
    url.searchParams.set("timeoutSeconds", "7200");
    const headers = { "user-agent": "bench/1" };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (error: Error): void => {
      this.#fail(error);
      reject(error);
    };
    const outgoing = request(
      url,
      { ...tls, agent: false, headers, signal: this.#stop.signal },
      (response) => {
        if (response.statusCode !== 200) return fail(new Error(`watch ${path}: ${response.statusCode}`));
        response.on("error", fail);
        response.on("end", () => fail(new Error(`watch ${path}: the server ended it`)));
        const lines = createInterface({ input: response, crlfDelay: Infinity });
        lines.on("line", (line) => this.#take(JSON.parse(line) as { type: string; object: T }));
        lines.on("error", fail);
        resolve();
      },
    );
    outgoing.on("error", fail);
    outgoing.end();
    return promise;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const giveUp of this.#waiting) giveUp(this.#failure);
  }

  #take({ type, object }: { type: string; object: T }): void {
    if (type === "ERROR") return this.#fail(new Error(`watch: ${JSON.stringify(object)}`));
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const deleted = type === "DELETED";
    if (deleted) this.#objects.delete(key);
    else this.#objects.set(key, object);
    for (const listener of this.#listeners)
      listener({ object, deleted, at: performance.timeOrigin + performance.now() });
  }
}

export function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    (status.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True")
  );
}

/** What a container of the pod waits for; empty when it waits for nothing. */
export function waitingReason({ status }: Pod): string {
  return (status.containerStatuses ?? []).map(({ state }) => state.waiting?.reason ?? "").find(Boolean) ?? "";
}

export function imageOf(set: StatefulSet): string {
  return set.spec.template.spec.containers[0]?.image ?? "";
}

/** Reads a kubeconfig as the farm writes it: JSON, credentials inside. Throws for any other. */
export async function accessOf(kubeconfig: string): Promise<ApiAccess> {
  const config = JSON.parse(await readFile(kubeconfig, "utf8")) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
  };
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const text = (base64: string): string => Buffer.from(base64, "base64").toString();
  return {
    server: cluster.server,
    ca: text(cluster["certificate-authority-data"]),
    cert: text(user["client-certificate-data"]),
    key: text(user["client-key-data"]),
  };
}
