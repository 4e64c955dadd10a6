import type { Build } from "./build.ts";
import { deployStack, failedTests, notReady } from "./client-steps.ts";
import type { ClientRecord } from "./record.ts";
import { markTestsStarted } from "./placement.ts";
import type { Runner } from "./runner.ts";
import { stackState } from "./stack-state.ts";
import { runSlice, stackUrl, waitUntilReady } from "./suite.ts";

/** One client's part of a build: deploy its stack, wait until it is ready, run its slice of the tests. Never throws. */
export async function runClient(build: Build, client: number, runner: Runner): Promise<ClientRecord> {
  const progress: Progress = { client, deployed: false, testing: false, passed: 0, failed: 0, failures: [] };
  const say = (line: string): void => build.report(`client ${client}: ${line}`);
  try {
    const begin = Date.now();
    await deployStack(build, client);
    progress.deployed = true;
    say("stack deployed");
    for (const moment of ["deployed", "scheduled", "running"] as const) await build.faults.at(moment, client);
    await runner.ready();
    const url = stackUrl({ namespace: build.namespace, client });
    const { timeoutSeconds } = build.options;
    const answer = await waitUntilReady(runner, { url, timeoutSeconds, signal: build.signal });
    if (!answer.ready) {
      const state = await stackState(build.kube, { namespace: build.namespace, client });
      return ended(build, progress, notReady(timeoutSeconds, answer.last, state));
    }
    progress.readyAfterSeconds = (Date.now() - begin) / 1000;
    say(`ready after ${progress.readyAfterSeconds.toFixed(1)} s`);

    await markTestsStarted(build.kube, { namespace: build.namespace, client });
    await build.faults.at("testing", client);
    progress.testing = true;
    const slice = await runSlice(runner, { url, shard: `${client + 1}/${build.options.clients}` });
    Object.assign(progress, slice);
    say(`${slice.passed} tests passed, ${slice.failed} failed`);
    return ended(build, progress, slice.failed > 0 ? failedTests(progress) : undefined);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (!build.signal.aborted) say(why);
    return ended(build, progress, why);
  }
}

interface Progress {
  readonly client: number;
  deployed: boolean;
  readyAfterSeconds?: number;
  /** From here on a failure is a result of the tests. */
  testing: boolean;
  passed: number;
  failed: number;
  failures: readonly string[];
}

/** The client's record; without a reason it passed. */
function ended(build: Build, { testing, ...progress }: Progress, why: string | undefined): ClientRecord {
  if (build.signal.aborted) return { ...progress, outcome: "interrupted", why: "the build was interrupted" };
  if (why === undefined) return { ...progress, outcome: "passed" };
  return { ...progress, outcome: testing ? "tests" : "environment", why };
}
