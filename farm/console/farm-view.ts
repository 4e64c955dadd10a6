import type { Board } from "./board.ts";
import type { ClusterWatch } from "./cluster-watch.ts";
import { defined } from "./defined.ts";
import type { GitHubWatch } from "./github-watch.ts";
import type { MedicWatch } from "./medic-watch.ts";
import { pairsOf, totalsView } from "./totals.ts";
import type { FarmView, SourceView } from "./view.ts";

export interface FarmSources {
  readonly board: Board;
  readonly cluster: ClusterWatch;
  readonly github: GitHubWatch;
  readonly medic: MedicWatch;
  readonly githubKind: FarmView["github"]["kind"];
  readonly githubName: string;
  readonly mostBuilds: number;
  readonly defaultClients: number;
}

/** The farm as the page's head shows it. */
export function farmView(sources: FarmSources, now: number): FarmView {
  const { board, cluster, github, medic } = sources;
  const place = medic.place();
  return {
    github: { kind: sources.githubKind, name: sources.githubName, ...source(github.problem()) },
    cluster: {
      ...source(cluster.problem()),
      nodes: cluster
        .nodes()
        .map(({ name, ready, unschedulable }) => ({ name, ready, cordoned: unschedulable }))
        .sort((left, right) => left.name.localeCompare(right.name, "en", { numeric: true })),
    },
    medic: defined({ ...source(medic.problem()), url: place?.url, model: place?.model }),
    pairs: pairsOf(board.views()),
    totals: totalsView(board.facts()),
    mostBuilds: sources.mostBuilds,
    defaultClients: sources.defaultClients,
    now,
  };
}

function source(problem: string | undefined): SourceView {
  return problem === undefined ? { well: true } : { well: false, problem };
}
