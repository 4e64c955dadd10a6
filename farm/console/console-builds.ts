import type { GitHubSettings } from "../github/settings.ts";
import { createGitHub } from "../github/create-github.ts";
import { startLocalGitHub } from "../github/local/local-github.ts";
import type { BuildStarter } from "../github/build-starter.ts";
import { runWorkflow } from "../workflow/run-workflow.ts";
import { gitHubPaceMs } from "./github-watch.ts";
import type { FarmView } from "./view.ts";

/** Where the console's builds are started. */
export interface ConsoleBuilds {
  readonly starter: BuildStarter;
  readonly github: { readonly kind: FarmView["github"]["kind"]; readonly name: string };
  readonly paceMs: (active: number) => number;
  readonly mostBuilds: number;
  readonly token: string;
  /** Cancels what runs here and waits for it; does nothing to builds that run elsewhere. */
  readonly close: () => Promise<void>;
}

/** At GitHub, by its own runners. */
export function buildsAtGitHub(settings: GitHubSettings): ConsoleBuilds {
  return {
    starter: createGitHub(settings),
    github: { kind: "github", name: `${settings.owner}/${settings.repo}` },
    paceMs: gitHubPaceMs,
    mostBuilds: 10,
    token: settings.token,
    close: () => Promise.resolve(),
  };
}

/** On this machine: the same calls, answered by a server of our own, and the same workflow, executed by act. */
export async function buildsHere(kubeconfig: string): Promise<ConsoleBuilds> {
  const environment = { KUBECONFIG: kubeconfig, FARM_KUBECONFIG: kubeconfig };
  const local = await startLocalGitHub({
    runWorkflow: (request) =>
      runWorkflow({ ...request, environment: { ...request.environment, ...environment } }),
  });
  const { settings } = local;
  return {
    starter: createGitHub(settings),
    github: { kind: "local", name: `${settings.owner}/${settings.repo}` },
    paceMs: (active) => (active === 0 ? 3000 : 700),
    mostBuilds: 4,
    token: settings.token,
    close: () => local.close(),
  };
}
