import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES } from "../faults/catalogue.ts";
import { expectationOf } from "./expectations.ts";
import { UsageError } from "./kube.ts";
import { readMatrixOptions } from "./matrix-command.ts";
import { formatMatrix } from "./matrix-table.ts";
import type { MedicRecord } from "./record.ts";
import type { Cell } from "./run-matrix.ts";

test("a matrix without flags is every mode, without and with the medic, and the rehearsal", () => {
  const options = readMatrixOptions({}, {});
  assert.deepEqual(options.modes, MODES);
  assert.deepEqual(options.medic, ["off", "on"]);
  assert.equal(options.model, "rehearsal");
  assert.equal(readMatrixOptions({}, { ANTHROPIC_API_KEY: "k" }).model, "real");
});

for (const flags of [
  { modes: "none,,misconfig" },
  { medic: "both" },
  { model: "gpt" },
  { seed: "x" },
  { timeout: "1" },
  { timeoutWithout: "soon" },
  { parallel: "0" },
]) {
  test(`${JSON.stringify(flags)} is refused`, () => {
    assert.throws(() => readMatrixOptions(flags, {}), UsageError);
  });
}

const escalated: MedicRecord = {
  incident: "i",
  client: "1",
  phase: "Escalated",
  tier: 1,
  reason: "NodesCordoned",
  rootCause: "",
  actions: [],
  escalated: true,
  messageSent: true,
};
function cell(mode: Cell["mode"], incidents: MedicRecord[], differences: string[]): Cell {
  const record = {
    runId: "r",
    namespace: "n",
    mode,
    medic: "on" as const,
    seed: 1,
    startedAt: "",
    endedAt: "",
    seconds: 99.6,
    clients: [],
    incidents,
    passed: true,
    problems: [],
  };
  const seen = { record, traffic: { requests: 1, writes: [] } };
  return { mode, medic: "on", expected: expectationOf(mode, "on", "none"), seen, differences };
}

test("a cell of tier 2 names the rehearsal", () => {
  const played = cell("chaos-recoverable", [{ ...escalated, tier: 2, phase: "Resolved", turns: 3 }], []);
  const record = { ...played.seen.record, model: "rehearsal" as const };
  const table = formatMatrix({
    model: "rehearsal",
    cells: [{ ...played, seen: { ...played.seen, record } }],
    asExpected: true,
  });
  assert.match(table, /Resolved NodesCordoned by the rehearsal/);
});

test("the whole table reads as it should, and a difference is not to be missed", () => {
  const cells = [
    cell("none", [], []),
    cell("chaos-recoverable", [escalated, escalated], ["one incident expected, 2 seen"]),
  ];
  assert.equal(
    formatMatrix({ model: "none", cells, asExpected: false }),
    `Matrix, tier 2: none (whatever tier 1 does not know is escalated)

Mode               Medic  Expected      Seen         Fault  Incidents                    Messages  Writes  Time
-----------------  -----  ------------  -----------  -----  ---------------------------  --------  ------  -----  ---------
none               on     passes        0 of 0 pass  none   none                         0         0       100 s  ok
chaos-recoverable  on     target fails  0 of 0 pass  none   2 × Escalated NodesCordoned  2         0       100 s  DIFFERENT

chaos-recoverable, medic on: one incident expected, 2 seen
The matrix is NOT as expected.`,
  );
});
