import type { ClientState, Span } from "../../farm/console/view.ts";
import type { Tone } from "../shared/looks.ts";
import { clientLooks, waitTone } from "./client-looks.ts";

/** A part of a client's bar: one state, and while waiting one reason. */
export interface Piece {
  readonly state: ClientState;
  readonly from: number;
  readonly to: number;
  readonly tone: Tone;
  /** What it waited for. */
  readonly words?: string;
}

/** The bar of a client; what is going on reaches until now. How it ended is no part of it. */
export function piecesOf(spans: readonly Span[], now: number): Piece[] {
  return spans.flatMap((span) => {
    const to = Math.max(span.from, span.to ?? now);
    if (span.state !== "waiting" || span.waits.length === 0) {
      return to === span.from
        ? []
        : [{ state: span.state, from: span.from, to, tone: clientLooks[span.state].tone }];
    }
    return span.waits.map(({ at, words }, index) => ({
      state: span.state,
      from: index === 0 ? span.from : at,
      to: Math.max(at, span.waits[index + 1]?.at ?? to),
      tone: waitTone(words),
      words,
    }));
  });
}
