import type { EpisodeBrake } from "./episode-brake.ts";
import type { RunTool } from "./episode-options.ts";
import type { EpisodeTool, ToolAnswer } from "./episode-tool.ts";

/** The calls of tools that run in this process while an episode lasts. */
export interface ToolRuns {
  readonly run: RunTool;
  /** Resolves when no call runs. */
  idle(): Promise<void>;
}

/** Runs calls until the episode is latched; what a tool throws does not reach the model. */
export function createToolRuns(brake: EpisodeBrake): ToolRuns {
  const running = new Set<Promise<ToolAnswer>>();
  return {
    async run(tool, args, signal) {
      if (brake.latched)
        return { text: "The episode is being stopped; nothing more is done.", isError: true };
      const signals = signal === undefined ? [brake.tools] : [brake.tools, signal];
      const work = attempt(tool, args, AbortSignal.any(signals));
      running.add(work);
      const answer = await work;
      running.delete(work);
      return answer;
    },
    async idle() {
      await Promise.all(running);
    },
  };
}

async function attempt(tool: EpisodeTool, args: unknown, signal: AbortSignal): Promise<ToolAnswer> {
  try {
    return await tool.run(args as Readonly<Record<string, unknown>>, { signal });
  } catch {
    return { text: `${tool.name} failed.`, isError: true };
  }
}
