import { createEpisodeRunner } from "../../src/agent/run-episode.ts";

/** Runs one episode, to be killed in the middle of it: `node orphan-parent.ts <work folder> <address of the model>`. */
const [, , workDir = "", url = ""] = process.argv;
const runner = createEpisodeRunner({
  provider: "anthropic",
  environment: { PATH: process.env["PATH"], ANTHROPIC_API_KEY: "rehearsal", ANTHROPIC_BASE_URL: url },
  workDir,
});
await runner.run(
  {
    incident: "incident-1",
    systemPrompt: "You repair test stacks.",
    prompt: "The stack is not ready.",
    tools: [],
    limits: { model: "claude-sonnet-4-6", maxTurns: 12, maxBudgetUsd: 0.5, timeoutMs: 120_000 },
    onMessage: () => {},
    onLatch: () => {},
    canUse: () => ({ allowed: false, why: "No." }),
  },
  { signal: new AbortController().signal },
);
