import { withImages } from "../build/farm-access.ts";
import { deployStack, failedTests } from "../build/client-steps.ts";
import { withExitCode } from "../build/command-frame.ts";
import { runSlice, stackUrl, waitUntilReady } from "../build/suite.ts";
import { annotate, report, setOutputs } from "./github-output.ts";
import { putFaultIn, takeFaultOut } from "./step-fault.ts";
import { runStep, runnerOf, stepBuild } from "./step-frame.ts";
import type { Step } from "./step-frame.ts";
import { readClient } from "./step-options.ts";
import type { StepFlags } from "./step-options.ts";

/** `farm deploy`: installs one client's stack and does not wait for it. */
export function deployCommand(flags: StepFlags): Promise<number> {
  return clientStep(flags, "environment", async (step, client) => {
    const { kube, runId, namespace, farm } = step;
    const { chart, chartValues } = await withImages(farm, report);
    await deployStack({ kube, runId, namespace, chart, chartValues }, client);
    report(`client ${client}: stack deployed`);
    return 0;
  });
}

/** `farm fault`: puts in the fault of the build, when this client is its target. */
export function faultCommand(flags: StepFlags): Promise<number> {
  return targetStep(flags, async (step, client) => {
    const fault = await putFaultIn(step, client);
    if (fault !== undefined) await setOutputs({ fault: JSON.stringify(fault) });
    return 0;
  });
}

/** `farm heal`: takes the fault out again. */
export function healCommand(flags: StepFlags): Promise<number> {
  return targetStep(flags, async (step, client) => {
    const nodes = await takeFaultOut(step, client);
    const what = nodes.length > 0 ? `uncordoned ${nodes.join(", ")}` : "healed";
    report(`client ${client}: ${what}`);
    return 0;
  });
}

/** `farm answers`: whether the stack answers that it is ready, several times in a row. */
export function answersCommand(flags: StepFlags): Promise<number> {
  return runStep(
    () => stepBuild(flags),
    async (step) => {
      const client = readClient(flags, step);
      const { namespace, signal } = step;
      const wait = { url: stackUrl({ namespace, client }), timeoutSeconds: 4, signal };
      const answer = await waitUntilReady(runnerOf(step, client), wait);
      report(
        answer.ready
          ? `client ${client}: the stack answers`
          : `client ${client}: last answer: ${answer.last}`,
      );
      return answer.ready ? 0 : 1;
    },
  );
}

/** `farm test`: runs the client's slice of the tests. */
export function testCommand(flags: StepFlags): Promise<number> {
  return clientStep(flags, "tests", async (step, client) => {
    const { namespace, options } = step;
    const url = stackUrl({ namespace, client });
    const shard = `${client + 1}/${options.clients}`;
    const slice = await runSlice(runnerOf(step, client), { url, shard });
    report(`client ${client}: ${slice.passed} tests passed, ${slice.failed} failed`);
    await setOutputs({ slice: JSON.stringify({ ...slice, failures: slice.failures.slice(0, 20) }) });
    if (flags.json === true) console.log(JSON.stringify(slice, undefined, 2));
    if (slice.failed === 0) return 0;
    annotate("error", `client ${client}`, `tests: ${failedTests(slice)}`);
    return 1;
  });
}

/**
 * One client's part. When it fails for a reason that people should see on the run's page, says whether that was the
 * environment or the tests, and tells the steps after it.
 */
function clientStep(
  flags: StepFlags,
  cause: "environment" | "tests",
  work: (step: Step, client: number) => Promise<number>,
): Promise<number> {
  return runStep(
    () => {
      const build = stepBuild(flags);
      readClient(flags, build);
      return build;
    },
    (step) => work(step, readClient(flags, step)),
    async (why) => {
      annotate("error", `client ${flags.client}`, `${cause}: ${why}`);
      await setOutputs({ why });
    },
  );
}

/** A step that concerns one client of the build only: for the others there is nothing to do, not even to reach the cluster. */
function targetStep(
  flags: StepFlags,
  work: (step: Step, client: number) => Promise<number>,
): Promise<number> {
  return withExitCode(async () => {
    const build = stepBuild(flags);
    const client = readClient(flags, build);
    const { fault, target } = build.options;
    return fault === undefined || client !== target ? 0 : clientStep(flags, "environment", work);
  }, report);
}
