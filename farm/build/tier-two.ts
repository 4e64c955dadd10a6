import type { MedicRecord } from "./record.ts";
import type { Model } from "./expectations.ts";

/** Who tier 2 was, in every line that shows it; `undefined`: the medic is somebody else's and we cannot know. */
export function tierTwoName(model: Model | undefined): string {
  switch (model) {
    case "none":
      return "no model";
    case "rehearsal":
      return "the rehearsal";
    case "real":
      return "Claude";
    case undefined:
      return "a model";
  }
}

/** What the episode of an incident took: "3 turns of the rehearsal, $0.02 as Claude would cost"; nothing without one. */
export function episodeWords(incident: MedicRecord, model: Model | undefined): string | undefined {
  const { turns, costUsd } = incident;
  if (turns === undefined) return undefined;
  const count = turns === 1 ? "1 turn" : `${turns} turns`;
  const price = costUsd === undefined ? "" : `, $${costUsd.toFixed(2)}`;
  const asIf = price !== "" && model === "rehearsal" ? " as Claude would cost" : "";
  return `${count} of ${tierTwoName(model)}${price}${asIf}`;
}
