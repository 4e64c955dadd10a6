import type {
  Conclusion,
  RunWorkflow,
  WorkflowEvent,
  WorkflowJob,
  WorkflowRunRequest,
  WorkflowStep,
} from "../../../farm/workflow/workflow-run.ts";

/** A runner that executes nothing and tells of a build's jobs when the test says so. */
export interface ScriptedRunner {
  readonly runWorkflow: RunWorkflow;
  readonly requests: readonly WorkflowRunRequest[];
  /** How many runs it had at the same time, at most. */
  readonly most: () => number;
  /** Lets the oldest run that waits go on to its end; `prepare` has ended by then. */
  finish(): void;
  /** From now on runs go to their end by themselves. */
  finishAll(): void;
}

const SHARDS = ["0", "1", "2", "3"];

export function createScriptedRunner(now: () => number = Date.now): ScriptedRunner {
  const requests: WorkflowRunRequest[] = [];
  const waiting: (() => void)[] = [];
  let going = false;
  let running = 0;
  let most = 0;

  async function finished(signal: AbortSignal): Promise<void> {
    if (going || signal.aborted) return;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  return {
    requests,
    most: () => most,
    finish: () => waiting.shift()?.(),
    finishAll: () => {
      going = true;
      for (const go of waiting.splice(0)) go();
    },
    runWorkflow: async (request) => {
      requests.push(request);
      running += 1;
      most = Math.max(most, running);
      const tell = request.onEvent ?? (() => undefined);
      try {
        const prepare = job(tell, now, "prepare", "success");
        tell({ type: "job-started", job: "client (0)", at: now() });
        tell({ type: "step-started", job: "client (0)", number: 1, step: "Deploy the stack", at: now() });
        await finished(request.signal);
        if (request.signal.aborted) return { conclusion: "cancelled", jobs: [prepare] };
        const broken = request.inputs["mode"] !== "none" && request.inputs["medic"] !== "true";
        const clients = SHARDS.map((shard) =>
          job(tell, now, `client (${shard})`, broken && shard === "2" ? "failure" : "success"),
        );
        const report = job(tell, now, "report", broken ? "failure" : "success");
        return { conclusion: broken ? "failure" : "success", jobs: [prepare, ...clients, report] };
      } finally {
        running -= 1;
      }
    },
  };
}

function job(
  tell: (event: WorkflowEvent) => void,
  now: () => number,
  name: string,
  conclusion: Conclusion,
): WorkflowJob {
  const at = now();
  const step: WorkflowStep = {
    number: 1,
    name: "Deploy the stack",
    status: "completed",
    conclusion,
    startedAt: at,
    completedAt: at,
  };
  const annotations =
    conclusion === "failure"
      ? [{ level: "failure", title: "environment", message: "server-2 never became ready" } as const]
      : [];
  tell({ type: "job-started", job: name, at });
  tell({ type: "step-started", job: name, number: 1, step: step.name, at });
  tell({ type: "log", job: name, line: `deploying for ${name}`, at });
  for (const annotation of annotations) tell({ type: "annotation", job: name, at, ...annotation });
  tell({ type: "step-completed", job: name, number: 1, step: step.name, conclusion, at });
  tell({ type: "job-completed", job: name, conclusion, at });
  return { name, conclusion, startedAt: at, completedAt: at, steps: [step], annotations };
}
