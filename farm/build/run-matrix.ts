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
 * Every mode with and without the medic, one build after the other, each compared with what is expected of it. One medic
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
  const cells: Cell[] = [];
  const wanted = options.modes.flatMap((mode) => options.medic.map((medic) => ({ mode, medic })));
  for (const [index, { mode, medic }] of wanted.entries()) {
    if (context.signal.aborted) break;
    context.report(`cell ${index + 1} of ${wanted.length}: ${mode}, medic ${medic}`);
    const cell = await runCell(mode, medic, options, context);
    cells.push(cell);
    context.report(
      cell.differences.length === 0 ? "as expected" : `DIFFERENT: ${cell.differences.join("; ")}`,
    );
  }
  const complete = cells.length === wanted.length;
  return {
    model: options.model,
    cells,
    asExpected: complete && cells.every((cell) => cell.differences.length === 0),
  };
}

async function runCell(
  mode: Mode,
  medic: "on" | "off",
  options: MatrixOptions,
  context: MatrixContext,
): Promise<Cell> {
  const { seed, timeout, model } = options;
  const build = readBuildOptions(
    { mode, medic, ...(seed === undefined ? {} : { seed }), ...(timeout === undefined ? {} : { timeout }) },
    newSeed,
  );
  const before = options.chatUrl === undefined ? 0 : await countMessages(options.chatUrl);
  const record = await carryOut(context.farm, build, { ...context, model });
  const { auditLog } = context.farm;
  const seen: Observation = {
    record,
    ...(options.chatUrl === undefined
      ? {}
      : { chatMessages: (await countMessages(options.chatUrl)) - before }),
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
