import type { ClientRecord, FaultRecord } from "../build/record.ts";
import { failedTests } from "../build/client-steps.ts";

/** The `steps` context of a job, as GitHub gives it: what every step with an id came to. */
export type StepResults = Readonly<
  Record<
    string,
    { readonly outcome?: string; readonly outputs?: Readonly<Record<string, string>> } | undefined
  >
>;

/** How a client ended, and what was done to it when it is the target. */
export interface ClientConclusion {
  readonly client: ClientRecord;
  readonly fault?: FaultRecord;
}

/** What the steps of a client's job come to. The ids `deploy`, `fault`, `wait` and `test` are those of the workflow. */
export function concludeClient(client: number, steps: StepResults, jobStatus?: string): ClientConclusion {
  const slice = parseObject(steps["test"]?.outputs?.["slice"]) as Slice | undefined;
  const fault = parseObject(steps["fault"]?.outputs?.["fault"]) as FaultRecord | undefined;
  const record: ClientRecord = {
    client,
    deployed: steps["deploy"]?.outcome === "success",
    ...readyAfter(steps),
    ...(slice ?? { passed: 0, failed: 0, failures: [] }),
    ...endOf(steps, slice, jobStatus),
  };
  return { client: record, ...(fault === undefined ? {} : { fault }) };
}

function readyAfter(steps: StepResults): { readonly readyAfterSeconds?: number } {
  const said = steps["wait"]?.outputs?.["ready-after-seconds"] ?? "";
  const seconds = Number(said);
  return said === "" || !Number.isFinite(seconds) ? {} : { readyAfterSeconds: seconds };
}

interface Slice {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

function endOf(
  steps: StepResults,
  slice: Slice | undefined,
  jobStatus: string | undefined,
): Pick<ClientRecord, "outcome" | "why"> {
  if (slice !== undefined && slice.failed === 0) return { outcome: "passed" };
  if (slice !== undefined) return { outcome: "tests", why: failedTests(slice) };
  const order = ["deploy", "fault", "wait", "test"] as const;
  const broken = order.find((id) => steps[id]?.outcome === "failure");
  if (broken === undefined || jobStatus === "cancelled")
    return { outcome: "interrupted", why: "the build was interrupted" };
  const why = steps[broken]?.outputs?.["why"] || `the step ${broken} failed without a reason`;
  return { outcome: broken === "test" ? "tests" : "environment", why };
}

function parseObject(text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
