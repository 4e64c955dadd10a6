import { LEASE_MS, RENEW_EVERY_MS, mayTake, seenAt, stillHolds } from "../core/election.ts";
import type { Seen } from "../core/election.ts";
import type { JsonObject } from "../core/json.ts";
import type { Clock, Log } from "../controllers/ports.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import { isConflict, isNotFound } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";
import { numberOf, record, textOf } from "./raw.ts";
import { wait } from "./wait.ts";

export interface ElectionOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** The same again after a restart, and nobody else's. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds of a clock that only goes forward: a step of the wall clock must not keep a lost lease. */
  readonly monotonic?: () => number;
}

export interface Election {
  /** True while this process may act. Asked at every write. */
  holds(): boolean;
  /** Who leads, as last seen. */
  leader(): string;
  /**
   * Stands for election until `signal` is aborted. Each time it is won, `lead` runs; its signal is aborted when the lease is
   * lost or the process stops, and the lease is not asked for again, nor given away, before `lead` has ended.
   */
  run(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** An API server that takes five seconds for an answer must not cost the lease; a request may not outlive it either. */
const REQUEST_MS = 7_000;
/** When stopping nobody waits longer. */
const GIVE_BACK_MS = 2_000;

/** Leader election by a Lease, as Kubernetes' own controllers hold it (client-go, tools/leaderelection). */
export function createElection(options: ElectionOptions): Election {
  const { client, namespace, name, identity, clock, log } = options;
  const monotonic = options.monotonic ?? (() => performance.now());
  const base = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  let seen: Seen | undefined;
  let renewedAt: number | undefined;
  /** The Lease as we last stored it: to renew it takes one request. */
  let own: JsonObject | undefined;
  const holds = (): boolean => stillHolds(renewedAt, monotonic());

  /** One try to get or keep it; true when it is ours now. */
  async function tryOnce(signal: AbortSignal): Promise<boolean> {
    const begun = monotonic();
    const found = own ?? (await read(signal));
    if (found !== undefined) {
      seen = seenAt(seen, recordOf(found), begun);
      if (!mayTake(seen, identity, begun)) return false;
    }
    own = await write(found, identity, signal);
    if (own === undefined) return false;
    renewedAt = begun;
    seen = { record: recordOf(own), at: begun };
    return true;
  }

  async function read(signal: AbortSignal): Promise<JsonObject | undefined> {
    const path = `${base}/${encodeURIComponent(name)}`;
    try {
      return await client.request<JsonObject>({ method: "GET", path, signal, timeoutMs: REQUEST_MS });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** As it is stored; `undefined` when somebody else was quicker. */
  async function write(
    found: JsonObject | undefined,
    holder: string,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    const metadata = found === undefined ? { name, namespace } : record(found["metadata"]);
    const before = record(found?.["spec"]);
    const now = `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`;
    const taken = textOf(before["holderIdentity"]) !== holder;
    const spec = {
      holderIdentity: holder,
      leaseDurationSeconds: LEASE_MS / 1000,
      renewTime: now,
      acquireTime: taken ? now : (before["acquireTime"] ?? now),
      leaseTransitions: numberOf(before["leaseTransitions"]) + (taken && holder !== "" ? 1 : 0),
    };
    try {
      return await client.request<JsonObject>({
        method: found === undefined ? "POST" : "PUT",
        path: found === undefined ? base : `${base}/${encodeURIComponent(name)}`,
        body: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec },
        signal,
        timeoutMs: REQUEST_MS,
      });
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function attempt(signal: AbortSignal): Promise<boolean> {
    try {
      return await tryOnce(signal);
    } catch (error) {
      // Whether it was stored is not known: read it again.
      own = undefined;
      if (!signal.aborted) log.warn("lease not renewed", { lease: name, error: messageOf(error) });
      return false;
    }
  }

  /** Renews until the lease is lost or the signal says stop. */
  async function keep(signal: AbortSignal): Promise<void> {
    while (holds()) {
      await wait(clock, RENEW_EVERY_MS, signal);
      await attempt(signal);
      if (seen?.record.holder !== identity) renewedAt = undefined;
    }
  }

  async function term(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    log.info("leading", { lease: name, identity });
    const work = lead(AbortSignal.any([signal, over.signal]));
    const ended = work.then(
      () => "ended",
      () => "ended",
    );
    await Promise.race([keep(signal).catch(() => {}), ended]);
    if (!signal.aborted)
      log.warn("the lease is lost; nothing is changed until it is held again", { lease: name });
    over.abort(new MedicError("not-leader", "another replica leads"));
    await work;
  }

  /** Others need not wait for it to run out. */
  async function giveBack(): Promise<void> {
    if (!holds() || own === undefined) return;
    const signal = AbortSignal.timeout(GIVE_BACK_MS);
    renewedAt = undefined;
    await write(own, "", signal).catch(() => undefined);
  }

  return {
    holds,
    leader: () => seen?.record.holder ?? "",
    async run(lead, signal) {
      let told = "";
      while (!signal.aborted) {
        if (await attempt(signal)) {
          await term(lead, signal);
          continue;
        }
        const holder = seen?.record.holder ?? "";
        if (holder !== told && holder !== identity) log.info("following", { lease: name, leader: holder });
        told = holder;
        await wait(clock, RENEW_EVERY_MS, signal).catch(() => {});
      }
      await giveBack();
    },
  };
}

function recordOf(lease: JsonObject): { holder: string; renewTime: string } {
  const spec = record(lease["spec"]);
  return { holder: textOf(spec["holderIdentity"]), renewTime: textOf(spec["renewTime"]) };
}
