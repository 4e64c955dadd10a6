import { readFile } from "node:fs/promises";
import { parse } from "yaml";

/** What is written in a workflow's file, as far as following a run of it needs it. */
export interface WorkflowFile {
  readonly name: string;
  readonly jobs: readonly DeclaredJob[];
}

export interface DeclaredJob {
  readonly id: string;
  /** As people see it; without the matrix's values where it has a matrix. */
  readonly name: string;
  readonly steps: readonly DeclaredStep[];
}

interface DeclaredStep {
  /** Its id, else its place, from 0: so the local runner names it. */
  readonly key: string;
  readonly name: string;
}

interface RawJob {
  readonly name?: string;
  readonly steps?: readonly RawStep[];
}

interface RawStep {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

/** Reads a workflow. Throws when it is none. */
export async function readWorkflowFile(path: string): Promise<WorkflowFile> {
  const raw = parse(await readFile(path, "utf8")) as {
    readonly name?: string;
    readonly jobs?: Readonly<Record<string, RawJob>>;
  } | null;
  if (raw?.jobs === undefined) throw new Error(`${path} is no workflow: it has no jobs`);
  return {
    name: raw.name ?? path,
    jobs: Object.entries(raw.jobs).map(([id, job]) => ({
      id,
      name: plainName(job.name) ?? id,
      steps: (job.steps ?? []).map((step, index) => ({
        key: step.id ?? String(index),
        name: stepName(step),
      })),
    })),
  };
}

/** A name with an expression in it is only known when the job runs. */
function plainName(name: string | undefined): string | undefined {
  return name === undefined || name.includes("${{") ? undefined : name;
}

/** As GitHub calls a step that has no name. */
function stepName({ name, uses, run = "" }: RawStep): string {
  return name ?? `Run ${uses ?? run.trim().split("\n")[0] ?? ""}`;
}
