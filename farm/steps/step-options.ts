import { UsageError } from "../build/kube.ts";
import { namespaceOf } from "../build/namespace.ts";
import { integer, readBuildOptions } from "../build/options.ts";
import type { BuildFlags, BuildOptions } from "../build/options.ts";

/** The flags that every step of a build takes, as they were typed or found in the environment; "" is not given. */
export interface StepFlags {
  readonly runId?: string;
  readonly mode?: string;
  readonly medic?: string;
  readonly clients?: string;
  readonly target?: string;
  readonly seed?: string;
  readonly timeout?: string;
  readonly runner?: string;
  readonly client?: string;
  readonly kubeconfig?: string;
  readonly json?: boolean;
}

/** A build whose steps are processes of their own. Every step works it out anew, and all come to the same. */
export interface StepBuild {
  readonly runId: string;
  readonly namespace: string;
  readonly options: BuildOptions;
}

/** A cordon needs all of them placed at once, so all of them must run at once: as many as the workflow's matrix allows. */
const MOST_CLIENTS = 8;

/** Checks the flags. Throws `UsageError` with one sentence. */
export function readStepBuild(flags: StepFlags, inCluster: boolean): StepBuild {
  const given = onlyGiven(flags);
  const runId = readRunId(given.runId);
  integer("--clients", given.clients ?? "4", 1, MOST_CLIENTS);
  const { mode, clients, target, seed, timeout, runner, kubeconfig } = given;
  const plain: BuildFlags = { ...onlyGiven({ mode, clients, target, seed, timeout, kubeconfig }) };
  const options = readBuildOptions(
    { ...plain, medic: onOff(given.medic), runner: runner ?? (inCluster ? "local" : "pod") },
    () => seedOf(runId),
  );
  return { runId, namespace: namespaceOf(runId), options };
}

/** The run alone, for a step that needs nothing else of the build. */
function readRunId(text: string | undefined): string {
  if (text === undefined || text === "") throw new UsageError("Say which build: --run-id ID.");
  // `build-<id>` is a namespace's name and the id a label's value.
  if (!/^[a-z0-9]([-a-z0-9]{0,55}[a-z0-9])?$/.test(text)) {
    throw new UsageError(
      "--run-id is made of at most 57 lower-case letters, digits and hyphens, and begins and ends with a letter or digit.",
    );
  }
  return text;
}

/** Which client a step is for. */
export function readClient(flags: StepFlags, { options }: StepBuild): number {
  if (flags.client === undefined || flags.client === "") {
    throw new UsageError("Say which client: --client NUMBER.");
  }
  return integer("--client", flags.client, 0, options.clients - 1);
}

/** A workflow's boolean input comes as `true` or `false`. */
function onOff(text: string | undefined): string {
  if (text === "true") return "on";
  return text === "false" ? "off" : (text ?? "on");
}

function onlyGiven<T extends object>(flags: T): Partial<T> {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(given) as Partial<T>;
}

/** FNV-1a: without a seed the run's own name is one, so that every step draws the same. */
function seedOf(runId: string): number {
  let hash = 0x811c9dc5;
  for (const character of runId) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}
