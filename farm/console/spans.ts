import type { ClientNow } from "./client-state.ts";
import type { ClientState, Span } from "./view.ts";

const CLOSED: readonly ClientState[] = ["passed", "failed", "cancelled"];
/** A pod that starts and crashes for an hour shall not fill the memory. */
const MOST_SPANS = 60;
const MOST_WAITS = 12;

function isOver(state: ClientState): boolean {
  return CLOSED.includes(state);
}

/**
 * A client's time line after one more look: the same state goes on, another one begins where the last one ends. What is
 * over stays over.
 */
export function extended(spans: readonly Span[], { state, words }: ClientNow, at: number): readonly Span[] {
  const last = spans.at(-1);
  if (last === undefined) return [begun(state, words, at)];
  if (isOver(last.state)) return spans;
  if (last.state === state) {
    if (words === undefined || words === last.waits.at(-1)?.words) return spans;
    const waits = [...last.waits, { at, words }].slice(-MOST_WAITS);
    return [...spans.slice(0, -1), { ...last, waits }];
  }
  const from = Math.max(at, last.from);
  const closed: Span = { ...last, to: from };
  return [...spans.slice(0, -1), closed, begun(state, words, from)].slice(-MOST_SPANS);
}

function begun(state: ClientState, words: string | undefined, at: number): Span {
  const waits = words === undefined ? [] : [{ at, words }];
  return { state, from: at, ...(isOver(state) ? { to: at } : {}), waits };
}
