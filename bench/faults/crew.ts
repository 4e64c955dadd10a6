import { appendFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { startMedic } from "../../test/support/medic-process.ts";
import type { MedicProcess } from "../../test/support/medic-process.ts";
import { read } from "../../test/support/test-stack.ts";
import type { FaultyProxy } from "../../test/support/faulty-proxy.ts";

/** One replica: its own way to the API server, its own state folder. */
export interface Berth {
  readonly proxy: FaultyProxy;
  readonly kubeconfig: string;
  readonly stateDir: string;
  /** Where what it said is kept. */
  readonly record: string;
}

interface Seat extends Berth {
  medic: MedicProcess | undefined;
  identity: string | undefined;
  /** How long it stays away once it was ended on purpose. */
  pauseMs: number | undefined;
  starts: number;
}

const LEASE = "/apis/coordination.k8s.io/v1/namespaces/build-medic/leases/build-medic-leader";

/** The medics as processes. One that ends is started again, as a kubelet would, until `stop`. */
export class Crew {
  readonly #seats: readonly Seat[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #admin: ApiAccess;
  readonly #loops: Promise<void>[] = [];
  #stopping = false;
  /** Ends that nobody asked for after it was watching, with the last words. */
  readonly crashes: string[] = [];
  /** How often a medic that was told to stop did not end in order. */
  readonly lateStops: string[] = [];

  constructor(admin: ApiAccess, berths: readonly Berth[], env: Readonly<Record<string, string>>) {
    this.#admin = admin;
    this.#env = env;
    this.#seats = berths.map((berth) => ({
      ...berth,
      medic: undefined,
      identity: undefined,
      pauseMs: undefined,
      starts: 0,
    }));
  }

  get size(): number {
    return this.#seats.length;
  }

  get starts(): number {
    return this.#seats.reduce((sum, { starts }) => sum + starts, 0);
  }

  start(): void {
    for (const seat of this.#seats) this.#loops.push(this.#keepRunning(seat));
    process.once("exit", () => this.#seats.forEach(({ medic }) => medic && kill(medic.pid, "SIGKILL")));
  }

  /** Ends one, which comes back after `pauseMs`; nothing happens when it is away already. */
  end(index: number, signal: "SIGKILL" | "SIGTERM", pauseMs: number): void {
    const seat = this.#seats[index];
    if (seat?.medic === undefined || seat.pauseMs !== undefined) return;
    seat.pauseMs = pauseMs;
    kill(seat.medic.pid, signal);
  }

  /** The replica that holds the lease, by the API server's word; `undefined` when it is none of them. */
  async leader(): Promise<number | undefined> {
    const lease = await read(this.#admin, LEASE);
    const holder = (lease?.["spec"] as { holderIdentity?: string } | undefined)?.holderIdentity;
    const index = this.#seats.findIndex(({ identity }) => identity !== undefined && identity === holder);
    return index < 0 ? undefined : index;
  }

  proxy(index: number): FaultyProxy | undefined {
    return this.#seats[index]?.proxy;
  }

  proxies(): readonly FaultyProxy[] {
    return this.#seats.map(({ proxy }) => proxy);
  }

  /** Ends all of them for good. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { medic } of this.#seats) if (medic !== undefined) kill(medic.pid, "SIGTERM");
    const late = new AbortController();
    const insist = delay(25_000, undefined, { signal: late.signal }).then(
      () => this.#seats.forEach(({ medic }) => medic && kill(medic.pid, "SIGKILL")),
      () => {},
    );
    await Promise.all(this.#loops);
    late.abort();
    await insist;
  }

  async #keepRunning(seat: Seat): Promise<void> {
    const { kubeconfig, stateDir } = seat;
    while (!this.#stopping) {
      seat.starts += 1;
      const medic = await startMedic({ kubeconfig, stateDir, early: true, env: this.#env });
      seat.medic = medic;
      seat.pauseMs = undefined;
      const watch = setInterval(() => (seat.identity ??= identityIn(medic)), 500);
      const code = await medic.ended;
      clearInterval(watch);
      seat.medic = undefined;
      await keep(medic, seat.record, code);
      if (this.#stopping) return;
      this.#note(medic, code, seat.pauseMs !== undefined);
      await delay(seat.pauseMs ?? 1000);
    }
  }

  #note(medic: MedicProcess, code: number | string, ordered: boolean): void {
    const watched = medic.lines.some(({ msg }) => msg === "watching");
    const told = `${String(code)}: ${JSON.stringify(medic.lines.slice(-2)).slice(0, 600)}`;
    if (!ordered && watched) this.crashes.push(told);
    if (ordered && watched && code !== 0 && code !== "SIGKILL") this.lateStops.push(told);
  }
}

/** Its name in the lease, which it tells when it leads. */
function identityIn({ lines }: MedicProcess): string | undefined {
  return lines.find(({ msg }) => msg === "leading")?.["identity"] as string | undefined;
}

function keep({ lines }: MedicProcess, record: string, code: number | string): Promise<void> {
  const told = [...lines, { ended: code, at: new Date().toISOString() }];
  return appendFile(record, told.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
