import type { Incident } from "../../src/core/incident.ts";
import type { Model } from "../build/expectations.ts";
import type { Mode } from "../faults/catalogue.ts";
import type { Annotation, WorkflowJob, WorkflowRun } from "../github/build-starter.ts";
import type { EpisodeTurn } from "./episode-turns.ts";
import type { Span } from "./view.ts";

/** What a build that this console started was asked for: GitHub does not tell a run's inputs. */
export interface Asked {
  readonly mode: Mode;
  readonly medic: boolean;
  readonly clients: number;
  readonly target: number;
  readonly seed: number;
  /** Seconds that a client waits; absent for the usual ones. */
  readonly timeout?: number;
  /** What the seed drew. */
  readonly fault?: string;
  readonly model?: Model;
}

/** Everything that is known of one build, as JSON: what the page is shown is made of it, and it is kept on disk. */
export interface BuildFacts {
  readonly run: WorkflowRun;
  readonly asked?: Asked;
  readonly cancelling: boolean;
  readonly jobs: readonly WorkflowJob[];
  /** By job. */
  readonly annotations: Readonly<Record<string, readonly Annotation[]>>;
  /** By client. */
  readonly spans: Readonly<Record<string, readonly Span[]>>;
  readonly incidents: readonly Incident[];
  /** By incident. */
  readonly turns: Readonly<Record<string, readonly EpisodeTurn[]>>;
}

/** The value of the namespace's label `medic/run-id`. */
export function buildId({ id, attempt }: WorkflowRun): string {
  return `${id}-${attempt}`;
}

/** The client of a job of the matrix; `undefined` for the other jobs. */
export function clientOfJob({ name }: WorkflowJob): number | undefined {
  const number = /^client \((\d{1,4})(?:,.*)?\)$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The clients of a build: as the matrix has them; before it is made, as was asked or as is usual. */
export function clientsOf({ jobs, asked }: BuildFacts, usual: number): number[] {
  const known = new Set(jobs.flatMap((job) => clientOfJob(job) ?? []));
  if (known.size === 0) return Array.from({ length: asked?.clients ?? usual }, (_, client) => client);
  return [...known].sort((left, right) => left - right);
}
