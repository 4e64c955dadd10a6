import { buildRecord } from "../build/build-record.ts";
import { medicRecord, settledIncidents } from "../build/incidents.ts";
import { cleanUp } from "../build/leftovers.ts";
import { UsageError } from "../build/kube.ts";
import { readNamespace } from "../build/namespace.ts";
import { recordPath, saveRecord } from "../build/record.ts";
import type { BuildRecord, ClientRecord, MedicRecord } from "../build/record.ts";
import { formatSummary } from "../build/summary.ts";
import { readConclusions, saveConclusion } from "./client-results.ts";
import { concludeClient } from "./conclude-client.ts";
import type { StepResults } from "./conclude-client.ts";
import { addSummary, report } from "./github-output.ts";
import { openBuildOf } from "./open-build.ts";
import { summaryMarkdown } from "./summary-markdown.ts";
import { runStep, stepBuild } from "./step-frame.ts";
import type { Step } from "./step-frame.ts";
import { readClient } from "./step-options.ts";
import type { StepFlags } from "./step-options.ts";

const SETTLE_LIMIT_MS = 20_000;

/** `farm conclude`: leaves what the steps of a client's job came to, for the report. */
export function concludeCommand(flags: StepFlags): Promise<number> {
  return runStep(
    () => stepBuild(flags),
    async ({ steadyKube, namespace, ...step }) => {
      const conclusion = concludeClient(
        readClient(flags, { namespace, ...step }),
        readSteps(),
        process.env["FARM_JOB_STATUS"],
      );
      await saveConclusion(steadyKube, namespace, conclusion);
      const { client } = conclusion;
      report(
        `client ${client.client}: ${client.outcome}${client.why === undefined ? "" : `: ${client.why}`}`,
      );
      if (flags.json === true) console.log(JSON.stringify(conclusion, undefined, 2));
      return 0;
    },
  );
}

/** The job's `steps` context. */
function readSteps(): StepResults {
  try {
    return JSON.parse(process.env["FARM_STEPS"] ?? "") as StepResults;
  } catch {
    throw new UsageError("Set FARM_STEPS to what the steps came to: toJSON(steps) in the workflow.");
  }
}

/** `farm report`: what became of the build, as the clients and the medic have left it. Exit code 1: it does not add up. */
export function reportCommand(flags: StepFlags): Promise<number> {
  return runStep(
    () => stepBuild(flags),
    async (step) => {
      const record = await readRecord(step);
      await saveRecord(record);
      await addSummary(summaryMarkdown(record));
      const text = formatSummary(record, { record: recordPath(record.runId) });
      if (flags.json === true) console.log(JSON.stringify(record, undefined, 2));
      else for (const line of text.split("\n")) report(line);
      return record.problems.length === 0 ? 0 : 1;
    },
  );
}

async function readRecord(step: Step): Promise<BuildRecord> {
  const { options, runId, namespace, steadyKube } = step;
  const found = await readNamespace(steadyKube, namespace);
  const begin = new Date(found?.metadata?.creationTimestamp ?? Date.now()).getTime();
  const base = { options, runId, namespace, begin };
  if (found === undefined) {
    const problems = [`there is no namespace ${namespace}: the build was not prepared`];
    return buildRecord({ ...base, clients: [], incidents: [], problems, fault: undefined });
  }
  const conclusions = await readConclusions(steadyKube, namespace);
  const left = new Map(conclusions.map(({ client }) => [client.client, client]));
  const clients = Array.from({ length: options.clients }, (_, client) => left.get(client) ?? silent(client));
  const fault = conclusions.map((one) => one.fault).find((one) => one !== undefined);
  const problems = clients
    .filter(({ why }) => why === SILENT)
    .map(({ client }) => `client ${client} ${SILENT}`);
  const { incidents, problem } = await readIncidents(step);
  if (problem !== undefined) problems.push(problem);
  return buildRecord({ ...base, clients, incidents, problems, fault });
}

const SILENT = "left no result: its job did not come to its end";

function silent(client: number): ClientRecord {
  return {
    client,
    outcome: "interrupted",
    deployed: false,
    passed: 0,
    failed: 0,
    failures: [],
    why: SILENT,
  };
}

async function readIncidents({
  steadyKube,
  namespace,
}: Step): Promise<{ readonly incidents: MedicRecord[]; readonly problem?: string }> {
  try {
    const incidents = await settledIncidents(steadyKube, namespace, SETTLE_LIMIT_MS);
    return { incidents: incidents.map(medicRecord) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { incidents: [], problem: `what the medic did could not be read: ${error.message}` };
  }
}

/** `farm teardown`: takes away everything that the build made; safe to repeat, and after any end of the steps before it. */
export function teardownCommand(flags: StepFlags): Promise<number> {
  const { runId, kubeconfig } = flags;
  return runStep(
    // Of the build its name alone matters here: wrong inputs, which ended `prepare`, leave something to clean up, too.
    () => stepBuild({ ...(runId && { runId }), ...(kubeconfig && { kubeconfig }), mode: "none" }),
    async (step) => {
      const { steadyKube, faultKube, namespace } = step;
      const open = await openBuildOf(step);
      const nodes = await cleanUp(open, { kube: steadyKube, faultKube });
      if (nodes.length > 0) report(`uncordoned ${nodes.join(", ")}`);
      report(`namespace ${namespace} is gone`);
      return 0;
    },
  );
}
