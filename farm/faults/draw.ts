import { NETWORK_FAULTS } from "./catalogue.ts";
import type { FaultName, Mode } from "./catalogue.ts";

/** What a seed stands for: which client is hit, and with what. */
export interface Draw {
  readonly target: number;
  readonly fault: FaultName | undefined;
}

/** The same mode, number of clients and seed always give the same draw, so a recorded build can be run again. */
export function draw(mode: Mode, clients: number, seed: number): Draw {
  const random = generator(seed);
  const target = Math.floor(random() * clients);
  const network = NETWORK_FAULTS[Math.floor(random() * NETWORK_FAULTS.length)] ?? NETWORK_FAULTS[0];
  return { target, fault: faultOf(mode, network) };
}

function faultOf(mode: Mode, network: FaultName): FaultName | undefined {
  switch (mode) {
    case "none":
      return undefined;
    case "misconfig":
      return "misconfig";
    case "chaos-recoverable":
      return "cordon";
    case "chaos-unrecoverable":
      return network;
  }
}

/** Mulberry32: small, seeded, good enough to pick one of three. Numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
