/** What one answer may be long at most; handed to the agent's process and sent with each request. */
export const maxOutputTokens = 4096;

/** Dollars for a token of `claude-sonnet-4-6` (list price; the SDK bills by the same table, measured). */
export const usdPerToken = {
  input: 3 / 1e6,
  output: 15 / 1e6,
  cacheWrite: 3.75 / 1e6,
  cacheRead: 0.3 / 1e6,
} as const;

/** Fewer bytes a token than text has in practice (3.5), so that what is derived from bytes is rather too much. */
export const bytesPerToken = 3;

/**
 * What the last turn can cost at most beyond the budget, in dollars. The SDK checks the budget after each answer, so
 * one more request may begin just below it: all of its context written to the cache, and the longest answer.
 */
export function overshootUsd(limits: { readonly contextBytes: number }): number {
  const context = Math.ceil(limits.contextBytes / bytesPerToken) * usdPerToken.cacheWrite;
  return context + maxOutputTokens * usdPerToken.output;
}
