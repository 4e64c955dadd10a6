import type { Announcement } from "../core/announcement.ts";
import type { Incident } from "../core/incident.ts";
import type { Policy } from "../core/policy.ts";
import type { Announcer, Call } from "./ports.ts";

/** In observe mode nothing is written to a watched namespace. */
export async function announce(
  { announcer, policy }: { readonly announcer: Announcer; readonly policy: Policy },
  incident: Incident,
  announcement: Announcement,
  call: Call,
): Promise<void> {
  if (policy.mode === "act") await announcer.announce(incident, announcement, call);
}
