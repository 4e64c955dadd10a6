import type { EscalationMessage } from "../core/escalation.ts";
import { safeLink } from "./neutral-text.ts";

export interface Links {
  readonly build?: string;
  /** The incident on the medic's own pages. */
  readonly story?: string;
}

/** Where a message leads; `publicUrl` is the address of the medic's pages, empty when there is none. */
export function linksOf({ buildUrl, incident }: EscalationMessage, publicUrl = ""): Links {
  const build = safeLink(buildUrl);
  const page = `${publicUrl.replace(/\/+$/, "")}/#/incidents/${encodeURIComponent(incident.toWellFormed())}`;
  const story = publicUrl === "" ? undefined : safeLink(page);
  return { ...(build === undefined ? {} : { build }), ...(story === undefined ? {} : { story }) };
}
