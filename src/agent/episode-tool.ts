import type { z } from "zod";

/** One of the ten tools that reach the model, as `mcp__<server>__<name>`. */
export interface EpisodeTool {
  readonly server: "k8s" | "notify";
  readonly name: string;
  readonly description: string;
  /** The shape of its arguments; unknown ones are dropped before `run` sees them. */
  readonly input: z.ZodRawShape;
  readonly readOnly: boolean;
  readonly destructive: boolean;
  /** Answers in words for the model, masked and capped. Never rejects: what it throws would reach the model verbatim. */
  run(args: Readonly<Record<string, unknown>>, call: { readonly signal: AbortSignal }): Promise<ToolAnswer>;
}

export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
}
