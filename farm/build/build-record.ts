import type { Model } from "./expectations.ts";
import type { BuildOptions } from "./options.ts";
import type { BuildRecord, ClientRecord, FaultRecord, MedicRecord } from "./record.ts";

/** What is known of a build when it has ended. */
export interface EndedBuild {
  readonly options: BuildOptions;
  readonly runId: string;
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly begin: number;
  readonly clients: readonly ClientRecord[];
  readonly incidents: readonly MedicRecord[];
  readonly problems: readonly string[];
  readonly fault: FaultRecord | undefined;
  readonly model?: Model | undefined;
}

/** The record of a build; it passed when nothing went wrong, all was done as asked, and every client passed. */
export function buildRecord(ended: EndedBuild): BuildRecord {
  const { options, clients, begin, fault, model } = ended;
  const end = Date.now();
  const asAsked = options.fault === undefined || fault?.injected === true;
  const missed = asAsked ? [] : [`the fault ${options.fault} was not put in place`];
  const problems = [...ended.problems, ...missed];
  return {
    runId: ended.runId,
    namespace: ended.namespace,
    mode: options.mode,
    medic: options.medic ? "on" : "off",
    ...(model === undefined ? {} : { model }),
    seed: options.seed,
    startedAt: new Date(begin).toISOString(),
    endedAt: new Date(end).toISOString(),
    seconds: (end - begin) / 1000,
    ...(fault ? { fault } : {}),
    clients,
    incidents: ended.incidents,
    passed:
      problems.length === 0 &&
      clients.length === options.clients &&
      clients.every((client) => client.outcome === "passed"),
    problems,
  };
}
