import type { Call, Clock, EpisodeLimits, EpisodeOutcome } from "../controllers/ports.ts";
import type { ModelProvider } from "./child-environment.ts";
import type { CanUse } from "./episode-options.ts";
import type { EpisodeTool } from "./episode-tool.ts";

/** One episode of the model with its tools. */
export interface EpisodeRequest {
  /** The name of its Incident; its files are named after it. */
  readonly incident: string;
  readonly systemPrompt: string;
  readonly prompt: string;
  readonly tools: readonly EpisodeTool[];
  readonly limits: EpisodeLimits;
  /** Called with every message of the SDK. When it throws the episode is stopped: what is not recorded is not done. */
  onMessage(message: unknown): void;
  /** Called once and before anything else when the episode is stopped or ends: no tool may begin to act from here on. */
  onLatch(): void;
  /** The second fence: asked before the tool itself is. */
  readonly canUse: CanUse;
}

export interface EpisodeRunner {
  /** Never rejects. When it resolves the agent's process is gone, and so are its files. */
  run(request: EpisodeRequest, call: Call): Promise<EpisodeOutcome>;
}

export interface EpisodeRunnerOptions {
  readonly provider: ModelProvider;
  /** The medic's own environment; the agent gets what it needs of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Each episode makes its folder here. */
  readonly workDir: string;
  readonly clock?: Clock;
  /** Masks secrets in what is said of an episode. */
  readonly redact?: (text: string) => string;
}
