import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../farm/build/command.ts";
import type { CommandResult } from "../../farm/build/command.ts";
import type { BuildRecord } from "../../farm/build/record.ts";
import { endRunningConsole } from "../../farm/console/running-console.ts";
import { firstDifference, shownCommands } from "../support/console-blocks.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const shown = shownCommands(readFileSync(join(root, "docs/demo.md"), "utf8"));
/** What the page's `export` lines leave for the commands after them. */
const exported: string[] = [];

describe("the walk of docs/demo.md", () => {
  after(() => endRunningConsole(() => undefined));

  test("has commands to type", () => assert.ok(shown.length >= 6, `${shown.length} commands`));

  for (const { command, answer, exitCode, line } of shown) {
    test(`line ${line}: ${command}`, async () => {
      const result = await type(command.replace("INCIDENT", () => newestEpisode()));
      const said = `${result.stdout}\n(stderr) ${result.stderr.slice(-2000)}`;
      assert.equal(result.code, exitCode, said);
      const difference = firstDifference(answer, result.stdout);
      assert.equal(difference, undefined, `does not show: ${difference}\n${said}`);
    });
  }
});

/** Types one line in a shell of its own, after the page's exports. */
function type(command: string): Promise<CommandResult> {
  if (command.startsWith("export ")) exported.push(command);
  const script = [...exported, command].join("\n");
  return runCommand("bash", ["-c", script], { cwd: root, timeoutSeconds: 900 });
}

/** The incident of the newest build's episode: the page calls it INCIDENT, the build's last line names it. */
function newestEpisode(): string {
  const folder = join(root, "out", "builds");
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as BuildRecord)
    .sort((left, right) => right.endedAt.localeCompare(left.endedAt))[0];
  const found = newest?.incidents.find(({ turns }) => turns !== undefined);
  assert.ok(found, "the newest build led to an episode");
  return found.incident;
}
