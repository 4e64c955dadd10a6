import type { Incident } from "../../src/core/incident.ts";
import type { PodState, StatefulSetState } from "../../src/core/snapshot.ts";
import { isReady } from "../../src/core/stack-view.ts";
import type { Annotation, WorkflowJob, WorkflowRun } from "../github/build-starter.ts";
import { buildId, clientOfJob, clientsOf } from "./build-facts.ts";
import type { BuildFacts } from "./build-facts.ts";
import { clientNow } from "./client-state.ts";
import type { ClientNow } from "./client-state.ts";
import { defined } from "./defined.ts";
import { incidentView } from "./medic-marks.ts";
import { extended } from "./spans.ts";
import type { BuildStatus, BuildView, ClientView, JobView, PodView, Span } from "./view.ts";
import { podWords } from "./waiting-for.ts";

/** A stack as the caches have it. */
export interface StackNow {
  readonly sets: readonly StatefulSetState[];
  readonly pods: readonly PodState[];
}

/** What is seen of the world at one instant. */
export interface Sight {
  readonly at: number;
  /** The namespace of a build, by the value of its label `medic/run-id`. */
  namespace(id: string): string | undefined;
  stack(namespace: string, client: number): StackNow;
  incidents(id: string): readonly Incident[];
  /** Address of the medic's dashboard, while a medic answers. */
  readonly dashboard: string | undefined;
  readonly usualClients: number;
  /** Whether the run has a page of its own. */
  readonly linkRuns: boolean;
}

const NOTHING: StackNow = { sets: [], pods: [] };

/** What is known of a build after one more look at the cluster. */
export function lookedAt(facts: BuildFacts, sight: Sight): BuildFacts {
  const id = buildId(facts.run);
  const namespace = sight.namespace(id);
  const spans: Record<string, readonly Span[]> = { ...facts.spans };
  for (const client of clientsOf(facts, sight.usualClients)) {
    const known = spans[client] ?? [];
    const stack = namespace === undefined ? NOTHING : sight.stack(namespace, client);
    const now = nowOf(facts, client, stack);
    spans[client] = extended(known, now, beginOf(facts, client, now) ?? sight.at);
  }
  const seen = sight.incidents(id);
  const kept = facts.incidents.filter(({ name }) => !seen.some((incident) => incident.name === name));
  return { ...facts, spans, incidents: [...kept, ...seen] };
}

export function buildView(facts: BuildFacts, sight: Sight): BuildView {
  const { run, jobs } = facts;
  const id = buildId(run);
  return defined({
    ...inputsOf(facts),
    id,
    runId: run.id,
    title: run.title,
    url: sight.linkRuns && isWebAddress(run.url) ? run.url : undefined,
    namespace: sight.namespace(id),
    status: statusOf(run),
    cancelling: facts.cancelling && run.status !== "completed",
    createdAt: time(run.createdAt) ?? 0,
    startedAt: time(run.startedAt),
    endedAt: run.status === "completed" ? time(run.updatedAt) : undefined,
    clients: clientsOf(facts, sight.usualClients).map((client) => clientView(facts, client, sight)),
    jobs: jobs.map(jobView),
    problems: problemsOf(facts),
  });
}

/** What was asked for here, else what the run's title tells. */
function inputsOf({ run, asked }: BuildFacts) {
  return {
    mode: asked?.mode ?? run.mode,
    medic: asked?.medic ?? run.medic,
    seed: asked?.seed,
    fault: asked?.fault,
    model: asked?.model,
  };
}

function clientView(facts: BuildFacts, client: number, sight: Sight): ClientView {
  const namespace = sight.namespace(buildId(facts.run));
  const stack = namespace === undefined ? NOTHING : sight.stack(namespace, client);
  const now = nowOf(facts, client, stack);
  const spans = facts.spans[client] ?? [];
  const { asked, turns } = facts;
  const faulted = asked && asked.fault !== undefined && asked.target === client;
  const incidents = facts.incidents.filter(({ spec }) => spec.client === String(client));
  return defined({
    client,
    faulted,
    faultAt: faulted === true ? faultTime(jobOf(facts, client)) : undefined,
    state: spans.at(-1)?.state ?? now.state,
    spans,
    failure: now.failure,
    why: now.why,
    pods: stack.pods.map(podView).sort((left, right) => left.name.localeCompare(right.name)),
    incidents: incidents.map((incident) =>
      incidentView(incident, { turns: turns[incident.name] ?? [], dashboard: sight.dashboard }),
    ),
  });
}

function nowOf(facts: BuildFacts, client: number, { sets, pods }: StackNow): ClientNow {
  const job = jobOf(facts, client);
  const spans = facts.spans[client] ?? [];
  return clientNow({
    job,
    annotations: job === undefined ? [] : (facts.annotations[job.id] ?? []),
    sets,
    pods,
    runEnded: facts.run.status === "completed",
    before: spans.at(-1)?.state,
    tested: spans.some(({ state }) => state === "testing"),
  });
}

/** GitHub knows when a job began and ended; what is in between is as the cluster is seen. */
function beginOf(facts: BuildFacts, client: number, now: ClientNow): number | undefined {
  const job = jobOf(facts, client);
  if (now.state === "deploying") return time(job?.startedAt);
  if (now.state === "queued") return time(facts.run.createdAt);
  if (now.state === "passed" || now.state === "failed") return time(job?.completedAt);
  return undefined;
}

/** The workflow's step "Fault" does nothing in the jobs of the other clients. */
function faultTime(job: WorkflowJob | undefined): number | undefined {
  const step = job?.steps.find(({ name }) => name === "Fault");
  return step?.conclusion === "success" ? time(step.completedAt) : undefined;
}

function jobOf({ jobs }: BuildFacts, client: number): WorkflowJob | undefined {
  return jobs.find((job) => clientOfJob(job) === client);
}

function podView(pod: PodState): PodView {
  const image = pod.containers.find(({ init }) => !init)?.image ?? "";
  return defined({
    name: pod.name,
    words: podWords(pod),
    ready: isReady(pod),
    node: pod.nodeName,
    image: image.slice(image.lastIndexOf("/") + 1),
  });
}

function jobView(job: WorkflowJob): JobView {
  const step =
    job.steps.find(({ conclusion }) => conclusion === "failure") ??
    job.steps.find(({ status }) => status === "in_progress");
  return defined({ name: job.name, status: job.status, conclusion: job.conclusion, step: step?.name });
}

/** What failed outside the clients' own jobs. */
function problemsOf({ jobs, annotations }: BuildFacts): string[] {
  return jobs
    .filter((job) => clientOfJob(job) === undefined && job.conclusion === "failure")
    .map((job) => {
      const told = (annotations[job.id] ?? []).filter(isFailure).map(({ message }) => message);
      const step = job.steps.find(({ conclusion }) => conclusion === "failure")?.name;
      return `${job.name}: ${told[0] ?? (step === undefined ? "it failed" : `the step "${step}" failed`)}`;
    });
}

function isFailure({ level }: Annotation): boolean {
  return level === "failure";
}

function statusOf({ status, conclusion }: WorkflowRun): BuildStatus {
  if (status === "in_progress") return "running";
  if (status !== "completed") return "queued";
  if (conclusion === "success") return "passed";
  return conclusion === "cancelled" || conclusion === "skipped" ? "cancelled" : "failed";
}

/** Only a web address may become a link. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

function time(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
