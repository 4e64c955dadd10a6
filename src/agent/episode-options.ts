import {
  createSdkMcpServer,
  tool,
  type CanUseTool,
  type McpSdkServerConfigWithInstance,
  type Options,
} from "@anthropic-ai/claude-agent-sdk";
import type { EpisodeLimits } from "../controllers/ports.ts";
import type { EpisodeTool, ToolAnswer } from "./episode-tool.ts";

/** The second fence before a tool runs; the first stands in the tool itself. */
export type CanUse = (
  tool: string,
  input: unknown,
) => { readonly allowed: true } | { readonly allowed: false; readonly why: string };

/** Runs one call of a tool; never rejects. */
export type RunTool = (
  tool: EpisodeTool,
  args: unknown,
  signal: AbortSignal | undefined,
) => Promise<ToolAnswer>;

const toolTimeoutMs = 60_000;

/** A tool's name as the model sees it. */
export function fullName({ server, name }: EpisodeTool): string {
  return `mcp__${server}__${name}`;
}

/** The SDK's options: nothing of the machine is loaded, no tool of the SDK's own exists, every call is asked about. */
export function episodeOptions(episode: {
  readonly limits: EpisodeLimits;
  readonly systemPrompt: string;
  readonly tools: readonly EpisodeTool[];
  readonly runTool: RunTool;
  readonly canUse: CanUse;
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly program: string;
  readonly spawn: NonNullable<Options["spawnClaudeCodeProcess"]>;
}): Options {
  return {
    model: episode.limits.model,
    maxTurns: episode.limits.maxTurns,
    maxBudgetUsd: episode.limits.maxBudgetUsd,
    systemPrompt: episode.systemPrompt,
    tools: [],
    mcpServers: servers(episode.tools, episode.runTool),
    strictMcpConfig: true,
    settingSources: [],
    // No `allowedTools`: what stands there is never asked about.
    canUseTool: fence(new Set(episode.tools.map(fullName)), episode.canUse),
    permissionMode: "default",
    persistSession: false,
    verbatimPrompts: true,
    cwd: episode.folder,
    env: episode.env,
    pathToClaudeCodeExecutable: episode.program,
    spawnClaudeCodeProcess: episode.spawn,
  };
}

function servers(
  tools: readonly EpisodeTool[],
  runTool: RunTool,
): Record<string, McpSdkServerConfigWithInstance> {
  const names = [...new Set(tools.map(({ server }) => server))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      createSdkMcpServer({
        name,
        alwaysLoad: true,
        timeout: toolTimeoutMs,
        tools: tools.filter(({ server }) => server === name).map((each) => sdkTool(each, runTool)),
      }),
    ]),
  );
}

type SdkTool = NonNullable<Parameters<typeof createSdkMcpServer>[0]["tools"]>[number];

function sdkTool(each: EpisodeTool, runTool: RunTool): SdkTool {
  return tool(
    each.name,
    each.description,
    each.input,
    async (args, extra) => {
      const { text, isError } = await runTool(each, args, signalIn(extra));
      return { content: [{ type: "text", text }], isError };
    },
    { annotations: { readOnlyHint: each.readOnly, destructiveHint: each.destructive } },
  );
}

function signalIn(extra: unknown): AbortSignal | undefined {
  const signal = (extra as { signal?: unknown } | undefined)?.signal;
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Refuses when it cannot tell. */
function fence(names: ReadonlySet<string>, canUse: CanUse): CanUseTool {
  return async (name, input, { mcpServer }) => {
    if (!names.has(name) || (mcpServer !== undefined && mcpServer.source !== "sdk")) {
      return { behavior: "deny", message: "This is none of your tools." };
    }
    try {
      const verdict = canUse(name, input);
      return verdict.allowed
        ? { behavior: "allow", updatedInput: input }
        : { behavior: "deny", message: verdict.why };
    } catch {
      return { behavior: "deny", message: "Whether this is allowed could not be decided, so it is not." };
    }
  };
}
