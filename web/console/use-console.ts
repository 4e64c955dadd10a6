import { useState } from "preact/hooks";
import type { BuildView, FarmView } from "../../farm/console/view.ts";
import { useEventSource } from "../shared/use-event-source.ts";
import type { Connection } from "../shared/use-event-source.ts";
import { newsOf } from "./news.ts";

export interface ConsoleState {
  readonly farm: FarmView | undefined;
  /** Newest first. */
  readonly builds: readonly BuildView[];
  /** Everything has come in: what is not here is not there. */
  readonly complete: boolean;
  /** How far the server's clock is ahead of this one, in milliseconds. */
  readonly ahead: number;
  /** The newest change, in a sentence. */
  readonly said: string;
}

const NOTHING: ConsoleState = { farm: undefined, builds: [], complete: false, ahead: 0, said: "" };

/** What the server tells, as it tells it. */
export function useConsole(): ConsoleState & { readonly connection: Connection } {
  const [state, setState] = useState<ConsoleState>(NOTHING);
  const connection = useEventSource("/api/v1/stream", {
    farm: (data) => setState((known) => withFarm(known, data as FarmView)),
    build: (data) => setState((known) => withBuild(known, data as BuildView)),
    gone: (data) => setState((known) => withoutBuild(known, (data as { readonly id: string }).id)),
    complete: () => setState((known) => ({ ...known, complete: true })),
  });
  return { ...state, connection };
}

/** What the way here took is part of the difference, so a small one is none. */
function withFarm(known: ConsoleState, farm: FarmView): ConsoleState {
  const ahead = farm.now - Date.now();
  return { ...known, farm, ahead: Math.abs(ahead) < 1000 ? 0 : ahead };
}

function withBuild(known: ConsoleState, build: BuildView): ConsoleState {
  const before = known.builds.find(({ id }) => id === build.id);
  const builds = [...known.builds.filter(({ id }) => id !== build.id), build].sort(
    (left, right) => right.createdAt - left.createdAt || right.runId - left.runId,
  );
  const news = known.complete ? newsOf(before, build) : undefined;
  return { ...known, builds, said: news ?? known.said };
}

function withoutBuild(known: ConsoleState, gone: string): ConsoleState {
  return { ...known, builds: known.builds.filter(({ id }) => id !== gone) };
}
