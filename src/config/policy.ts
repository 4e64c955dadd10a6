import type { Config } from "../config.ts";
import type { Policy } from "../core/policy.ts";

/** The part of the configuration that decisions depend on. */
export function policyOf(config: Config): Policy {
  return {
    debounceMs: config.debounceSeconds * 1000,
    verifyMs: config.verifySeconds * 1000,
    maxActionsPerStack: config.maxActionsPerStack,
    mode: config.mode,
  };
}
