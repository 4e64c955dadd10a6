import type { Outage } from "./outage.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What a fault meets when it comes. */
export interface Scene {
  readonly world: World;
  /** The outages that are open now. */
  readonly open: () => readonly Outage[];
}

/** One way in which the outside world, or the medic itself, fails. */
export interface FaultKind {
  readonly name: string;
  /** For people: what is done. */
  readonly what: string;
  /** Only with at least so many replicas. */
  readonly replicas?: number;
  /** Only in every second, third … round: nothing gets done while it lasts. */
  readonly every?: number;
  /** What it leaves behind takes minutes to pass, so it is not for the end of a run. */
  readonly lasting?: boolean;
  /** Draws everything from `random` before anything else happens, so that the choices do not depend on time. */
  begin(scene: Scene, random: Random): Begun | Promise<Begun>;
}

export interface Begun {
  readonly forMs: number;
  /** Ends it. */
  readonly heal?: () => unknown;
}
