import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const rules = fileURLToPath(new URL("../../deploy/alerts.yaml", import.meta.url));

function promtool(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync("promtool", args, { encoding: "utf8" });
  return { status, said: `${error?.message ?? ""}${stdout}${stderr}` };
}

test("Prometheus's own tool accepts the alerting rules", () => {
  const { status, said } = promtool("check", "rules", rules);
  assert.equal(status, 0, said);
  assert.match(said, /9 rules found/);
});

/** A counter that begins at nothing, as ours do, and one event at minute 5. */
const once = "0x4 1x30";
const firing: Readonly<Record<string, readonly [series: string, values: string]>> = {
  BuildMedicStorm: ['buildmedic_incidents_closed_total{phase="Escalated",reason="Storm",tier="1"}', once],
  BuildMedicHourlyBudgetExhausted: ['buildmedic_episodes_total{outcome="no-budget"}', once],
  BuildMedicRefusals: ['buildmedic_refusals_total{action="restart-pod",code="OutOfScope"}', once],
  BuildMedicNobodyLeads: ["buildmedic_leading", "0x30"],
  BuildMedicEscalationUndelivered: ['buildmedic_escalations_total{outcome="failed"}', "0+1x30"],
  BuildMedicEpisodesFail: ['buildmedic_episodes_total{outcome="api-error"}', "0+1x30"],
  BuildMedicBlind: ['buildmedic_informer_errors_total{resource="pods"}', "0+10x30"],
  BuildMedicReconcilesFail: ['buildmedic_reconciles_total{outcome="error"}', "0+5x30"],
};

for (const [alert, [series, values]] of Object.entries(firing)) {
  test(`${alert} fires when it should, and not when all is well`, () => {
    const folder = mkdtempSync(join(tmpdir(), "alerts-"));
    const file = join(folder, "test.yaml");
    const calm = alert === "BuildMedicNobodyLeads" ? "1x30" : "0x30";
    const names = (of: string): object[] => [
      {
        interval: "1m",
        input_series: [{ series, values: of }],
        promql_expr_test: alertsFiring(alert, of === values),
      },
    ];
    try {
      for (const course of [values, calm]) {
        writeFileSync(
          file,
          JSON.stringify({ rule_files: [rules], evaluation_interval: "1m", tests: names(course) }),
        );
        const { status, said } = promtool("test", "rules", file);
        assert.equal(status, 0, said);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function alertsFiring(alert: string, fires: boolean): object[] {
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`;
  return [{ expr, eval_time: "17m", exp_samples: [{ labels: "{}", value: fires ? 1 : 0 }] }];
}
