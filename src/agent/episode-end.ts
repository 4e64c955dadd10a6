import type { SDKResultMessage } from "@anthropic-ai/claude-agent-sdk";
import type { EpisodeEnd, EpisodeLimits } from "../controllers/ports.ts";

/** How an episode ended and one sentence about it, by the SDK's result. */
export function endByResult(
  result: SDKResultMessage,
  limits: EpisodeLimits,
): { readonly end: EpisodeEnd; readonly detail: string } {
  const end = endOf(result);
  return { end, detail: sentence(end, result, limits) };
}

/** An API failure and a refusal come as `success` with `is_error`: the subtype alone says too little. */
function endOf(result: SDKResultMessage): EpisodeEnd {
  if (result.subtype === "error_max_turns") return "max-turns";
  if (result.subtype === "error_max_budget_usd") return "budget";
  if (result.subtype !== "success") return "crashed";
  if (result.stop_reason === "refusal") return "refusal";
  return result.is_error || result.terminal_reason !== "completed" ? "api-error" : "completed";
}

function sentence(end: EpisodeEnd, result: SDKResultMessage, limits: EpisodeLimits): string {
  switch (end) {
    case "completed":
      return "";
    case "max-turns":
      return `The episode used all of its ${limits.maxTurns} turns.`;
    case "budget":
      return `The episode used up its $${limits.maxBudgetUsd}.`;
    case "refusal":
      return "The model refused to go on.";
    case "api-error":
      return `The model's API failed${statusOf(result)}: ${wordsOf(result)}`;
    default:
      return `The agent gave up (${result.terminal_reason ?? result.subtype}): ${wordsOf(result)}`;
  }
}

function statusOf(result: SDKResultMessage): string {
  const status = result.subtype === "success" ? result.api_error_status : undefined;
  return typeof status === "number" ? ` with ${status}` : "";
}

function wordsOf(result: SDKResultMessage): string {
  const words = result.subtype === "success" ? result.result : result.errors.join("; ");
  return words === "" ? "it gave no reason." : words;
}
