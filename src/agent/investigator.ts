import { readFileSync } from "node:fs";
import type { EpisodeOutcome, Investigation, Investigator, Telemetry } from "../controllers/ports.ts";
import { CALLS_PER_EPISODE } from "../core/episode.ts";
import { capText } from "../core/cap-text.ts";
import { neutralise } from "../core/neutralise.ts";
import { ANSWER_BYTES, redactorFor } from "./present.ts";
import type { EpisodeRunner } from "./run-episode.ts";
import { taskPrompt } from "./task-prompt.ts";
import { episodeTools } from "./tools/all-tools.ts";
import { bytesPerToken, maxOutputTokens, overshootUsd } from "./worst-case.ts";

/** Where an episode's full message log goes. */
interface TranscriptSink {
  /** Never throws; a line that cannot be stored is the sink's to report. */
  write(line: unknown): void;
}

export interface InvestigatorDeps {
  readonly runner: EpisodeRunner;
  readonly openTranscript: (incident: string, redact: (value: unknown) => unknown) => TranscriptSink;
  /** Exact values to mask wherever they stand. */
  readonly known: readonly string[];
  readonly telemetry: Telemetry;
}

/** Runs episodes: prompts, tools and transcript around the SDK's runner. */
export function createInvestigator(deps: InvestigatorDeps): Investigator {
  const systemPrompt = readFileSync(new URL("prompts/system.md", import.meta.url), "utf8").trim();
  return {
    async investigate(investigation, call) {
      const { incident, snapshot, hands, limits } = investigation;
      const redactor = redactorFor(snapshot, deps.known);
      const transcript = deps.openTranscript(incident.name, (value) => redactor.json(value));
      const prompt = taskPrompt({ ...investigation, redactor });
      transcript.write({ type: "episode-opened", model: limits.model, limits, systemPrompt, prompt });
      const tools = episodeTools({
        hands,
        redactor,
        pod: incident.spec.pod,
        onAnswer: (tool, outcome) => deps.telemetry.toolCalled(tool, outcome),
      });
      const names = new Set(tools.map(({ server, name }) => `mcp__${server}__${name}`));
      const outcome = await deps.runner.run(
        {
          incident: incident.name,
          systemPrompt,
          prompt,
          tools,
          limits,
          onMessage: (message) => transcript.write(message),
          onLatch: () => investigation.onLatch("it was stopped"),
          canUse: (tool) =>
            names.has(tool) ? { allowed: true } : { allowed: false, why: "it is none of the ten tools" },
        },
        call,
      );
      const masked = cleaned(outcome, (text) => redactor.text(text));
      transcript.write({ type: "episode-closed", outcome: masked });
      return masked;
    },
  };
}

function cleaned(outcome: EpisodeOutcome, mask: (text: string) => string): EpisodeOutcome {
  const tidy = (text: string): string => capText(neutralise(mask(text)), 1000);
  return { ...outcome, detail: tidy(outcome.detail), lastText: tidy(outcome.lastText) };
}

/** Prompts, tool descriptions and what the SDK adds. */
const PROMPT_BYTES = 40_000;

/** The most that an episode can cost beyond its budget, in dollars; see docs/tier2.md. */
export function worstOvershootUsd(limits: Pick<Investigation["limits"], "maxTurns">): number {
  const answers = CALLS_PER_EPISODE * ANSWER_BYTES;
  const words = limits.maxTurns * maxOutputTokens * bytesPerToken;
  return overshootUsd({ contextBytes: PROMPT_BYTES + answers + words });
}
