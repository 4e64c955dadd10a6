import { withImages } from "../build/farm-access.ts";
import { enterFarm } from "../build/farm-gate.ts";
import { healLeftovers } from "../build/leftovers.ts";
import { createNamespace } from "../build/namespace.ts";
import { createRunnerPods } from "../build/runner.ts";
import type { Kube } from "../build/kube.ts";
import { annotate, report, setOutputs } from "./github-output.ts";
import { medicPresence } from "./medic-presence.ts";
import { openBuildOf } from "./open-build.ts";
import { runStep, stepBuild } from "./step-frame.ts";
import type { Step } from "./step-frame.ts";
import type { StepFlags } from "./step-options.ts";

/** `farm prepare`: waits for its turn at the farm, makes the build's namespace, and says which clients there are. */
export function prepareCommand(flags: StepFlags): Promise<number> {
  return runStep(
    () => stepBuild(flags),
    async (step) => {
      const { options, runId, namespace, kube, steadyKube, faultKube, signal } = step;
      // First, because it takes long on a new farm: nobody else should wait for that.
      const { suiteImage } = await withImages(step.farm, report);
      const open = await openBuildOf(step);
      for (const line of await healLeftovers(steadyKube, undefined, faultKube)) report(line);
      await enterFarm(open, options.fault === "cordon", { report, signal });
      for (const line of await healLeftovers(steadyKube, undefined, faultKube)) report(line);
      const url = runUrl(process.env);
      await createNamespace(kube, { runId, watched: options.medic, url });
      const role = process.env["FARM_BUILD_ROLE"];
      if (role !== undefined && role !== "") await bindOurselves(kube, namespace, role);
      report(`build ${runId} in namespace ${namespace}, seed ${options.seed}`);
      const clients = Array.from({ length: options.clients }, (_, client) => client);
      if (options.runner === "pod") {
        await createRunnerPods(
          kube,
          clients.map((client) => ({ namespace, client, image: suiteImage })),
        );
      }
      if (options.medic) await warnWithoutMedic(step);
      const outputs = {
        namespace,
        clients: JSON.stringify(clients),
        "timeout-seconds": String(options.timeoutSeconds),
        // The workflow's own limit, for a wait that hangs: never before ours.
        "timeout-minutes": String(Math.ceil(options.timeoutSeconds / 60) + 3),
      };
      await setOutputs(outputs);
      if (flags.json === true) console.log(JSON.stringify({ runId, ...outputs }, undefined, 2));
      return 0;
    },
  );
}

/** An account that may do nothing in a namespace but give itself this one role there. */
async function bindOurselves(kube: Kube, namespace: string, role: string): Promise<void> {
  const who = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
  const user = await kube.ask("ask the cluster who we are", who);
  const args = ["create", "rolebinding", role, "-n", namespace, `--clusterrole=${role}`, `--user=${user}`];
  await kube.ask(`bind ${role} in namespace ${namespace}`, args);
}

/** The run's page: as whoever executes the run says (nothing: it has none), else on GitHub. */
function runUrl(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const said = environment["FARM_RUN_URL"];
  if (said !== undefined) return said === "" ? undefined : said;
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = environment;
  if (server === undefined || repository === undefined || run === undefined) return undefined;
  return `${server}/${repository}/actions/runs/${run}`;
}

async function warnWithoutMedic({ kube }: Step): Promise<void> {
  const medicNamespace = process.env["MEDIC_NAMESPACE"] || "build-medic";
  const presence = await medicPresence(kube, medicNamespace);
  if (presence === "absent") {
    const where = `namespace ${medicNamespace} has no Lease that a medic renews`;
    annotate(
      "warning",
      "no medic",
      `The build asks for the medic, but none seems to watch this cluster (${where}).`,
    );
  } else {
    report(
      presence === "there"
        ? "a medic watches this cluster"
        : "whether a medic watches this cluster could not be read",
    );
  }
}
