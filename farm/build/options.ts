import { FAULTS, MODES } from "../faults/catalogue.ts";
import type { FaultName, Mode } from "../faults/catalogue.ts";
import { draw } from "../faults/draw.ts";
import { UsageError } from "./kube.ts";

/** The flags of `farm build` as they were typed. */
export interface BuildFlags {
  readonly mode?: string;
  readonly fault?: string;
  readonly medic?: string;
  readonly clients?: string;
  readonly target?: string;
  readonly seed?: string;
  readonly timeout?: string;
  readonly runner?: string;
  readonly keep?: boolean;
  readonly kubeconfig?: string;
}

/** One build, decided to the last detail. */
export interface BuildOptions {
  readonly mode: Mode | "custom";
  readonly fault: FaultName | undefined;
  readonly medic: boolean;
  readonly clients: number;
  readonly target: number;
  readonly seed: number;
  /** How long a client waits for its stack. */
  readonly timeoutSeconds: number;
  /** Where the clients' steps run: in a pod of the cluster, or in this process (which then is in the cluster itself). */
  readonly runner: "pod" | "local";
  readonly keep: boolean;
  readonly kubeconfig?: string;
}

const DEFAULT_CLIENTS = 4;
const MAX_CLIENTS = 50;
/** A healthy stack takes some 15 s. */
const TIMEOUT_SECONDS = 90;
/** With the medic: 20 s until it calls a stack stuck, an episode of a minute, a fresh start, and room. */
const TIMEOUT_WITH_MEDIC_SECONDS = 150;

/** Checks the flags and draws what they leave open. Throws `UsageError` with one sentence. */
export function readBuildOptions(flags: BuildFlags, freshSeed: () => number): BuildOptions {
  const chosen = modeOrFault(flags);
  const medic = onOff(flags.medic);
  const clients = integer("--clients", flags.clients ?? String(DEFAULT_CLIENTS), 1, MAX_CLIENTS);
  const seed = seedOf(flags.seed, freshSeed);
  const drawn = draw(chosen.mode ?? "none", clients, seed);
  return {
    mode: chosen.mode ?? "custom",
    fault: chosen.fault ?? drawn.fault,
    medic,
    clients,
    seed,
    target: flags.target === undefined ? drawn.target : integer("--target", flags.target, 0, clients - 1),
    timeoutSeconds: integer("--timeout", flags.timeout ?? String(defaultTimeout(medic)), 5, 7200),
    runner: oneOf("--runner", flags.runner ?? "pod", ["pod", "local"]),
    keep: flags.keep ?? false,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
  };
}

function seedOf(text: string | undefined, freshSeed: () => number): number {
  return text === undefined ? freshSeed() : integer("--seed", text, 0, 2 ** 32 - 1);
}

function defaultTimeout(medic: boolean): number {
  return medic ? TIMEOUT_WITH_MEDIC_SECONDS : TIMEOUT_SECONDS;
}

function modeOrFault(flags: BuildFlags): { readonly mode?: Mode; readonly fault?: FaultName } {
  if (flags.mode !== undefined && flags.fault !== undefined) {
    throw new UsageError("Give either --mode or --fault, not both.");
  }
  if (flags.fault !== undefined) return { fault: oneOf("--fault", flags.fault, FAULTS) };
  if (flags.mode === undefined) throw new UsageError(`Say which build: --mode ${MODES.join("|")}.`);
  return { mode: oneOf("--mode", flags.mode, MODES) };
}

function onOff(value: string | undefined): boolean {
  if (value === "on") return true;
  if (value === "off") return false;
  throw new UsageError(
    value === undefined ? "Say --medic on or --medic off." : `--medic is on or off, not "${value}".`,
  );
}

/** Throws `UsageError` when the value is none of the allowed ones. */
export function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new UsageError(`${flag} is one of ${allowed.join(", ")}; "${value}" is not.`);
  return found;
}

/** Throws `UsageError` when the text is no whole number between the two, both included. */
export function integer(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${flag} is a whole number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}
