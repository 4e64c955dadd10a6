import { markdownText } from "../../.github/actions/wait-for-stack/untrusted-text.mjs";
import type { BuildRecord } from "../build/record.ts";
import { summaryParts } from "../build/summary.ts";

/** A build's summary for the page of its run: a table per client, what the medic did, and the verdict. */
export function summaryMarkdown(record: BuildRecord): string {
  const { title, rows, notes, verdict } = summaryParts(record);
  const [header = [], ...clients] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(" | ")} |`;
  return [
    `### ${markdownText(title)}`,
    "",
    line(header),
    `|${header.map(() => " --- |").join("")}`,
    ...clients.map(line),
    "",
    ...notes.map((note) => `- ${markdownText(note)}`),
    "",
    `**${markdownText(verdict)}**`,
    "",
  ].join("\n");
}
