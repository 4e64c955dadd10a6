import type { EscalationMessage } from "../core/escalation.ts";
import type { Style } from "./message-lines.ts";
import { neutralCode } from "./neutral-text.ts";
import { reasonInWords } from "./next-step.ts";

/** For the words around the events. */
const ROOM_FOR_WORDS = 100;

/** The newest events that fit into `limit` characters, in a block. */
export function eventsBlock(events: readonly string[], style: Style, limit: number): string {
  const shown: string[] = [];
  const around = style.block([]).length;
  let room = limit - ROOM_FOR_WORDS - around;
  for (const event of events.toReversed()) {
    const line = neutralCode(event, 400);
    room -= style.block([line]).length - around + 1;
    if (room < 0) break;
    shown.unshift(line);
  }
  if (shown.length === 0) return "There are no events about this stack.";
  const left = events.length - shown.length;
  const note = left > 0 ? `, ${left} older left out` : "";
  return `What the events say, newest last${note}:\n${style.block(shown)}`;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Two of these fit beside each other. */
  readonly short: boolean;
}

/** What stands beside the message, for looking up; none is empty. */
export function facts(message: EscalationMessage, { foreign }: Style): readonly Fact[] {
  const { reason } = message;
  const words = reasonInWords(reason);
  const fact = (name: string, value: string, short = true): Fact => ({ name, value, short });
  const about =
    reason === "Storm"
      ? []
      : [fact("Stack", foreign(message.stack, 300)), fact("Namespace", foreign(message.namespace, 100))];
  return [
    ...about,
    fact("Reason", foreign(reason, 80) + (words === undefined ? "" : `: ${words}`), false),
    fact("Cost", costOf(message)),
    fact("Incident", foreign(message.incident, 260)),
  ].filter(({ value }) => value !== "");
}

function costOf({ costUsd, episode }: EscalationMessage): string {
  const dollars = `$${costUsd.toFixed(costUsd > 0 && costUsd < 0.01 ? 4 : 2)}`;
  if (episode === undefined) return costUsd > 0 ? dollars : `${dollars}, no model was asked`;
  return `${dollars}, ${episode.turns} ${episode.turns === 1 ? "turn" : "turns"} of a model`;
}
