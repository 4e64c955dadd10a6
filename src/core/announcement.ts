import type { Incident } from "./incident.ts";

/**
 * Why an Event was written, a stable CamelCase code each: something was changed for the stack, an episode of a model began,
 * people were told (the medic leaves the stack alone), the stack is ready again.
 */
type AnnouncementReason = "MedicActed" | "MedicInvestigates" | "MedicEscalated" | "MedicResolved";

/** What `kubectl describe statefulset` is to say of the medic. */
export interface Announcement {
  readonly reason: AnnouncementReason;
  readonly type: "Normal" | "Warning";
  readonly message: string;
}

/** Kubernetes refuses a longer message. */
const LONGEST = 1000;

/** Something was done to the stack. */
export function acted(by: string, action: string, target: string): Announcement {
  return { reason: "MedicActed", type: "Normal", message: `${action} ${target} (by the ${by})` };
}

/** A model looks at it. */
export function investigates(model: string): Announcement {
  return { reason: "MedicInvestigates", type: "Normal", message: `An episode of ${model} has begun.` };
}

/** People have it. */
export function escalated(reason: string, rootCause: string): Announcement {
  return { reason: "MedicEscalated", type: "Warning", message: cut(`${reason}: ${rootCause}`) };
}

/** It is well again. */
export function resolved({ status }: Pick<Incident, "status">): Announcement {
  return { reason: "MedicResolved", type: "Normal", message: cut(`Ready again after ${status.reason}.`) };
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}
