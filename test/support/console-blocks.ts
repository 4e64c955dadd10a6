/** A command that a page shows, with what the page says it answers. */
export interface ShownCommand {
  /** As a person types it. */
  readonly command: string;
  /** Lines of the answer; `…` stands for any text in a line, and alone on a line for any lines. */
  readonly answer: readonly string[];
  readonly exitCode: number;
  /** Where it stands in the page, counted from 1. */
  readonly line: number;
}

/**
 * The commands of a page's blocks marked `console`: a line that begins with `$ ` is typed, what follows is its answer.
 * `console exit=1` names an exit code other than 0, of the block's last command. Throws when a block is not closed.
 */
export function shownCommands(markdown: string): ShownCommand[] {
  const shown: ShownCommand[] = [];
  let block: { readonly fence: number; readonly exitCode: number; readonly commands: Growing[] } | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    const opening = /^```console(?: exit=(\d+))?$/.exec(text);
    if (block === undefined) {
      if (opening) block = { fence: index + 1, exitCode: Number(opening[1] ?? 0), commands: [] };
    } else if (text === "```") {
      shown.push(...closed(block.commands, block.exitCode));
      block = undefined;
    } else if (text.startsWith("$ ")) {
      block.commands.push({ command: text.slice(2), answer: [], line: index + 1 });
    } else {
      const last = block.commands.at(-1);
      if (last === undefined) throw new Error(`line ${index + 1}: an answer without a command`);
      last.answer.push(text);
    }
  }
  if (block !== undefined) throw new Error(`the block that begins in line ${block.fence} does not end`);
  return shown;
}

interface Growing {
  readonly command: string;
  readonly answer: string[];
  readonly line: number;
}

function closed(commands: readonly Growing[], exitCode: number): ShownCommand[] {
  return commands.map((one, index) => ({ ...one, exitCode: index === commands.length - 1 ? exitCode : 0 }));
}

/** The first shown line that the output does not have in its place; `undefined` when the output is as shown. */
export function firstDifference(answer: readonly string[], output: string): string | undefined {
  const lines = output.trimEnd().split("\n");
  let at = 0;
  let anywhere = false;
  for (const shown of answer) {
    if (shown.trim() === "…") {
      anywhere = true;
      continue;
    }
    const pattern = linePattern(shown);
    const found = lines.findIndex((line, index) => index >= at && pattern.test(line.trimEnd()));
    if (found === -1 || (!anywhere && found !== at)) return shown;
    at = found + 1;
    anywhere = false;
  }
  return anywhere || at === lines.length || answer.length === 0
    ? undefined
    : `(nothing after) ${answer.at(-1)}`;
}

function linePattern(shown: string): RegExp {
  const parts = shown.trimEnd().split("…");
  return new RegExp(
    `^${parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join(".*")}$`,
  );
}
