import { cellRow } from "./run-matrix.ts";
import type { MatrixResult } from "./run-matrix.ts";
import { formatTable } from "./table.ts";

const HEADER = ["Mode", "Medic", "Expected", "Seen", "Fault", "Incidents", "Messages", "Writes", "Time", ""];

/** The matrix for people: a line per cell, then every difference, then the verdict. */
export function formatMatrix(result: MatrixResult): string {
  const differences = result.cells.flatMap((cell) =>
    cell.differences.map((one) => `${cell.mode}, medic ${cell.medic}: ${one}`),
  );
  return [
    `Matrix, tier 2: ${TIER_2[result.model]}`,
    "",
    formatTable([HEADER, ...result.cells.map(cellRow)]),
    "",
    ...differences,
    result.asExpected
      ? result.cells.length === 1
        ? "The one cell is as expected."
        : `All ${result.cells.length} cells are as expected.`
      : "The matrix is NOT as expected.",
  ].join("\n");
}

const TIER_2 = {
  none: "none (whatever tier 1 does not know is escalated)",
  rehearsal: "the rehearsal (recorded turns, not a model)",
  real: "Claude",
} as const;
