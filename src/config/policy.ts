import type { Config } from "../config.ts";
import type { Policy } from "../core/policy.ts";

/** The part of the configuration that decisions depend on. */
export function policyOf(config: Config): Policy {
  return {
    debounceMs: config.debounceSeconds * 1000,
    verifyMs: config.verifySeconds * 1000,
    maxActionsPerStack: config.maxActionsPerStack,
    mode: config.mode,
    allowNodePatch: config.allowNodePatch,
    tier2: config.provider !== "none",
  };
}

/** What bounds one episode. */
export function limitsOf(config: Config): {
  readonly model: string;
  readonly maxTurns: number;
  readonly maxBudgetUsd: number;
  readonly timeoutMs: number;
} {
  return {
    model: config.model,
    maxTurns: config.maxTurns,
    maxBudgetUsd: config.maxBudgetUsd,
    timeoutMs: config.episodeTimeoutSeconds * 1000,
  };
}
