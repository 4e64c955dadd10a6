import type { Clock, Log } from "../controllers/ports.ts";
import { isJsonObject } from "../core/json.ts";
import { MedicError } from "../lib/medic-error.ts";
import type { ApiClient, WatchEvent } from "./api-client.ts";
import { ApiError, statusIn } from "./api-error.ts";
import { listPages, readVersion } from "./list-pages.ts";
import { cacheKey, isRawObject, ObjectCache } from "./object-cache.ts";
import type { OnChange, RawObject } from "./object-cache.ts";
import { Backoff, wait } from "./wait.ts";

export type { RawObject } from "./object-cache.ts";

export interface InformerOptions<T> {
  readonly client: Pick<ApiClient, "request" | "watch">;
  /** The collection, e.g. `/apis/apps/v1/statefulsets`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What the cache keeps of an object; `undefined` when it is not of interest. */
  readonly parse: (raw: RawObject) => T | undefined;
  readonly onChange: OnChange<T>;
  readonly log: Log;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
  /**
   * A watch on which not a byte came for so long is given up and opened again where it was; 100 000 unless told. An idle
   * API server speaks every minute if its etcd reports progress (kubeadm and k3s have it so), else only as often as that.
   */
  readonly silenceMs?: number;
}

interface InformerStats {
  /** Complete lists and the pages they took. */
  readonly lists: number;
  readonly pages: number;
  readonly watches: number;
  readonly events: number;
  readonly errors: number;
  /** Questions for the store's version after a broken connection. */
  readonly probes: number;
}

/** A cache of one collection that follows the API server, and tells of every change. */
export interface Informer<T> {
  /** Lists, then watches, through every failure, until aborted. Rejects only for a bug (in `parse` or `onChange`). */
  start(signal: AbortSignal): Promise<void>;
  /** True once the first list has been taken in. */
  synced(): boolean;
  whenSynced(signal: AbortSignal): Promise<void>;
  list(): readonly T[];
  /** By `namespace/name`, or `name` where there are no namespaces. */
  get(key: string): T | undefined;
  /** When the server last said anything (an event, a bookmark, a list), epoch milliseconds; 0 before. */
  lastEventAt(): number;
  /** Synced, and watching or not cut off for more than a minute. */
  healthy(): boolean;
  /** Why it is not watching now. */
  problem(): string | undefined;
  stats(): InformerStats;
}

/** Nothing is started by this; `start` does. */
export function createInformer<T>(options: InformerOptions<T>): Informer<T> {
  return new WatchingInformer(options);
}

const unhealthyAfterMs = 60_000;
/** After so long an outage the history is not relied upon. */
const longOutageMs = 300_000;
/** After so many silent watches in a row the version itself is doubted. By default that is longer than etcd's ten minutes. */
const silencesEnough = 8;
/** A watch that held for so long counts as a success. */
const steadyMs = 500;

class WatchingInformer<T> implements Informer<T> {
  readonly #options: InformerOptions<T>;
  readonly #cache: ObjectCache<T>;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #firstSync = Promise.withResolvers<void>();
  readonly #stats = { lists: 0, pages: 0, watches: 0, events: 0, errors: 0, probes: 0 };
  #synced = false;
  #lastEventAt = 0;
  /** The version up to which everything has been seen; `undefined` when only a list can tell. */
  #version: string | undefined;
  /** The server was away: it may have come back with less history than we have seen. */
  #doubtful = false;
  /** Errors told through a watch since the last event; resuming does not seem to help. */
  #errorEvents = 0;
  /** Watches in a row on which not a byte came. */
  #silences = 0;
  #brokenSince: number | undefined;
  #problem: string | undefined;
  #reported: string | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff({ firstMs: 200, maxMs: 30_000, random: this.#random });
    this.#cache = new ObjectCache(options);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#brokenSince = clock.now();
    while (!signal.aborted) {
      try {
        if (await this.#followOnce(signal)) continue;
        await wait(clock, this.#backoff.next(), signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
    }
  }

  synced(): boolean {
    return this.#synced;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#firstSync.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  list(): readonly T[] {
    return this.#cache.list();
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  lastEventAt(): number {
    return this.#lastEventAt;
  }

  healthy(): boolean {
    return this.#synced && this.#outageMs() < unhealthyAfterMs;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  stats(): InformerStats {
    return { ...this.#stats };
  }

  /** Lists if need be, then watches until that ends. True when it may go on at once. */
  async #followOnce(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#checkHistory(signal);
      this.#version ??= await this.#listAll(signal);
      return await this.#watch(this.#version, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof MedicError)) throw error;
      this.#failed(error);
      return false;
    }
  }

  /** After an outage the store may have been restored from a backup: then a watch from our version would stay mute. */
  async #checkHistory(signal: AbortSignal): Promise<void> {
    if (this.#version === undefined || !this.#doubtful) return;
    if (this.#outageMs() < longOutageMs) {
      this.#stats.probes += 1;
      const { client, path } = this.#options;
      const current = await readVersion(client, path, signal);
      if (!isBehind(current, this.#version)) {
        this.#doubtful = false;
        return;
      }
    }
    this.#version = undefined;
  }

  async #listAll(signal: AbortSignal): Promise<string> {
    const { client, path, labelSelector, fieldSelector } = this.#options;
    const keys = new Set<string>();
    const version = await listPages(
      client,
      { path, labelSelector, fieldSelector, signal },
      (items, first) => {
        if (first) keys.clear();
        this.#stats.pages += 1;
        this.#lastEventAt = this.#options.clock.now();
        for (const item of items) {
          keys.add(cacheKey(item));
          this.#cache.put(item);
        }
      },
    );
    this.#cache.keepOnly(keys);
    this.#stats.lists += 1;
    this.#errorEvents = 0;
    this.#silences = 0;
    this.#doubtful = false;
    this.#synced = true;
    this.#firstSync.resolve();
    return version;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<boolean> {
    const { client, path, labelSelector, fieldSelector, silenceMs, clock } = this.#options;
    let openedAt: number | undefined;
    const eventsBefore = this.#stats.events;
    this.#stats.watches += 1;
    try {
      await client.watch({
        path,
        query: {
          labelSelector,
          fieldSelector,
          resourceVersion,
          allowWatchBookmarks: true,
          // Spread, so that the watches of many clients do not all end at the same moment.
          timeoutSeconds: 300 + Math.floor(this.#random() * 300),
        },
        signal,
        ...(silenceMs === undefined ? {} : { silenceMs }),
        onOpen: () => {
          openedAt = clock.now();
          this.#opened();
        },
        onEvent: (event) => this.#take(event),
      });
    } finally {
      const steady = openedAt !== undefined && clock.now() - openedAt >= steadyMs;
      if (steady || this.#stats.events > eventsBefore) this.#backoff.reset();
      this.#brokenSince ??= clock.now();
    }
    // An end in the very moment of the beginning would make a busy loop.
    return openedAt !== undefined && clock.now() - openedAt >= steadyMs;
  }

  #opened(): void {
    this.#brokenSince = undefined;
    this.#problem = undefined;
    if (this.#reported === undefined) return;
    this.#reported = undefined;
    this.#options.log.info("watching again", { path: this.#options.path });
  }

  #take({ type, object }: WatchEvent): void {
    if (type === "ERROR") throw this.#toldError(object);
    const version = versionOf(object);
    if (version === undefined) throw this.#unreadable(type);
    if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") {
      if (!isRawObject(object)) throw this.#unreadable(type);
      if (type === "DELETED") this.#cache.remove(cacheKey(object), object);
      else this.#cache.put(object);
    }
    // Only now: what could not be taken in must come again.
    this.#version = version;
    this.#errorEvents = 0;
    this.#silences = 0;
    this.#stats.events += 1;
    this.#lastEventAt = this.#options.clock.now();
  }

  #toldError(object: unknown): ApiError {
    const said = statusIn(object);
    this.#errorEvents += 1;
    return new ApiError(`watch ${this.#options.path}: ${said?.message || "the server told of an error"}`, {
      status: said?.code ?? 0,
      reason: said?.reason ?? "",
    });
  }

  #unreadable(type: string): ApiError {
    this.#errorEvents += 1;
    return new ApiError(`watch ${this.#options.path}: an event ${type} without an object`, { status: 0 });
  }

  #failed(error: MedicError): void {
    this.#stats.errors += 1;
    const status = error instanceof ApiError ? error.status : 0;
    const mute = error instanceof ApiError && error.reason === "Silent";
    if (this.#errorEvents >= 3 || forgets(status)) this.#version = undefined;
    else if (mute) this.#fellSilent();
    else if (status === 0 || status >= 500) this.#doubtful = true;
    this.#problem = error.message;
    this.#report(error.message);
  }

  /** Whatever a dead connection kept back comes with the next watch from the same version; asking for it costs no list. */
  #fellSilent(): void {
    this.#silences += 1;
    if (this.#silences < silencesEnough) return;
    this.#silences = 0;
    this.#doubtful = true;
  }

  /** Short interruptions are everyday; people want to know of those that last, and of what keeps it from starting. */
  #report(problem: string): void {
    const { log, path } = this.#options;
    if (problem === this.#reported) return;
    if (this.#synced && this.#outageMs() < 10_000) {
      log.debug("watch interrupted", { path, problem });
      return;
    }
    this.#reported = problem;
    log.warn("cannot watch, trying on", { path, problem });
  }

  #outageMs(): number {
    return this.#brokenSince === undefined ? 0 : this.#options.clock.now() - this.#brokenSince;
  }
}

/** True for a refusal that another try from the same version cannot change, above all 410: it was compacted away. */
function forgets(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

function versionOf(object: unknown): string | undefined {
  const metadata = isJsonObject(object) ? object["metadata"] : undefined;
  const version = isJsonObject(metadata) ? metadata["resourceVersion"] : undefined;
  return typeof version === "string" ? version : undefined;
}

/** True when the store's version is older than one that we have seen. Versions of the API server are whole numbers. */
function isBehind(current: string, seen: string): boolean {
  return /^\d+$/.test(current) && /^\d+$/.test(seen) && BigInt(current) < BigInt(seen);
}
