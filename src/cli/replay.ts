import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { differences, isJsonObject, parseJson } from "../core/json.ts";
import type { Json } from "../core/json.ts";
import { decide } from "../core/plan.ts";
import type { Policy } from "../core/policy.ts";
import type { Snapshot } from "../core/snapshot.ts";

export function registerReplay(program: Command): void {
  program
    .command("replay")
    .description("Decide a recorded decision again; exit 1 when the answer differs")
    .argument("<file>", "a file of stateDir/decisions")
    .option("--json", "print JSON")
    .action((file: string, options: { json?: true }) => {
      const recorded = readRecorded(file);
      if (recorded === undefined) {
        console.error(`build-medic: ${file} is no recorded decision; give a file of stateDir/decisions`);
        process.exitCode = 2;
        return;
      }
      const again = JSON.parse(JSON.stringify(decide(recorded.snapshot, recorded.policy))) as Json;
      const found = differences(recorded.decision, again);
      const same = found.length === 0;
      if (options.json)
        process.stdout.write(`${JSON.stringify({ same, decision: again, differences: found }, null, 2)}\n`);
      else
        process.stdout.write(
          same
            ? sentence(again)
            : `The decision differs now:\n${found.map(({ path, live, wanted }) => `  ${path || "/"}: recorded ${JSON.stringify(live)}, now ${JSON.stringify(wanted)}`).join("\n")}\n`,
        );
      process.exitCode = same ? 0 : 1;
    });
}

function sentence(decision: Json): string {
  const plan =
    isJsonObject(decision) && isJsonObject(decision["plan"]) ? JSON.stringify(decision["plan"]["kind"]) : "?";
  return `The same decision as recorded: ${plan}.\n`;
}

function readRecorded(file: string): { snapshot: Snapshot; policy: Policy; decision: Json } | undefined {
  let value: Json | undefined;
  try {
    value = parseJson(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  if (
    !isJsonObject(value) ||
    !isJsonObject(value["snapshot"]) ||
    !isJsonObject(value["policy"]) ||
    value["decision"] === undefined
  )
    return undefined;
  return {
    snapshot: value["snapshot"] as unknown as Snapshot,
    policy: value["policy"] as unknown as Policy,
    decision: value["decision"],
  };
}
