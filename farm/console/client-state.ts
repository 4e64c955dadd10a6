import type { PodState, StatefulSetState } from "../../src/core/snapshot.ts";
import type { Annotation, WorkflowJob } from "../github/build-starter.ts";
import type { ClientState, FailureKind } from "./view.ts";
import { waitingFor } from "./waiting-for.ts";

/** What is known of one client at this moment. */
export interface ClientFacts {
  readonly job: WorkflowJob | undefined;
  readonly annotations: readonly Annotation[];
  readonly sets: readonly StatefulSetState[];
  readonly pods: readonly PodState[];
  /** The whole run is over: a job that never began will not. */
  readonly runEnded: boolean;
  /** Where it stood when it was looked at before. */
  readonly before: ClientState | undefined;
  /** Its tests had begun at some time. */
  readonly tested: boolean;
}

export interface ClientNow {
  readonly state: ClientState;
  /** What it waits for; only while waiting. */
  readonly words?: string;
  readonly failure?: FailureKind;
  readonly why?: string;
}

/** Where a client stands: its job has the last word on how it ended, its stack on everything before. */
export function clientNow(facts: ClientFacts): ClientNow {
  const { job, sets, pods, before } = facts;
  if (job?.status === "completed") return ended(facts, job);
  if (facts.runEnded) return { state: "cancelled" };
  if (sets.some(({ testsStarted }) => testsStarted)) return { state: "testing" };
  if (sets.length > 0) return comingUp(sets, pods);
  // Its stack was there and is not any more: the build is being torn down, which is no step back.
  if (before === "waiting" || before === "ready" || before === "testing") return { state: before };
  return { state: job?.status === "in_progress" ? "deploying" : "queued" };
}

function comingUp(sets: readonly StatefulSetState[], pods: readonly PodState[]): ClientNow {
  const words = waitingFor(pods);
  const complete = sets.every(({ uid }) => pods.some((pod) => pod.statefulSetUid === uid));
  if (words === "" && complete) return { state: "ready" };
  return { state: "waiting", words: words === "" ? "a pod that is not there yet" : words };
}

function ended({ annotations, tested }: ClientFacts, job: WorkflowJob): ClientNow {
  if (job.conclusion === "success") return { state: "passed" };
  if (job.conclusion === "cancelled" || job.conclusion === "skipped") return { state: "cancelled" };
  const told = annotations
    .filter(({ level }) => level === "failure")
    .map(failureTold)
    .find((found) => found !== undefined);
  if (told !== undefined) return { state: "failed", ...told };
  const failure = tested ? "tests" : "unknown";
  const step = job.steps.find(({ conclusion }) => conclusion === "failure")?.name;
  return { state: "failed", failure, ...(step === undefined ? {} : { why: `the step "${step}" failed` }) };
}

/** The workflow words the two kinds of failure differently: `environment: …` and `tests: …`. */
function failureTold({ title = "", message }: Annotation): { failure: FailureKind; why: string } | undefined {
  for (const failure of ["environment", "tests"] as const) {
    const prefix = new RegExp(`^${failure}:\\s*`, "i");
    if (prefix.test(message)) return { failure, why: message.replace(prefix, "") };
    if (prefix.test(title) || title.toLowerCase() === failure) return { failure, why: message };
  }
  return undefined;
}
