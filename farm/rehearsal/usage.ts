import { createHash } from "node:crypto";
import type { Block, ModelRequestBody, Usage } from "./model-request.ts";

/** Measured on English with JSON and log lines; code and identifiers come lower. */
const bytesPerToken = 3.5;
/** Shorter prompts are not cached by the API. */
const smallestCached = 1024;

/**
 * Estimates the tokens of requests as the API would bill them: what an earlier request began with, too, is read from
 * the prompt cache, the rest is written to it (when the request asks for caching at all).
 */
export function createUsageEstimate(): (body: ModelRequestBody, content: readonly Block[]) => Usage {
  const cached = new Set<string>();
  return (body, content) => {
    const output = tokens(Buffer.byteLength(JSON.stringify(content)));
    const parts = [body.tools, body.system ?? "", ...body.messages].map(withoutCacheMarks);
    const hash = createHash("sha256").update(body.model);
    let total = 0;
    let known = 0;
    for (const part of parts) {
      total += Buffer.byteLength(part);
      const prefix = hash.update(part).copy().digest("base64");
      if (cached.has(prefix)) known = total;
      cached.add(prefix);
    }
    const asked = JSON.stringify(body).includes('"cache_control"') && tokens(total) >= smallestCached;
    return {
      input_tokens: asked ? 3 : tokens(total),
      output_tokens: output,
      cache_read_input_tokens: asked ? tokens(known) : 0,
      cache_creation_input_tokens: asked ? tokens(total - known) : 0,
    };
  };
}

function tokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** The marks move from message to message and are no part of what is cached. */
function withoutCacheMarks(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === "cache_control" ? undefined : inner));
}
