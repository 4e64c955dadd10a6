import { setTimeout as delay } from "node:timers/promises";
import type { FaultKind, Scene } from "./fault.ts";
import { API_FAULTS } from "./api-faults.ts";
import { CHAT_FAULTS, MEDIC_FAULTS, MODEL_FAULTS } from "./other-faults.ts";
import { Random } from "./random.ts";

/** More at once and nothing would get done between them. */
const AT_ONCE = 3;

export const FAULTS: readonly FaultKind[] = [...MEDIC_FAULTS, ...API_FAULTS, ...CHAT_FAULTS, ...MODEL_FAULTS];

export interface WeatherOptions {
  readonly scene: Scene;
  readonly seed: number;
  readonly replicas: number;
  readonly signal: AbortSignal;
  /** Faults whose traces last are over. */
  readonly late: () => boolean;
}

/** Injects faults at random until the signal is aborted: each as often as any other, up to three at once. */
export class Weather {
  readonly #options: WeatherOptions;
  readonly #active = new Map<string, () => unknown>();
  readonly #healing = new Set<Promise<unknown>>();
  readonly times = new Map<string, number>();
  /** Faults that could not be begun or ended, which is a defect of this program. */
  readonly failures: string[] = [];

  constructor(options: WeatherOptions) {
    this.#options = options;
  }

  active(): readonly string[] {
    return [...this.#active.keys()];
  }

  async run(): Promise<void> {
    const { seed, signal } = this.#options;
    for (let round = 0; !signal.aborted; round += 1) {
      const deck = new Random(seed, `deck ${round}`).shuffled(FAULTS);
      for (const [index, kind] of deck.entries()) {
        const random = new Random(seed, `fault ${round}.${index}`);
        const pauseMs = random.between(500, 4000);
        if (!this.#isDue(kind, round)) continue;
        await this.#begin(kind, random);
        await delay(pauseMs, undefined, { signal }).catch(() => {});
        while (this.#active.size >= AT_ONCE && !signal.aborted) await delay(100);
        if (signal.aborted) break;
      }
    }
    for (const heal of this.#active.values()) await heal();
    await Promise.all(this.#healing);
  }

  #isDue({ replicas = 1, every = 1, lasting = false }: FaultKind, round: number): boolean {
    if (replicas > this.#options.replicas || (round + 1) % every !== 0) return false;
    return !lasting || !this.#options.late();
  }

  async #begin(kind: FaultKind, random: Random): Promise<void> {
    // Two of the same kind would heal one another.
    if (this.#active.has(kind.name)) return;
    const family = kind.name.split(" ")[0];
    if (family === "model" && this.active().some((name) => name.startsWith("model "))) return;
    const { scene } = this.#options;
    try {
      const { forMs, heal } = await kind.begin(scene, random);
      this.times.set(kind.name, (this.times.get(kind.name) ?? 0) + 1);
      for (const outage of scene.open()) outage.met.add(kind.name);
      this.#keep(kind.name, forMs, heal);
    } catch (error) {
      this.failures.push(`${kind.name}: ${String(error)}`);
    }
  }

  #keep(name: string, forMs: number, heal: (() => unknown) | undefined): void {
    const end = async (): Promise<void> => {
      clearTimeout(timer);
      this.#active.delete(name);
      try {
        await heal?.();
      } catch (error) {
        this.failures.push(`${name}: ${String(error)}`);
      }
    };
    const timer = setTimeout(() => {
      const healing = end();
      this.#healing.add(healing);
      void healing.finally(() => this.#healing.delete(healing));
    }, forMs);
    this.#active.set(name, end);
  }
}
