import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { kubectlPath } from "../cluster/kube-tools.ts";
import { readFarm } from "../cluster/state.ts";
import { ROOT } from "../build/out-folder.ts";
import { RUN_PROCESS } from "../steps/run-owner.ts";
import { readActLine } from "./act-line.ts";
import { copyWorkTree } from "./checkout-source.ts";
import { FollowedRun } from "./follow-run.ts";
import { readWorkflowFile } from "./workflow-file.ts";
import { ensureAct } from "./workflow-tools.ts";
import type { WorkflowRunRequest, WorkflowRunResult } from "./workflow-run.ts";

const WORKFLOW = ".github/workflows/build.yml";
/** The label of the workflow's runners; here it means this machine. */
const RUNNER_LABEL = "farm-runners";
/** As many as a matrix may have at once and more: act would run as many as there are processors. */
const CONCURRENT_JOBS = "16";
/** act gives the steps that always run five minutes. */
const KILL_AFTER_CANCEL_MS = 6 * 60_000;

/** Executes a workflow of this repository on this machine, with act in place of GitHub's runner. */
export async function runWorkflow(request: WorkflowRunRequest): Promise<WorkflowRunResult> {
  const workflow = request.workflow ?? WORKFLOW;
  const [act, file] = await Promise.all([
    ensureAct((line) => console.error(line)),
    readWorkflowFile(join(ROOT, workflow)),
  ]);
  const folder = await mkdtemp(join(tmpdir(), `run-${request.runId}-`));
  try {
    const arguments_ = await actArguments(request, workflow, folder);
    const environment = await runnerEnvironment(request, folder);
    const run = new FollowedRun(file, request.onEvent ?? (() => undefined));
    const source = join(folder, "source");
    await copyWorkTree(ROOT, source);
    const exitCode = await follow({ act, arguments_, source, environment, request, run });
    return run.end(exitCode, Date.now());
  } finally {
    // act leaves the workspaces of failed jobs.
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function actArguments(
  request: WorkflowRunRequest,
  workflow: string,
  folder: string,
): Promise<readonly string[]> {
  const secrets = join(folder, "secrets.yml");
  // Not on the command line, which everybody on the machine can read.
  await writeFile(secrets, JSON.stringify(request.secrets ?? {}), { mode: 0o600 });
  const run = {
    GITHUB_RUN_ID: request.runId,
    GITHUB_RUN_ATTEMPT: request.runAttempt,
    GITHUB_RUN_NUMBER: request.runId,
  };
  const variables = { ...run, GITHUB_REPOSITORY: "local/build-medic", RUNNER_NAME: "local" };
  return [
    "workflow_dispatch",
    "--json",
    "--no-cache-server",
    `--workflows=${workflow}`,
    `--platform=${RUNNER_LABEL}=-self-hosted`,
    `--concurrent-jobs=${CONCURRENT_JOBS}`,
    `--action-cache-path=${join(folder, "cache")}`,
    `--secret-file=${secrets}`,
    ...Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...Object.entries(request.inputs).flatMap(([name, value]) => ["--input", `${name}=${value}`]),
  ];
}

/** What a runner brings: Node.js, kubectl and build-medic on the path, and the way to the cluster. */
async function runnerEnvironment(request: WorkflowRunRequest, folder: string): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await symlink(join(ROOT, "bin", "build-medic.js"), join(bin, "build-medic"));
  const [farm, kubectl] = await Promise.all([readFarm(), kubectlPath()]);
  const path = [bin, dirname(process.execPath), dirname(kubectl), process.env["PATH"]];
  return {
    ...process.env,
    ...(farm === undefined ? {} : { KUBECONFIG: farm.kubeconfig }),
    PATH: path.join(":"),
    // act says github.com, where this run is not.
    FARM_RUN_URL: "",
    // No settings of act's from elsewhere.
    XDG_CONFIG_HOME: join(folder, "config"),
    ...request.environment,
  };
}

interface Execution {
  readonly act: string;
  readonly arguments_: readonly string[];
  /** What a checkout gives. */
  readonly source: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly request: WorkflowRunRequest;
  readonly run: FollowedRun;
}

/** @returns act's exit code. */
async function follow({ act, arguments_, source, environment, request, run }: Execution): Promise<number> {
  await mkdir(dirname(request.logFile), { recursive: true });
  const log = createWriteStream(request.logFile, { flags: "a" });
  // The steps are told which process is the run, and that number is only known to itself: the shell becomes act.
  const script = `export ${RUN_PROCESS}=$$; exec "$0" "$@"`;
  const child = spawn("/bin/sh", ["-c", script, act, ...arguments_], {
    cwd: source,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    // A Ctrl-C in the terminal is ours to pass on.
    detached: true,
  });
  const cancel = (): void => {
    run.cancel();
    // Any other signal, and the steps that always run would not.
    child.kill("SIGINT");
    setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_CANCEL_MS).unref();
  };
  if (request.signal.aborted) cancel();
  request.signal.addEventListener("abort", cancel, { once: true });
  createInterface({ input: child.stderr }).on("line", (line) => log.write(`${line}\n`));
  const lines = createInterface({ input: child.stdout }).on("line", (text) => {
    const line = readActLine(text);
    log.write(`${line === undefined ? text : `${line.job ?? ""} | ${line.msg.trimEnd()}`}\n`);
    if (line !== undefined) run.take(line);
  });
  const closed = once(lines, "close");
  try {
    const [code] = (await once(child, "close")) as [number | null];
    await closed;
    return code ?? 1;
  } finally {
    request.signal.removeEventListener("abort", cancel);
    log.end();
    await finished(log);
  }
}
