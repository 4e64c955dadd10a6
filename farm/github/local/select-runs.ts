import type { RunRecord } from "./run-record.ts";

type Query = Readonly<Record<string, string>>;

const KNOWN = ["event", "branch", "status", "per_page", "page"];

/** The runs that a list asks for, or what is wrong with the question. A filter that is not built is not ignored. */
export function selectRuns(
  runs: readonly RunRecord[],
  query: Query,
  branch: string,
): readonly RunRecord[] | string {
  const unknown = Object.keys(query).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return `The local GitHub does not know the parameter "${unknown}".`;
  const { event, status } = query;
  if (event !== undefined && event !== "workflow_dispatch") return [];
  if (query["branch"] !== undefined && query["branch"] !== branch) return [];
  return runs.filter((run) => status === undefined || run.status === status || run.conclusion === status);
}

/** One page of a list, with GitHub's defaults and bounds. */
export function pageOf<T>(all: readonly T[], query: Query): readonly T[] {
  const size = within(query["per_page"], 30, 100);
  const page = within(query["page"], 1, 1_000_000);
  return all.slice((page - 1) * size, page * size);
}

function within(text: string | undefined, otherwise: number, most: number): number {
  const value = /^\d{1,9}$/.test(text ?? "") ? Number(text) : otherwise;
  return Math.min(Math.max(value, 1), most);
}
