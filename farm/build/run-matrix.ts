import type { Mode } from "../faults/catalogue.ts";
import { medicTraffic } from "./audit-writes.ts";
import { carryOut } from "./carry-out.ts";
import { countMessages } from "./chat-count.ts";
import { differencesFrom, expectationOf, messagesOf } from "./expectations.ts";
import type { Expectation, Model, Observation } from "./expectations.ts";
import type { FarmAccess } from "./farm-access.ts";
import { openKube } from "./kube.ts";
import { joinMedic } from "./medic-process.ts";
import { readBuildOptions } from "./options.ts";
import { newRunId, newSeed } from "./run-id.ts";
import { tierTwoName } from "./tier-two.ts";

export interface MatrixOptions {
  readonly modes: readonly Mode[];
  readonly medic: readonly ("on" | "off")[];
  readonly model: Model;
  /** Base address of a chat double that counts messages. */
  readonly chatUrl?: string | undefined;
  readonly seed?: string | undefined;
  readonly timeout?: string | undefined;
  /** The same for builds without the medic, in which the fault stays however long one waits. */
  readonly timeoutWithout?: string | undefined;
  /** Cells at the same time; one that cordons every node has the farm to itself all the same. */
  readonly parallel: number;
}

/** One cell of the matrix: a mode, with the medic or without. */
export interface Cell {
  readonly mode: Mode;
  readonly medic: "on" | "off";
  readonly expected: Expectation;
  readonly seen: Observation;
  /** Empty when the cell is as expected. */
  readonly differences: readonly string[];
}

export interface MatrixResult {
  readonly model: Model;
  readonly cells: readonly Cell[];
  readonly asExpected: boolean;
}

export interface MatrixContext {
  readonly farm: FarmAccess;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/**
 * Every mode with and without the medic, a build for each, each compared with what is expected of it. One medic
 * runs through all of it, also while a build without it goes on: that it keeps out there is part of what is compared.
 */
export async function runMatrix(options: MatrixOptions, context: MatrixContext): Promise<MatrixResult> {
  if (!options.medic.includes("on")) return runCells(options, context);
  const { farm, report } = context;
  const medic = await joinMedic({
    kube: openKube(farm),
    runId: `matrix-${newRunId(Date.now())}`,
    clusterUid: farm.clusterUid,
    model: options.model,
    report,
  });
  try {
    return await runCells(options, context);
  } finally {
    await medic.leave();
  }
}

async function runCells(options: MatrixOptions, context: MatrixContext): Promise<MatrixResult> {
  const wanted = options.modes.flatMap((mode) => options.medic.map((medic) => ({ mode, medic })));
  const cells: Cell[] = [];
  // One that has the farm to itself would hold up whoever could share it.
  const waiting =
    options.parallel === 1
      ? [...wanted]
      : wanted.toSorted((left, right) => Number(cordons(left.mode)) - Number(cordons(right.mode)));
  const work = async (): Promise<void> => {
    for (;;) {
      const next = context.signal.aborted ? undefined : waiting.shift();
      if (next === undefined) return;
      cells.push(await reportedCell(next, options, context));
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, work));
  const order = (cell: Cell): number =>
    wanted.findIndex(({ mode, medic }) => mode === cell.mode && medic === cell.medic);
  return {
    model: options.model,
    cells: cells.toSorted((left, right) => order(left) - order(right)),
    asExpected: cells.length === wanted.length && cells.every((cell) => cell.differences.length === 0),
  };
}

function cordons(mode: Mode): boolean {
  return mode === "chaos-recoverable";
}

async function reportedCell(
  { mode, medic }: { readonly mode: Mode; readonly medic: "on" | "off" },
  options: MatrixOptions,
  context: MatrixContext,
): Promise<Cell> {
  const name = `${mode}, medic ${medic}`;
  // Several at once have to be told apart line by line.
  const report =
    options.parallel === 1 ? context.report : (line: string) => context.report(`[${name}] ${line}`);
  context.report(`cell: ${name}`);
  const cell = await runCell(mode, medic, options, { ...context, report });
  report(cell.differences.length === 0 ? "as expected" : `DIFFERENT: ${cell.differences.join("; ")}`);
  return cell;
}

async function runCell(
  mode: Mode,
  medic: "on" | "off",
  options: MatrixOptions,
  context: MatrixContext,
): Promise<Cell> {
  const { seed, model } = options;
  const timeout = medic === "on" ? options.timeout : (options.timeoutWithout ?? options.timeout);
  const build = readBuildOptions(
    { mode, medic, ...(seed === undefined ? {} : { seed }), ...(timeout === undefined ? {} : { timeout }) },
    newSeed,
  );
  const record = await carryOut(context.farm, build, { ...context, model });
  const { auditLog } = context.farm;
  const seen: Observation = {
    record,
    ...(options.chatUrl === undefined
      ? {}
      : { chatMessages: await countMessages(options.chatUrl, record.runId) }),
    ...(auditLog === undefined ? {} : { traffic: await medicTraffic(auditLog, record) }),
  };
  const expected = expectationOf(mode, medic, options.model);
  return { mode, medic, expected, seen, differences: differencesFrom(expected, seen) };
}

/** A cell's figures as a row of the table. */
export function cellRow(cell: Cell): string[] {
  const { record, traffic } = cell.seen;
  const passed = record.clients.filter((client) => client.outcome === "passed").length;
  return [
    cell.mode,
    cell.medic,
    cell.expected.target === "passed" ? "passes" : "target fails",
    `${passed} of ${record.clients.length} pass`,
    record.fault?.name ?? "none",
    incidentWord(cell),
    String(messagesOf(cell.seen)),
    traffic === undefined ? "?" : String(traffic.writes.length),
    `${Math.round(record.seconds)} s`,
    cell.differences.length === 0 ? "ok" : "DIFFERENT",
  ];
}

/** Like incidents on one line: "Resolved ImageDrift", "3 × Escalated ProbeFailed". */
function incidentWord(cell: Cell): string {
  const counts = new Map<string, number>();
  const { incidents, model } = cell.seen.record;
  for (const { phase, reason, turns } of incidents) {
    const by = turns === undefined ? "" : ` by ${tierTwoName(model)}`;
    const word = `${phase} ${reason}${by}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].map(([word, count]) => (count === 1 ? word : `${count} × ${word}`));
  return words.join(", ") || "none";
}
