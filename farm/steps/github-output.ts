import { appendFile } from "node:fs/promises";
import {
  annotationCommand,
  oneLine,
  outputLine,
} from "../../.github/actions/wait-for-stack/untrusted-text.mjs";

/** Whether this is a step of a workflow: then there are outputs, a summary and annotations to write. */
function inWorkflow(): boolean {
  return process.env["GITHUB_ACTIONS"] === "true";
}

/** Gives the next steps a value; does nothing outside a workflow. */
export async function setOutputs(values: Readonly<Record<string, string>>): Promise<void> {
  const file = process.env["GITHUB_OUTPUT"];
  if (!inWorkflow() || file === undefined) return;
  await appendFile(
    file,
    Object.entries(values)
      .map(([name, value]) => outputLine(name, value))
      .join(""),
  );
}

/** Adds Markdown to the job's summary; does nothing outside a workflow. */
export async function addSummary(markdown: string): Promise<void> {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (inWorkflow() && file !== undefined) await appendFile(file, `${markdown}\n`);
}

/** Marks the run on its page; on a terminal a plain line. */
export function annotate(level: "error" | "warning", title: string, message: string): void {
  if (inWorkflow()) console.log(annotationCommand(level, { title, message }));
  else console.error(`${oneLine(title)}: ${oneLine(message)}`);
}

/** A line of progress. What it quotes may come from the cluster, and a runner reads commands from stderr, too. */
export function report(line: string): void {
  console.error(inWorkflow() ? oneLine(line) : line);
}
