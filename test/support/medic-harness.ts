import { createEpisodeController } from "../../src/controllers/episode-controller.ts";
import type { EpisodeController } from "../../src/controllers/episode-controller.ts";
import { createEscalationController } from "../../src/controllers/escalation-controller.ts";
import type { EscalationController } from "../../src/controllers/escalation-controller.ts";
import { createIncidentLog } from "../../src/controllers/incident-log.ts";
import type { IncidentLog } from "../../src/controllers/incident-log.ts";
import { createStackController } from "../../src/controllers/stack-controller.ts";
import type { StackController, StackDeps } from "../../src/controllers/stack-controller.ts";
import type { Cluster, EpisodeOutcome, Investigator } from "../../src/controllers/ports.ts";
import type { Budget } from "../../src/core/ledger.ts";
import type { Policy } from "../../src/core/policy.ts";
import { keyOf } from "../../src/core/stack.ts";
import { collectingLog } from "./collecting-log.ts";
import type { LogLine } from "./collecting-log.ts";
import { policy } from "./builders.ts";
import { FakeKubernetes } from "./fake-kubernetes.ts";
import {
  CrashSignal,
  Seam,
  StoredAudit,
  StoredChat,
  StoredIncidents,
  countingTelemetry,
  fakeAnnouncer,
  fakeAudit,
  fakeChat,
  fakeCluster,
  fakeDecisions,
  fakeIncidents,
} from "./fake-ports.ts";
import type { FakeIncidents } from "./fake-ports.ts";
import { DEPLOYED, SECOND } from "./stack-pieces.ts";
import { SteppedClock } from "./stepped-clock.ts";

export const call = { signal: new AbortController().signal };

/** A farm and everything that outlives a medic. */
export class World {
  readonly clock = new SteppedClock(DEPLOYED);
  readonly kubernetes = new FakeKubernetes(() => this.clock.now());
  readonly incidents = new StoredIncidents(() => this.clock.now());
  readonly audit = new StoredAudit();
  readonly chat = new StoredChat();
  readonly decisions: unknown[] = [];
  /** Kubernetes Events, each once. */
  readonly events: string[] = [];
  readonly counts = new Map<string, number>();

  /** A second at a time: Kubernetes does its part, then the medic looks at everything, as its sweep does. */
  async live(seconds: number, medic?: Pick<Medic, "round">): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.kubernetes.tick();
      await medic?.round();
      await this.clock.step(SECOND);
    }
  }
}

export interface Medic {
  readonly stacks: StackController;
  readonly escalations: EscalationController;
  readonly episodes: EpisodeController;
  readonly incidentLog: IncidentLog;
  readonly incidents: FakeIncidents;
  readonly deps: StackDeps;
  /** What went wrong and would be tried again. */
  readonly errors: unknown[];
  readonly logLines: readonly LogLine[];
  round(): Promise<void>;
}

export interface MedicOptions {
  readonly seam?: Seam;
  readonly policy?: Partial<Policy>;
  /** Puts something in the way of a port. */
  readonly cluster?: (own: Cluster) => Partial<Cluster>;
  readonly incidents?: (own: FakeIncidents) => Partial<FakeIncidents>;
  /** What stands in for the model; without one there is no tier 2. */
  readonly investigate?: Investigator["investigate"];
  readonly budget?: Partial<Budget>;
}

/** An outcome as an episode of three turns that ended by itself has it. */
export const completed: EpisodeOutcome = {
  end: "completed",
  turns: 3,
  tokens: 12_000,
  costUsd: 0.07,
  costKnown: true,
  detail: "",
  lastText: "",
};

/** A medic that has just started in this world. */
export function startMedic(world: World, options: MedicOptions = {}): Medic {
  const { seam = new Seam() } = options;
  const { clock } = world;
  const telemetry = countingTelemetry(world.counts);
  const ownIncidents = fakeIncidents(world.incidents, seam);
  const incidents = { ...ownIncidents, ...options.incidents?.(ownIncidents) };
  const ownCluster = fakeCluster(world.kubernetes, incidents, seam);
  const incidentLog = createIncidentLog({ incidents, clock, telemetry });
  const log = collectingLog();
  const shared = { incidents, incidentLog, clock, telemetry, log };
  const deps: StackDeps = {
    ...shared,
    cluster: { ...ownCluster, ...options.cluster?.(ownCluster) },
    audit: fakeAudit(world.audit, seam),
    decisions: fakeDecisions(world.decisions, seam),
    announcer: fakeAnnouncer(world.events, seam),
    policy: { ...policy, tier2: options.investigate !== undefined, ...options.policy },
    episodes: {
      request: (name) => wanted.add(name),
      isRunning: (name) => episodes.isRunning(name),
    },
  };
  const wanted = new Set<string>();
  const episodes = createEpisodeController({
    ...deps,
    investigator: { investigate: options.investigate ?? (() => Promise.resolve(completed)) },
    limits: { model: "claude-sonnet-4-6", maxTurns: 12, maxBudgetUsd: 0.5, timeoutMs: 300_000 },
    budget: { maxBudgetUsd: 0.5, hourlyBudgetUsd: 1.5, ...options.budget },
  });
  const stacks = createStackController(deps);
  const escalations = createEscalationController({ ...shared, chat: fakeChat(world.chat, seam) });
  const errors: unknown[] = [];
  const attempted = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => errors.push(error));
    if (seam.crashed) throw new CrashSignal("the medic is dead");
  };
  return {
    stacks,
    escalations,
    episodes,
    incidentLog,
    incidents,
    deps,
    errors,
    logLines: log.lines,
    async round() {
      incidents.sync();
      const known = [...world.kubernetes.stacks(), ...incidents.list().map(({ spec }) => spec)];
      for (const key of new Set(known.map(keyOf))) await attempted(stacks.reconcile(key, call));
      for (const name of wanted) {
        wanted.delete(name);
        await attempted(episodes.run(name, call));
      }
      for (const name of escalations.owed()) await attempted(escalations.deliver(name, call));
    },
  };
}
