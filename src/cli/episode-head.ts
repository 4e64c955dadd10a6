import type { EpisodeRecord } from "../core/episode-record.ts";
import { barred, fieldRows, HANG, INDENT, setIn, wrap } from "./page-text.ts";
import type { PageOptions } from "./page-text.ts";

const REHEARSED = "played by the rehearsal: no model was asked";

/** When, which stack, by which model, how it ended and what it cost. */
export function headRows(episode: EpisodeRecord, { width, paint }: PageOptions): string[] {
  const { about, limits, end, usage, rehearsed } = episode;
  const known = (name: string, word: string): string[] =>
    about[name] === undefined ? [] : [`${word}${about[name]}`];
  const stack = [
    ...known("statefulset", ""),
    ...known("namespace", "namespace "),
    ...known("client", "client "),
  ];
  const pairs: [string, string][] = [
    ["when", whenOf(episode)],
    ["stack", stack.length === 0 ? "not recorded" : stack.join(", ")],
    ...["pod", "run", "build"].flatMap((name) =>
      known(name, "").map((value): [string, string] => [name, value]),
    ),
    ["model", `${episode.model || "unknown"}${rehearsed ? ` (${REHEARSED})` : ""}`],
    ["ended", end === undefined ? "no end is recorded" : end.how],
  ];
  if (end !== undefined) {
    const of = (value: string, most: string | undefined): string =>
      most === undefined ? value : `${value} of ${most}`;
    const cost = of(dollars(end.costUsd, 4), limits && dollars(limits.usd, 2));
    const remarks = [
      ...(rehearsed ? ["estimated; nothing was paid"] : []),
      ...(end.costKnown ? [] : ["at least: it was cut off"]),
    ];
    pairs.push(["cost", `${cost}${remarks.length === 0 ? "" : ` (${remarks.join("; ")})`}`]);
    pairs.push(["turns", of(String(end.turns), limits && String(limits.turns))]);
    pairs.push(["tokens", `${count(end.tokens)}${usage === undefined ? "" : `: ${usageWords(usage)}`}`]);
  }
  return fieldRows(pairs, width, paint);
}

function whenOf({ times, seconds, limits }: EpisodeRecord): string {
  const [first, last] = times;
  if (first === undefined) return "no time is recorded";
  const clock = (iso: string): string => iso.slice(11, 19);
  const until = last === undefined || clock(last) === clock(first) ? "" : ` to ${clock(last)}`;
  const took =
    seconds === undefined ? "" : `, ${seconds.toFixed(1)} s${limits ? ` of ${limits.seconds} s` : ""}`;
  return `${first.slice(0, 10)} ${clock(first)}${until} UTC${took}`;
}

function usageWords({ input, output, cacheRead, cacheWrite }: NonNullable<EpisodeRecord["usage"]>): string {
  return `${count(input)} in, ${count(cacheWrite)} into the cache, ${count(cacheRead)} from the cache, ${count(output)} out`;
}

/** The medic's findings; the rest of the prompt is long and stands in the cluster, too. */
export function givenRows(
  { prompt, systemPrompt }: EpisodeRecord,
  { width, full, paint }: PageOptions,
): string[] {
  if (prompt === "") return ["", `${INDENT}${paint("dim", "no prompt is recorded")}`];
  if (full) {
    const bar = (text: string): string[] => barred(wrap(text, width - 4, HANG), paint);
    return ["", `${INDENT}system prompt`, ...bar(systemPrompt), "", `${INDENT}task`, ...bar(prompt)];
  }
  const findings = /^## The medic's findings\n([^]*?)(?=^## |\n*[<‹]\/cluster-data>)/m
    .exec(prompt)?.[1]
    ?.trim();
  const size = `the whole prompt is ${count(prompt.length)} characters, --full shows it`;
  return [
    "",
    ...(findings === undefined || findings === "" ? [] : setIn(wrap(findings, width - 2))),
    `${INDENT}${paint("dim", `(${size})`)}`,
  ];
}

function dollars(value: number, digits: number): string {
  return `$${value.toFixed(digits)}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
