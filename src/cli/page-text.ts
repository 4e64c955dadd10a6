import type { JsonObject } from "../core/json.ts";

/** How a piece of a page is shown where a terminal can; without one it stays as it is. */
export type Paint = (style: "bold" | "dim" | "red" | "yellow", text: string) => string;

export interface PageOptions {
  /** Columns of the page. */
  readonly width: number;
  /** Everything, instead of what a first reading needs. */
  readonly full: boolean;
  readonly paint: Paint;
  /** The audit records of this incident, in order. */
  readonly audit: readonly JsonObject[];
  /** Where the Incident lives. */
  readonly namespace: string;
}

export const INDENT = "  ";
/** Later rows of a line of data stand further in, so that lines can be told apart. */
export const HANG = 2;

/** The rows of a text in a column, broken between words; later rows of a line stand `hang` columns further in than its first. */
export function wrap(text: string, width: number, hang = 0): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line.replaceAll("\t", "  ").trimEnd(), width, hang));
}

function wrapLine(line: string, width: number, hang: number): string[] {
  if (line.length <= width) return [line];
  const own = /^ */.exec(line)?.[0].length ?? 0;
  const further = " ".repeat(Math.min(own + hang, Math.floor(width / 2)));
  const rows: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = breakOf(rest, width, rows.length === 0 ? own : further.length);
    rows.push(rest.slice(0, at).trimEnd());
    rest = `${further}${rest.slice(at).trimStart()}`;
  }
  return [...rows, rest];
}

/** At the last space or after the last comma that leaves a row well filled, else where it is full, never within a character. */
function breakOf(text: string, width: number, indent: number): number {
  const fair = Math.max(indent + 1, width / 2);
  const space = text.lastIndexOf(" ", width);
  if (space >= fair) return space;
  const comma = text.lastIndexOf(",", width - 1) + 1;
  if (comma >= fair) return comma;
  return (text.codePointAt(width - 1) ?? 0) > 0xffff ? width - 1 : width;
}

/** The first and the last rows of a long text, with how many are between them. */
export function shorten(
  rows: readonly string[],
  keep: { readonly head: number; readonly tail: number },
): string[] {
  const left = rows.length - keep.head - keep.tail;
  // One row that says that one is missing would be no shorter.
  if (left <= 1) return [...rows];
  return [...rows.slice(0, keep.head), `… ${left} lines more …`, ...rows.slice(rows.length - keep.tail)];
}

/** Names and values in two columns, the values wrapped. */
function columns(
  pairs: readonly (readonly [name: string, value: string])[],
  width: number,
): [name: string, row: string][] {
  const first = Math.max(0, ...pairs.map(([name]) => name.length)) + 2;
  return pairs.flatMap(([name, value]) =>
    wrap(value, Math.max(20, width - first)).map((row, at): [string, string] => [
      (at === 0 ? name : "").padEnd(first),
      row,
    ]),
  );
}

/** Data, told from words by a bar. */
export function barred(rows: readonly string[], paint: Paint): string[] {
  return rows.map((row) => `${INDENT}${paint("dim", "│")} ${row}`.trimEnd());
}

export function setIn(rows: readonly string[]): string[] {
  return rows.map((row) => `${INDENT}${row}`.trimEnd());
}

export function fieldRows(
  pairs: readonly (readonly [string, string])[],
  width: number,
  paint: Paint,
): string[] {
  return columns(pairs, width - 2).map(([name, row]) => `${INDENT}${paint("dim", name)}${row}`.trimEnd());
}
