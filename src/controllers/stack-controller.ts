import { resolved } from "../core/announcement.ts";
import { actionsUsed } from "../core/attempt.ts";
import { decide } from "../core/plan.ts";
import type { Decision, Plan } from "../core/plan.ts";
import type { Policy } from "../core/policy.ts";
import type { Incident, IncidentStatus } from "../core/incident.ts";
import { isClosed } from "../core/incident.ts";
import { isRunning } from "../core/ledger.ts";
import { isUnsettled } from "../core/settle.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { stackOf } from "../core/stack.ts";
import type { StackId, StackKey } from "../core/stack.ts";
import { announce } from "./announce.ts";
import { escalate } from "./escalate.ts";
import { entered } from "./incident-log.ts";
import type { IncidentLog } from "./incident-log.ts";
import type {
  Announcer,
  Audit,
  Call,
  Clock,
  Cluster,
  Decisions,
  Incidents,
  Log,
  Telemetry,
} from "./ports.ts";
import { closeLostEpisode, closeLostEpisodes, investigate, withoutLostEpisode } from "./investigate.ts";
import { remediate } from "./remediate.ts";
import { settled } from "./settle.ts";

export interface StackDeps {
  readonly cluster: Cluster;
  readonly incidents: Incidents;
  readonly incidentLog: IncidentLog;
  readonly audit: Audit;
  readonly decisions: Decisions;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly policy: Policy;
  readonly episodes: Episodes;
}

/** The episodes as a pass over a stack needs them. */
interface Episodes {
  /** This incident wants one; it waits in order, and asking again changes nothing. */
  request(incident: string): void;
  /** True while this process works on it. */
  isRunning(incident: string): boolean;
}

/** When to look at the stack again, in milliseconds from now; `undefined`: when something changes. */
export type Again = number | undefined;

export interface StackController {
  reconcile(key: StackKey, call: Call): Promise<Again>;
}

/** One pass over one stack: read, decide, do at most one thing, say when to look again. */
export function createStackController(deps: StackDeps): StackController {
  const told = new Map<StackKey, string>();

  async function reconcile(key: StackKey, call: Call): Promise<Again> {
    const stack = stackOf(key);
    const log = deps.log.child({ stack: key });
    await closeLostEpisodes(deps, stack, call);
    const cached = deps.cluster.peek(stack);
    if (cached === undefined) {
      told.delete(key);
      return closeOrphans(deps, stack, call);
    }
    const first = decide(cached, deps.policy);
    const episode = episodeUnderWay(deps, cached);
    if (episode === "lost") return closeLostEpisode(deps, cached, call);
    // What is pending in a running episode is under way, not lost.
    if (first.plan.kind !== "look" && (episode === "running" || !isUnsettled(cached)))
      return carryOut(deps, cached, first, { call, log });
    const fresh = await settled(deps, await deps.cluster.gather(stack, call), { call, log });
    if (fresh === undefined) return closeOrphans(deps, stack, call);
    const decision = decide(fresh, deps.policy);
    const summary = `${decision.plan.kind}:${decision.findings.map(({ reason }) => reason).join(",")}`;
    if (told.get(key) !== summary) {
      told.set(key, summary);
      log.info("decided", {
        plan: decision.plan.kind,
        reasons: decision.findings.map(({ reason }) => reason),
        why: whyOf(decision.plan),
      });
    }
    return carryOut(deps, fresh, decision, { call, log });
  }

  return { reconcile };
}

/** An episode that the Incident says is running: by this process, or lost with one that died. */
function episodeUnderWay(deps: StackDeps, { incident }: Snapshot): "running" | "lost" | undefined {
  if (incident === undefined || isClosed(incident.status.phase)) return undefined;
  if (deps.episodes.isRunning(incident.name)) return "running";
  return isRunning(incident.status.episode) ? "lost" : undefined;
}

export interface Context {
  readonly call: Call;
  readonly log: Log;
}

async function carryOut(
  deps: StackDeps,
  snapshot: Snapshot,
  decision: Decision,
  context: Context,
): Promise<Again> {
  const { plan } = decision;
  deps.telemetry.decided(plan.kind, decision.findings[0]?.reason ?? "");
  switch (plan.kind) {
    case "none":
    case "hold":
      return undefined;
    case "look":
      return 0;
    case "wait":
      await noteUnready(deps, snapshot, context.call);
      return Math.max(plan.until - deps.clock.now(), 0);
    case "verify":
      return verify(deps, snapshot, plan.until, context);
    case "close":
      return close(deps, snapshot, plan, context);
    case "remediate":
      return remediate(deps, snapshot, decision, context);
    case "investigate":
      return investigate(deps, snapshot, decision, context);
    case "escalate":
      return escalate(deps, snapshot, decision, context);
  }
}

async function verify(
  deps: StackDeps,
  snapshot: Snapshot,
  until: number,
  { call, log }: Context,
): Promise<Again> {
  const { incident } = snapshot;
  if (incident === undefined) return undefined;
  if (incident.status.readySince === undefined) {
    const at = deps.clock.now();
    log.info("ready again", { incident: incident.name });
    await deps.incidentLog.change(
      incident.name,
      (status) =>
        isClosed(status.phase) ? status : { ...entered(status, { phase: "Verifying" }, at), readySince: at },
      call,
    );
  }
  return Math.max(until - deps.clock.now(), 0);
}

/** Not ready after all: the time that it must stay ready starts anew. */
async function noteUnready(deps: StackDeps, { incident }: Snapshot, call: Call): Promise<void> {
  if (incident?.status.readySince === undefined || isClosed(incident.status.phase)) return;
  await deps.incidentLog.change(
    incident.name,
    (status) => {
      const { readySince: _, ...rest } = status;
      return isClosed(status.phase) || status.readySince === undefined ? status : rest;
    },
    call,
  );
}

async function close(
  deps: StackDeps,
  snapshot: Snapshot,
  plan: Plan & { kind: "close" },
  { call, log }: Context,
): Promise<Again> {
  const { incident } = snapshot;
  if (incident === undefined) return undefined;
  log.info("incident closed", {
    incident: incident.name,
    phase: plan.phase,
    why: plan.why,
    actions: actionsUsed(incident.status.attempts),
  });
  const closed = await closeIncident(deps, incident.name, plan, call);
  // Once its tests have begun, nothing is written to a stack any more, not even a word.
  if (closed?.status.phase === "Resolved" && !snapshot.statefulSets.some(({ testsStarted }) => testsStarted))
    await announce(deps, closed, resolved(closed), call);
  return undefined;
}

async function closeIncident(
  deps: StackDeps,
  name: string,
  { phase }: { phase: "Resolved" | "Gone" },
  call: Call,
): Promise<Incident | undefined> {
  const at = deps.clock.now();
  // One that runs here is stopped by the change and writes its own end.
  const end = (status: IncidentStatus): IncidentStatus =>
    deps.episodes.isRunning(name) ? status : withoutLostEpisode(status, at);
  return deps.incidentLog.change(
    name,
    (status) => (isClosed(status.phase) ? status : entered(end(status), { phase }, at)),
    call,
  );
}

/** Incidents of a stack that is no longer there, or no longer ours, are over. */
async function closeOrphans(deps: StackDeps, stack: StackId, call: Call): Promise<Again> {
  const open = deps.incidents
    .list()
    .filter((incident) => belongsTo(incident, stack) && !isClosed(incident.status.phase));
  for (const incident of open) {
    deps.log.info("incident closed", { incident: incident.name, phase: "Gone", why: "the stack is gone" });
    await closeIncident(deps, incident.name, { phase: "Gone" }, call);
  }
  return undefined;
}

function belongsTo({ spec }: Incident, { namespace, client }: StackId): boolean {
  return spec.namespace === namespace && spec.client === client;
}

function whyOf(plan: Plan): string {
  if ("why" in plan) return plan.why;
  if (plan.kind === "escalate" || plan.kind === "investigate") return plan.rootCause;
  return plan.kind === "remediate" ? plan.finding.message : "";
}
