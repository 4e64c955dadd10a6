import { investigates } from "../core/announcement.ts";
import { decide } from "../core/plan.ts";
import type { Finding } from "../core/finding.ts";
import type { EpisodeRecord, Incident } from "../core/incident.ts";
import { RUNNING } from "../core/incident.ts";
import { mayBegin } from "../core/ledger.ts";
import type { Budget } from "../core/ledger.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { messageOf } from "../lib/medic-error.ts";
import type { ActDeps } from "./act.ts";
import { announce } from "./announce.ts";
import { createHands } from "./episode-hands.ts";
import type { LatchedHands } from "./episode-hands.ts";
import type {
  AuditEntry,
  Call,
  EpisodeLimits,
  EpisodeOutcome,
  Incidents,
  Investigator,
  Log,
} from "./ports.ts";

export interface EpisodeDeps extends ActDeps {
  readonly incidents: Incidents;
  readonly investigator: Investigator;
  readonly log: Log;
  readonly limits: EpisodeLimits;
  readonly budget: Budget;
}

export interface EpisodeController {
  /** The episode of one incident, when it still wants one. Resolves when it is over and written down. */
  run(incident: string, call: Call): Promise<void>;
  isRunning(incident: string): boolean;
  /** The incident is closed: nobody needs its episode any more. */
  stop(incident: string, because: string): void;
}

interface Live {
  readonly abort: AbortController;
  hands?: LatchedHands;
}

/** Episodes, each once in an outage: asked for again right before, paid for from the ledger, written down at both ends. */
export function createEpisodeController(deps: EpisodeDeps): EpisodeController {
  const { incidents, cluster, incidentLog, clock, log, limits } = deps;
  const live = new Map<string, Live>();
  /** Two episodes that begin at once must not both find the last dollar. */
  let turn: Promise<unknown> = Promise.resolve();

  function begin(incident: Incident, call: Call): Promise<boolean> {
    const begun = turn.then(() => open(incident, call));
    turn = begun.catch(() => {});
    return begun;
  }

  /** Writes down that it runs, or why it does not; false when it may not. */
  async function open(incident: Incident, call: Call): Promise<boolean> {
    const ledger = mayBegin(incidents.list(), clock.now(), deps.budget);
    const none = { model: limits.model, turns: 0, tokens: 0, costUsd: 0, tools: [] };
    const at = clock.now();
    const refused = async (outcome: string, why: string): Promise<boolean> => {
      log.warn("no episode", { incident: incident.name, outcome, why });
      deps.telemetry.episodeEnded(outcome, { seconds: 0, usd: 0, turns: 0, tokens: 0 });
      await note(incident.name, () => ({ ...none, outcome, endedAt: at }), call);
      return false;
    };
    if (!ledger.allowed) return refused("no-budget", ledger.why);
    try {
      await deps.audit.append(entryOf(incident, "episode-opened", { limits, ledger: ledger.why }));
    } catch (error) {
      return refused("not-audited", messageOf(error));
    }
    let mine = false;
    await incidentLog.change(
      incident.name,
      (status) => {
        mine = status.phase === "Investigating" && status.episode === undefined;
        const episode = { ...none, outcome: RUNNING, startedAt: at, reservedUsd: limits.maxBudgetUsd };
        return mine ? { ...status, tier: 2, episode } : status;
      },
      call,
    );
    return mine;
  }

  async function note(
    name: string,
    next: (episode: EpisodeRecord | undefined) => EpisodeRecord,
    call: Call,
  ): Promise<void> {
    await incidentLog.change(name, (status) => ({ ...status, episode: next(status.episode) }), call);
  }

  async function investigate(
    {
      incident,
      snapshot,
      findings,
    }: { incident: Incident; snapshot: Snapshot; findings: readonly Finding[] },
    own: Live,
    call: Call,
  ): Promise<void> {
    const hands = createHands(deps, incident);
    own.hands = hands;
    const signal = AbortSignal.any([call.signal, own.abort.signal]);
    const begunAt = clock.now();
    await announce(deps, incident, investigates(limits.model), { signal });
    log.info("episode begun", { incident: incident.name, model: limits.model });
    const outcome = await deps.investigator.investigate(
      { incident, snapshot, findings, hands, limits, onLatch: (because) => hands.close(because) },
      { signal },
    );
    hands.close(`it ended (${outcome.end})`);
    await end(incident, { outcome, hands, begunAt });
  }

  /** Also when the medic is stopping: what it cost must not be forgotten. */
  async function end(
    incident: Incident,
    { outcome, hands, begunAt }: { outcome: EpisodeOutcome; hands: LatchedHands; begunAt: number },
  ): Promise<void> {
    const call = { signal: new AbortController().signal };
    const { end: how, turns, tokens, costUsd, costKnown } = outcome;
    const endedAt = clock.now();
    const seconds = (endedAt - begunAt) / 1000;
    const { tools } = hands.state();
    log.info("episode ended", { incident: incident.name, end: how, turns, tokens, costUsd, seconds });
    deps.telemetry.episodeEnded(how, { seconds, usd: costUsd, turns, tokens });
    await note(
      incident.name,
      (episode) => {
        const { reservedUsd, ...rest } = episode ?? { model: limits.model };
        const held = costKnown || reservedUsd === undefined ? {} : { reservedUsd };
        return { ...rest, ...held, turns, tokens, costUsd, outcome: how, tools, endedAt };
      },
      call,
    );
    await deps.audit
      .append(
        entryOf(
          incident,
          "episode-closed",
          { turns, tokens, costUsd, costKnown, tools },
          `${how}${outcome.detail === "" ? "" : `: ${outcome.detail}`}`,
        ),
      )
      .catch((error: unknown) =>
        log.error("audit log cannot be written", { incident: incident.name, error: messageOf(error) }),
      );
  }

  return {
    isRunning: (name) => live.has(name),
    stop(name, because) {
      const episode = live.get(name);
      episode?.hands?.close(because);
      episode?.abort.abort(new Error(because));
    },
    async run(name, call) {
      const incident = await incidents.read(name, call);
      if (incident?.status.phase !== "Investigating" || incident.status.episode !== undefined) return;
      const { namespace, client } = incident.spec;
      const snapshot = await cluster.examine({ namespace, client }, call);
      if (snapshot === undefined) return;
      // It may have recovered, or been paused, while it waited for its turn.
      const { plan, findings } = decide(snapshot, deps.policy);
      if (plan.kind !== "investigate") return;
      const own: Live = { abort: new AbortController() };
      live.set(name, own);
      try {
        if (await begin(incident, call)) await investigate({ incident, snapshot, findings }, own, call);
      } finally {
        live.delete(name);
      }
    },
  };
}

function entryOf({ name, spec }: Incident, action: string, given: unknown, result?: string): AuditEntry {
  return {
    run: spec.runId,
    namespace: spec.namespace,
    client: spec.client,
    incident: name,
    actor: "medic",
    action,
    arguments: given,
    stage: result === undefined ? "intent" : "outcome",
    decision: { allowed: true, why: "beyond the playbook, within the limits of an episode" },
    ...(result === undefined ? {} : { result }),
  };
}
