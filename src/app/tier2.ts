import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInvestigator, worstOvershootUsd } from "../agent/investigator.ts";
import { reapOrphans } from "../agent/orphans.ts";
import type { EpisodeRunner } from "../agent/run-episode.ts";
import type { Transcripts } from "../audit/transcripts.ts";
import type { Config } from "../config.ts";
import { limitsOf } from "../config/policy.ts";
import { secretsOf } from "../config.ts";
import { createEpisodeController } from "../controllers/episode-controller.ts";
import type { EpisodeController, EpisodeDeps } from "../controllers/episode-controller.ts";
import type { Log } from "../controllers/ports.ts";
import { worstHourUsd } from "../core/ledger.ts";
import { createRedactor } from "../core/redact.ts";
import { stateFolderId } from "./state-folder.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The runner of episodes; `undefined` without a provider. Ends what an earlier process left. Rejects when the SDK's program is not installed. */
export async function openRunner(
  config: Config,
  environment: Environment,
): Promise<EpisodeRunner | undefined> {
  const workDir = agentFolder(config.stateDir);
  await reapOrphans(workDir);
  if (config.provider === "none") return undefined;
  const redactor = createRedactor({ known: secretsOf(config, environment) });
  const { provider } = config;
  // The SDK is some 25 MB: a medic without a model does not load it.
  const { createEpisodeRunner } = await import("../agent/run-episode.ts");
  return createEpisodeRunner({ provider, environment, workDir, redact: (text) => redactor.text(text) });
}

/** The episodes of tier 2 for one term. */
export function episodesOf(
  { config, environment, runner }: { config: Config; environment: Environment; runner: EpisodeRunner },
  shared: Omit<EpisodeDeps, "investigator" | "limits" | "budget"> & { readonly transcripts: Transcripts },
): EpisodeController {
  const investigator = createInvestigator({
    runner,
    known: secretsOf(config, environment),
    telemetry: shared.telemetry,
    openTranscript: (incident, redact) => shared.transcripts.open(incident, redact),
  });
  return createEpisodeController({ ...shared, investigator, limits: limitsOf(config), budget: config });
}

/** Short, for the path of a socket in it may not be long; the same again after a restart, to find what was left. */
function agentFolder(stateDir: string): string {
  return join(tmpdir(), `build-medic-${stateFolderId(stateDir)}`);
}

/** What an operator must know of it at start. */
export function announceTier2(config: Config, log: Log): void {
  if (config.provider === "none") {
    log.info("no model credentials are set: playbook only, everything else escalates");
    return;
  }
  const overshootUsd = worstOvershootUsd(limitsOf(config));
  log.info("tier 2 is on", {
    provider: config.provider,
    model: config.model,
    maxTurns: config.maxTurns,
    maxBudgetUsd: config.maxBudgetUsd,
    worstEpisodeUsd: cents(config.maxBudgetUsd + overshootUsd),
    worstHourUsd: cents(worstHourUsd(config, overshootUsd)),
    nodes: config.allowNodePatch ? "may be uncordoned" : "are never changed",
  });
}

function cents(usd: number): number {
  return Math.ceil(usd * 100) / 100;
}
