import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { V1NamespaceList } from "@kubernetes/client-node";
import { openFarm } from "../../farm/build/farm-access.ts";
import { openKube } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { listOpenBuilds } from "../../farm/build/open-builds.ts";
import type { MatrixResult } from "../../farm/build/run-matrix.ts";
import { readFarm } from "../../farm/cluster/state.ts";
import { up } from "../../farm/cluster/up.ts";
import { ensureMedicImage } from "../../farm/images/ensure-images.ts";
import { startRehearsal } from "../../farm/rehearsal/rehearsal.ts";
import type { Rehearsal } from "../../farm/rehearsal/rehearsal.ts";
import {
  installMedicInFarm,
  leadingPod,
  medicLog,
  uninstallMedicFromFarm,
} from "../support/medic-in-farm.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const MINUTES = 60_000;

/**
 * The medic as a team runs it: the chart's pods, one of which leads, with their own token, RBAC and admission policy on, against
 * real kubelets and a real Postgres; the rehearsal in place of the model, a stand-in for Rocket.Chat.
 */
describe("the medic in the cluster", { timeout: 40 * MINUTES }, () => {
  let kube: Kube;
  let rehearsal: Rehearsal;
  let chat: RocketChatDouble;
  let url: string;

  before(
    async () => {
      await up({ log: console.error });
      kube = openKube(await openFarm({ report: console.error }));
      const farm = await readFarm();
      assert.ok(farm?.registry !== undefined && farm.dns !== undefined, "the local farm has real nodes");
      // On the farm's own bridge: a pod does not reach this machine's loopback.
      const host = farm.dns;
      rehearsal = await startRehearsal({ host, report: console.error });
      chat = await startRocketChatDouble({ host });
      const image = await ensureMedicImage({ registry: farm.registry, log: console.error });
      url = await installMedicInFarm({
        kube,
        image,
        rehearsal: rehearsal.environment,
        chat: chat.env,
        values: { replicas: "2" },
      });
    },
    { timeout: 20 * MINUTES },
  );
  after(async () => {
    if (kube !== undefined) await uninstallMedicFromFarm(kube);
    await chat?.stop();
    await rehearsal?.close();
  });

  test("runs as restricted pods, ready, with its limits in force", async () => {
    const ready = await fetch(`${url}/readyz`);
    assert.equal(ready.status, 200, await ready.text());
    const leader = (await leadingPod(kube))?.metadata?.name ?? "none";
    const log = await kube.ask("read its log", ["logs", "-n", "build-medic", leader]);
    assert.doesNotMatch(log, /MORE THAN IS NEEDED/, "it may do exactly what it needs");
    assert.match(log, /"msg":"tier 2 is on"/);
    assert.match(log, /"msg":"leading"/);
    const policies = await kube.ask("list policies", [
      "get",
      "validatingadmissionpolicybindings",
      "-o",
      "name",
    ]);
    assert.match(policies, /build-medic/);
    const tested = await kube.helm(["test", "build-medic", "-n", "build-medic", "--timeout", "2m"], {
      timeoutSeconds: 150,
    });
    assert.equal(tested.code, 0, `${tested.stdout}${tested.stderr}`);
  });

  test("the matrix is as expected in all eight cells", async (context) => {
    const args = "farm matrix --model rehearsal --json --timeout 75 --timeout-without 45 --parallel 2".split(
      " ",
    );
    const child = spawn(process.execPath, [MAIN, ...args, "--chat-url", `${chat.url}/double`], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, MEDIC_URL: url },
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    const [code] = (await once(child, "close")) as [number | null];
    const result = JSON.parse(stdout) as MatrixResult;
    const differences = result.cells.map((cell) => [cell.mode, cell.medic, ...cell.differences].join(" "));
    if (code !== 0) context.diagnostic(await medicLog(kube));
    assert.equal(code, 0, differences.join("\n"));
    assert.equal(result.cells.length, 8);
    assert.deepEqual(rehearsal.failures, []);

    const records = result.cells.map(({ seen }) => seen.record);
    assert.ok(records[0]?.clients.every((client) => client.passed > 0));
    const broken = result.cells.find(({ mode, medic }) => mode === "misconfig" && medic === "off");
    const target = broken?.seen.record.clients.find(({ outcome }) => outcome === "environment");
    assert.equal(target?.passed, 0);
    assert.match(target.why ?? "", /not ready within 45 s, so no test ran/);
    await assertNothingLeft(records);

    const told = chat.messages().map((message) => JSON.stringify(message));
    assert.equal(told.length, 1, "one message in all of the matrix");
    assert.match(told[0] ?? "", /network between server-\d and db-\d/);
  });

  async function assertNothingLeft(
    records: readonly { readonly namespace: string; readonly runId: string }[],
  ): Promise<void> {
    const { items } = await kube.get<V1NamespaceList>("list namespaces", ["namespaces"]);
    const names = items.map(({ metadata }) => metadata?.name);
    const open = (await listOpenBuilds()).map(({ runId }) => runId);
    for (const { namespace, runId } of records) {
      assert.ok(!names.includes(namespace), `${namespace} is gone`);
      assert.ok(!open.includes(runId), `${runId} is closed`);
    }
  }
});
