import { createHands } from "../../src/controllers/episode-hands.ts";
import type { LatchedHands } from "../../src/controllers/episode-hands.ts";
import { createIncidentLog } from "../../src/controllers/incident-log.ts";
import type { ActionResult, AuditEntry, Cluster, LogRequest } from "../../src/controllers/ports.ts";
import type { Action } from "../../src/core/action.ts";
import type { Incident } from "../../src/core/incident.ts";
import { RUNNING } from "../../src/core/incident.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { EpisodeTool, ToolAnswer } from "../../src/agent/episode-tool.ts";
import { redactorFor } from "../../src/agent/present.ts";
import { episodeTools } from "../../src/agent/tools/all-tools.ts";
import { policy } from "./builders.ts";
import type { StackBuilder } from "./builders.ts";
import { collectingLog } from "./collecting-log.ts";
import {
  StoredAudit,
  StoredIncidents,
  countingTelemetry,
  fakeAnnouncer,
  fakeAudit,
  fakeIncidents,
} from "./fake-ports.ts";
import { SteppedClock } from "./stepped-clock.ts";

/** The ten tools with the real hands of an episode, on one stack that stays as it is. */
export interface ToolBench {
  readonly tools: readonly EpisodeTool[];
  readonly hands: LatchedHands;
  /** What was carried out. */
  readonly actions: readonly Action[];
  readonly logRequests: readonly LogRequest[];
  readonly audit: StoredAudit;
  /** What the metrics were told. */
  readonly counts: ReadonlyMap<string, number>;
  incident(): Incident;
  call(tool: string, args?: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
}

export interface BenchOptions {
  /** What the container printed, or why there is no log. */
  readonly log?: string | Error;
  readonly result?: ActionResult;
  /** Exact values to mask. */
  readonly known?: readonly string[];
  /** What a close look meets. */
  readonly examine?: () => Snapshot | undefined;
}

export function toolBench(stack: StackBuilder, options: BenchOptions = {}): ToolBench {
  const snapshot = stack.snapshot();
  const clock = new SteppedClock(snapshot.at);
  const stored = new StoredIncidents(() => clock.now());
  const incident = stored.put(incidentOf(snapshot));
  const counts = new Map<string, number>();
  const telemetry = countingTelemetry(counts);
  const audit = new StoredAudit();
  const actions: Action[] = [];
  const logRequests: LogRequest[] = [];
  const look = async (): Promise<Snapshot | undefined> =>
    options.examine === undefined ? snapshot : options.examine();
  const cluster: Cluster = {
    stacks: () => [],
    peek: () => snapshot,
    gather: look,
    examine: look,
    async logs(request) {
      logRequests.push(request);
      const { log = "" } = options;
      if (typeof log !== "string") throw log;
      return log;
    },
    async execute(action) {
      actions.push(action);
      return options.result ?? { outcome: "applied", detail: "done as asked" };
    },
  };
  const hands = createHands(
    {
      cluster,
      clock,
      telemetry,
      audit: fakeAudit(audit),
      announcer: fakeAnnouncer([]),
      incidentLog: createIncidentLog({ incidents: fakeIncidents(stored), clock, telemetry }),
      policy: { ...policy, allowNodePatch: true },
      log: collectingLog(),
    },
    incident,
  );
  const tools = episodeTools({
    hands,
    redactor: redactorFor(snapshot, options.known ?? []),
    pod: "server-0-0",
    onAnswer: (tool, outcome) => telemetry.toolCalled(tool, outcome),
  });
  return {
    tools,
    hands,
    actions,
    logRequests,
    audit,
    counts,
    incident: () => stored.byName.get(incident.name)!,
    call(name, args = {}) {
      const tool = tools.find((candidate) => candidate.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      return tool.run(args, { signal: new AbortController().signal });
    },
  };
}

function incidentOf({ at, namespace, client }: Snapshot): Incident {
  return {
    name: "ci-1-0-uid-serv-1",
    uid: "uid-i",
    resourceVersion: "",
    createdAt: at,
    spec: {
      namespace: namespace.name,
      client,
      runId: "4711",
      statefulSet: "server-0",
      statefulSetUid: "uid-server-0",
      pod: "server-0-0",
    },
    status: {
      phase: "Investigating",
      tier: 2,
      reason: "CrashLoop",
      rootCause: "",
      findings: [],
      attempts: [],
      episode: { model: "m", turns: 0, tokens: 0, costUsd: 0, outcome: RUNNING, tools: [] },
      times: { Detected: at },
    },
  };
}

/** The stages in which the audit log has this tool or action. */
export function stagesOf({ entries }: StoredAudit, action: string): readonly AuditEntry["stage"][] {
  return entries.filter((entry) => entry.action === action).map(({ stage }) => stage);
}
