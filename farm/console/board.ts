import type { Annotation, WorkflowJob, WorkflowRun } from "../github/build-starter.ts";
import { buildId } from "./build-facts.ts";
import type { Asked, BuildFacts } from "./build-facts.ts";
import { buildView, lookedAt } from "./build-view.ts";
import type { Sight } from "./build-view.ts";
import type { EpisodeTurn } from "./episode-turns.ts";
import type { BuildView } from "./view.ts";

export type BoardChange =
  | { readonly type: "build"; readonly build: BuildView }
  | { readonly type: "gone"; readonly id: string };

/** Builds that are kept; the oldest ones that are over go first. */
const MOST_BUILDS = 60;
/** The medic may close an incident a little after its build. */
const SETTLED_AFTER_MS = 120_000;

/** Every build that is known, and how it was last shown. */
export class Board {
  readonly #facts = new Map<string, BuildFacts>();
  readonly #views = new Map<string, { readonly view: BuildView; readonly text: string }>();
  readonly #listeners = new Set<(change: BoardChange) => void>();
  readonly #sight: () => Sight;
  readonly #dirty = new Set<string>();

  constructor(sight: () => Sight) {
    this.#sight = sight;
  }

  restore(facts: readonly BuildFacts[]): void {
    for (const one of facts) this.#facts.set(buildId(one.run), one);
    this.#forgetOldest();
  }

  /** A run as GitHub has it; `asked` when it was started here. */
  takeRun(run: WorkflowRun, asked?: Asked): void {
    const id = buildId(run);
    const known = this.#facts.get(id) ?? this.#begin(run);
    this.#put(id, { ...known, run, ...(asked === undefined ? {} : { asked }) });
  }

  takeRuns(runs: readonly WorkflowRun[]): void {
    for (const run of runs) this.takeRun(run);
    this.#forgetOldest();
  }

  takeJobs(id: string, jobs: readonly WorkflowJob[]): void {
    this.#change(id, (known) => ({ ...known, jobs }));
  }

  takeAnnotations(id: string, job: number, annotations: readonly Annotation[]): void {
    this.#change(id, (known) => ({ ...known, annotations: { ...known.annotations, [job]: annotations } }));
  }

  takeTurns(id: string, incident: string, turns: readonly EpisodeTurn[]): void {
    this.#change(id, (known) => ({ ...known, turns: { ...known.turns, [incident]: turns } }));
  }

  cancelling(id: string): void {
    this.#change(id, (known) => ({ ...known, cancelling: true }));
  }

  facts(): readonly BuildFacts[] {
    return [...this.#facts.values()];
  }

  get(id: string): BuildFacts | undefined {
    return this.#facts.get(id);
  }

  /** Newest first. */
  views(): BuildView[] {
    return [...this.#views.values()]
      .map(({ view }) => view)
      .sort((left, right) => right.createdAt - left.createdAt || right.runId - left.runId);
  }

  view(id: string): BuildView | undefined {
    return this.#views.get(id)?.view;
  }

  /** Looks at the cluster once more, and tells of every build that is shown differently now. */
  look(): void {
    const sight = this.#sight();
    for (const [id, known] of this.#facts) {
      if (!this.#isSettled(known, sight)) this.#put(id, lookedAt(known, sight));
      const view = buildView(this.#facts.get(id) ?? known, sight);
      const text = JSON.stringify(view);
      if (this.#views.get(id)?.text === text) continue;
      this.#views.set(id, { view, text });
      this.#dirty.add(id);
      this.#tell({ type: "build", build: view });
    }
  }

  /** The builds that changed since this was last asked. */
  takeDirty(): BuildFacts[] {
    const changed = [...this.#dirty].flatMap((id) => this.#facts.get(id) ?? []);
    this.#dirty.clear();
    return changed;
  }

  /** Returns what ends the subscription. */
  subscribe(listener: (change: BoardChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Another attempt of a run was asked for with the same inputs. */
  #begin(run: WorkflowRun): BuildFacts {
    const earlier = this.facts().find((one) => one.run.id === run.id)?.asked;
    return {
      run,
      ...(earlier === undefined ? {} : { asked: earlier }),
      cancelling: false,
      jobs: [],
      annotations: {},
      spans: {},
      incidents: [],
      turns: {},
    };
  }

  #put(id: string, facts: BuildFacts): void {
    this.#facts.set(id, facts);
  }

  #change(id: string, change: (known: BuildFacts) => BuildFacts): void {
    const known = this.#facts.get(id);
    if (known !== undefined) this.#put(id, change(known));
  }

  #isSettled({ run }: BuildFacts, { at }: Sight): boolean {
    return run.status === "completed" && at - Date.parse(run.updatedAt) > SETTLED_AFTER_MS;
  }

  #forgetOldest(): void {
    const over = this.facts()
      .filter(({ run }) => run.status === "completed")
      .sort((left, right) => Date.parse(left.run.createdAt) - Date.parse(right.run.createdAt));
    for (const { run } of over.slice(0, Math.max(0, this.#facts.size - MOST_BUILDS))) {
      const id = buildId(run);
      this.#facts.delete(id);
      this.#dirty.delete(id);
      if (this.#views.delete(id)) this.#tell({ type: "gone", id });
    }
  }

  #tell(change: BoardChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
