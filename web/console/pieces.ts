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

/** The same with stretches of equal tone in one piece: what it waited for longest is its word. */
export function drawnPieces(pieces: readonly Piece[]): Piece[] {
  const drawn: Piece[][] = [];
  for (const piece of pieces) {
    const last = drawn.at(-1)?.at(-1);
    if (last !== undefined && last.state === piece.state && last.tone === piece.tone)
      drawn.at(-1)?.push(piece);
    else drawn.push([piece]);
  }
  return drawn.flatMap((parts) => {
    const [first] = parts;
    const last = parts.at(-1);
    if (first === undefined || last === undefined) return [];
    const longest = parts.reduce((most, part) => (lengthOf(part) >= lengthOf(most) ? part : most));
    return [{ ...longest, from: first.from, to: last.to }];
  });
}

function lengthOf({ from, to }: Piece): number {
  return to - from;
}
