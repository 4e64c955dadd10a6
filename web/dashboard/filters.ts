import type { IncidentJson } from "../../src/api/incident-json.ts";
import { isClosed } from "../../src/core/incident.ts";

/** What the list of incidents is to show, as it stands in the page's address. Empty: no matter. */
export interface Filters {
  /** A phase, or `open` for all that are not closed. */
  readonly phase: string;
  readonly reason: string;
  readonly build: string;
  readonly tier: string;
  /** Words that all have to occur somewhere. */
  readonly q: string;
}

export const noFilters: Filters = { phase: "", reason: "", build: "", tier: "", q: "" };

export function filtersOf(query: Readonly<Record<string, string>>): Filters {
  const { phase = "", reason = "", build = "", tier = "", q = "" } = query;
  return { phase, reason, build, tier, q };
}

export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== "");
}

/** The incidents asked for, newest first. */
export function selected(incidents: Iterable<IncidentJson>, filters: Filters): IncidentJson[] {
  const words = filters.q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return [...incidents]
    .filter((incident) => matches(incident, filters) && hasWords(incident, words))
    .sort(
      (left, right) => right.createdAt.localeCompare(left.createdAt) || left.name.localeCompare(right.name),
    );
}

function matches({ spec, status }: IncidentJson, { phase, reason, build, tier }: Filters): boolean {
  if (phase === "open" ? isClosed(status.phase) : phase !== "" && status.phase !== phase) return false;
  if (reason !== "" && status.reason !== reason) return false;
  if (build !== "" && spec.runId !== build) return false;
  return tier === "" || String(status.tier) === tier;
}

function hasWords(incident: IncidentJson, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { name, spec, status } = incident;
  const text = [
    name,
    ...Object.values(spec),
    `client ${spec.client}`,
    status.phase,
    status.reason,
    status.rootCause,
    ...status.findings.map(({ reason, message }) => `${reason} ${message}`),
    ...status.attempts.map(
      ({ action, target, outcome, detail }) => `${action} ${target} ${outcome} ${detail}`,
    ),
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The values that occur, for the choices; in order, those asked for in any case. */
export function choices(
  incidents: Iterable<IncidentJson>,
  { reason, build }: Filters,
): { readonly reasons: string[]; readonly builds: string[] } {
  const reasons = new Set<string>();
  const builds = new Set<string>();
  for (const { spec, status } of incidents) {
    reasons.add(status.reason);
    if (spec.runId !== "") builds.add(spec.runId);
  }
  if (reason !== "") reasons.add(reason);
  const newest = [...builds].sort(newestBuildFirst).slice(0, mostBuilds);
  if (build !== "" && !newest.includes(build)) newest.push(build);
  return { reasons: [...reasons].sort(), builds: newest };
}

const mostBuilds = 60;

/** Run ids grow with the time, as numbers or as text. */
export function newestBuildFirst(left: string, right: string): number {
  return right.localeCompare(left, "en", { numeric: true });
}
