import type { Command } from "commander";
import { verifyFile } from "../audit/verify.ts";
import type { Expectation, Verdict } from "../audit/verify.ts";
import { messageOf } from "../lib/medic-error.ts";

interface Options {
  readonly json?: boolean;
  readonly expectSeq?: string;
  readonly expectHash?: string;
}

export function registerAudit(program: Command): void {
  const audit = program.command("audit").description("Look at the audit log.");
  audit
    .command("verify")
    .description(
      "Check that no record of an audit log was edited, removed, inserted or moved. Exit 0: intact; 1: not; 2: no audit log.",
    )
    .argument("<file>", "the audit log, stateDir/audit.jsonl")
    .option("--expect-seq <n>", "the file must have a record with this number, as noted down earlier")
    .option("--expect-hash <hash>", "the file must have the record with this hash, as noted down earlier")
    .option("--json", "print JSON")
    .action((file: string, options: Options) => verify(file, options));
}

async function verify(file: string, options: Options): Promise<void> {
  const expected = expectationOf(options);
  if (typeof expected === "string") return wrongUse(expected);
  let verdict: Verdict | undefined;
  try {
    verdict = await verifyFile(file, expected);
  } catch (error) {
    return wrongUse(`${file} cannot be read (${messageOf(error)}); name the audit.jsonl of a state folder.`);
  }
  if (verdict === undefined)
    return wrongUse(`${file} is no audit log; name the audit.jsonl of a state folder.`);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(verdict, undefined, 2)}\n` : inWords(file, verdict, expected),
  );
  process.exitCode = verdict.intact ? 0 : 1;
}

function expectationOf({ expectSeq, expectHash }: Options): Expectation | string {
  if (expectSeq !== undefined && !/^\d{1,15}$/.test(expectSeq))
    return "--expect-seq takes the number of a record.";
  if (expectHash !== undefined && !/^[0-9a-f]{64}$/.test(expectHash))
    return "--expect-hash takes the 64 hexadecimal digits of a record's hash.";
  return {
    ...(expectSeq === undefined ? {} : { seq: Number(expectSeq) }),
    ...(expectHash === undefined ? {} : { hash: expectHash }),
  };
}

function inWords(file: string, verdict: Verdict, expected: Expectation): string {
  if (!verdict.intact) {
    return `${file} is NOT intact: line ${verdict.line} (${verdict.damage}): ${verdict.why}. Records before it that hold: ${verdict.records}.\n`;
  }
  const stages = Object.entries(verdict.stages).map(([stage, count]) => `${count} ${stage}`);
  const torn = verdict.torn === 0 ? [] : [`${verdict.torn} cut-off writes accounted for`];
  const span = verdict.first === undefined ? "" : `, ${verdict.first} to ${verdict.last}`;
  const counts = [...stages, ...torn].join(", ");
  const open =
    expected.seq === undefined && expected.hash === undefined
      ? "A chain cannot show that its newest records were removed or all of it was written anew: note seq and hash down elsewhere and give them as --expect-seq and --expect-hash.\n"
      : "";
  return `${file} is intact: ${verdict.records} records${counts === "" ? "" : ` (${counts})`}${span}.\nNewest: seq ${verdict.seq}, hash ${verdict.hash}\n${open}`;
}

function wrongUse(sentence: string): void {
  process.stderr.write(`build-medic: ${sentence}\n`);
  process.exitCode = 2;
}
