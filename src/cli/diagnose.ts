import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { policyOf } from "../config/policy.ts";
import { addConfigFlags } from "../config/flags.ts";
import { processSources } from "../config.ts";
import type { Config } from "../config.ts";
import { parseJson } from "../core/json.ts";
import { decide } from "../core/plan.ts";
import type { Decision } from "../core/plan.ts";
import type { Policy } from "../core/policy.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import { describeDiagnosis } from "./diagnosis-text.ts";
import { MedicError } from "../lib/medic-error.ts";
import { settingsOrExit } from "./settings.ts";

/** One stack with what the medic makes of it. */
export interface Diagnosis extends Decision {
  readonly namespace: string;
  readonly client: string;
  readonly state: "ready" | "not ready" | "tests started";
}

interface Options {
  readonly targetNamespace?: string;
  readonly from?: string;
  readonly json?: true;
}

export function registerDiagnose(program: Command): void {
  const command = program
    .command("diagnose")
    .description("Findings and plan of every watched stack, read-only; exit 1 when a stack is in trouble")
    .option("-n, --target-namespace <namespace>", "only the stacks of this namespace")
    .option(
      "--from <file>",
      "a recorded decision or snapshot, or `kubectl get ns,sts,pods,nodes,events -o json`, instead of the cluster",
    )
    .option("--json", "print JSON");
  addConfigFlags(command).action(async (options: Options, self: Command) => {
    const config = settingsOrExit(self.opts());
    if (config === undefined) return;
    const policy = policyOf(config);
    const snapshots =
      options.from === undefined
        ? await live(config, options.targetNamespace)
        : await recorded(options.from, options.targetNamespace);
    const diagnoses = snapshots.map((snapshot) => diagnosisOf(snapshot, policy));
    process.stdout.write(
      options.json ? `${JSON.stringify(diagnoses, null, 2)}\n` : describeDiagnosis(diagnoses),
    );
    process.exitCode = diagnoses.some(({ plan }) => plan.kind === "remediate" || plan.kind === "escalate")
      ? 1
      : 0;
  });
}

function diagnosisOf(snapshot: Snapshot, policy: Policy): Diagnosis {
  const view = viewOf(snapshot);
  const decision = decide({ ...snapshot, detailed: true }, policy);
  const state = view.testsStarted ? "tests started" : view.ready ? "ready" : "not ready";
  return { namespace: snapshot.namespace.name, client: snapshot.client, state, ...decision };
}

async function live(config: Config, namespace: string | undefined): Promise<readonly Snapshot[]> {
  const { env: environment } = processSources({});
  const { loadCluster } = await import("../kube/kubeconfig.ts");
  const { readStacks } = await import("../kube/read-stacks.ts");
  const kubeconfig = config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig };
  const access = await loadCluster({ ...kubeconfig, environment });
  const only = namespace === undefined ? {} : { namespace };
  return readStacks(access, { ownNamespace: config.namespace, ...only });
}

async function recorded(path: string, namespace: string | undefined): Promise<readonly Snapshot[]> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new MedicError("file-unreadable", `${path} cannot be read; give a file that exists`, {
      cause: error,
    });
  }
  const { snapshotsOf } = await import("../kube/snapshots-of-list.ts");
  const snapshots = snapshotsOf(parseJson(text));
  if (snapshots === undefined) {
    throw new MedicError(
      "file-unknown",
      `${path} is neither a recorded decision, nor a snapshot, nor a kubectl list; record one with \`kubectl get ns,sts,pods,nodes,events -A -o json\``,
    );
  }
  return snapshots.filter((snapshot) => namespace === undefined || snapshot.namespace.name === namespace);
}
