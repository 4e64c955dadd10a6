import { isJsonObject, jsonEqual } from "../../src/core/json.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { StoredIncident } from "../../test/support/medic-process.ts";
import { POD, SERVER } from "./outage.ts";
import type { Outage } from "./outage.ts";
import type { Write } from "./writes.ts";

export const VERDICTS = ["lost", "doubled", "repeated", "wrong", "open", "silent"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What the API server and the chat tell of one outage when all is over. */
export interface Evidence {
  readonly outage: Outage;
  readonly incidents: readonly Pick<StoredIncident, "status">[];
  /** Messages that people see about it. */
  readonly messages: number;
  readonly writes: readonly Write[];
  /** Its stack is ready. */
  readonly ready: boolean;
}

export interface Offence {
  readonly verdict: Verdict;
  readonly why: string;
}

const CLOSED = ["Resolved", "Escalated", "Gone"];

/** Everything that is not as promised; empty when all is well. */
export function judge(evidence: Evidence): readonly Offence[] {
  return [...judgeMessages(evidence), ...judgeWrites(evidence), ...judgeEnd(evidence)];
}

/** One message is due for each incident that was handed to people, none for any other. */
function judgeMessages({ incidents, messages }: Evidence): readonly Offence[] {
  const due = incidents.filter(({ status }) => status?.phase === "Escalated").length;
  const told = `${messages} messages where ${due} are due`;
  if (messages < due) return [{ verdict: "lost", why: told }];
  return messages > due ? [{ verdict: "doubled", why: told }] : [];
}

function judgeEnd({ outage, incidents, ready }: Evidence): readonly Offence[] {
  const phases = incidents.map(({ status }) => status?.phase ?? "none");
  const open = phases.filter((phase) => !CLOSED.includes(phase));
  const left: readonly Offence[] = open.map((phase) => ({ verdict: "open", why: `left in ${phase}` }));
  const told = ready || outage.deleted || outage.kind.end === "none" || phases.includes("Escalated");
  return told ? left : [...left, { verdict: "silent", why: `it is broken, its incidents: ${phases.join()}` }];
}

function judgeWrites({ outage, writes }: Evidence): readonly Offence[] {
  const done = new Set<string>();
  return writes.flatMap((write): readonly Offence[] => {
    const what = `${write.verb} ${write.resource} ${write.namespace}/${write.name}`;
    const wrong = wrongIn(outage, write);
    if (wrong !== undefined) return [{ verdict: "wrong", why: `${what}: ${wrong}` }];
    if (done.has(what)) return [{ verdict: "repeated", why: what }];
    done.add(what);
    return [];
  });
}

function wrongIn(outage: Outage, write: Write): string | undefined {
  const { kind } = outage;
  if (write.at < Math.floor(outage.brokenAt ?? Infinity)) return "before it was broken";
  switch (`${write.verb} ${write.resource}`) {
    case "patch statefulsets":
      return kind.mayWrite.includes("statefulset") ? wrongSet(outage, write) : "not of this kind";
    case "delete pods":
      return kind.mayWrite.includes("pod") ? wrongPod(outage, write) : "not of this kind";
    case "patch nodes":
      return kind.mayWrite.includes("node") ? wrongNode(outage, write) : "not of this kind";
    case "create events":
      return wrongEvent(outage, write);
    default:
      return "nothing that a medic does";
  }
}

function wrongSet({ declared }: Outage, { name, sent, object }: Write): string | undefined {
  if (name !== SERVER) return "another StatefulSet";
  if (!onlyTouches(sent, ["/spec/replicas", "/spec/template"])) return "it writes more than the intent";
  const { spec } = object;
  if (!isJsonObject(spec)) return "what became of it is not known";
  const same = (key: string): boolean => jsonEqual(spec[key] ?? null, declared?.[key] ?? null);
  return same("replicas") && same("template") ? undefined : "it is not what is declared";
}

/** A pod that is not ready, and that is not as declared where that is what is wrong. */
function wrongPod({ kind, declared }: Outage, { name, object }: Write): string | undefined {
  if (name !== POD) return "another pod";
  const { status, spec } = object;
  if (!isJsonObject(status) || !isJsonObject(spec)) return "what it was is not known";
  const conditions = (status["conditions"] ?? []) as readonly { type: string; status: string }[];
  if (conditions.some((condition) => condition.type === "Ready" && condition.status === "True"))
    return "the pod was ready";
  const wanted = imageIn((declared?.["template"] as JsonObject | undefined)?.["spec"]);
  return kind.end === "Resolved" && imageIn(spec) === wanted ? "the pod was as declared" : undefined;
}

function wrongNode({ node }: Outage, { name, sent, object }: Write): string | undefined {
  if (name !== node) return "another node";
  if (!onlyTouches(sent, ["/spec/unschedulable"])) return "it writes more than the cordon";
  const { spec } = object;
  return isJsonObject(spec) && spec["unschedulable"] !== true ? undefined : "it is still cordoned";
}

/** A word about the stack; none where it is to be left alone. */
function wrongEvent({ kind }: Outage, { object }: Write): string | undefined {
  const about = (object["involvedObject"] ?? {}) as { readonly kind?: string; readonly name?: string };
  if (kind.end === "none") return "on a stack that is in its tests";
  return about.kind === "StatefulSet" && about.name === SERVER ? undefined : "about something else";
}

function onlyTouches(sent: unknown, paths: readonly string[]): boolean {
  return (
    Array.isArray(sent) &&
    (sent as readonly { op: string; path: string }[]).every(
      ({ op, path }) => op === "test" || (op === "replace" && paths.includes(path)),
    )
  );
}

function imageIn(spec: unknown): string | undefined {
  const { containers } = (spec ?? {}) as { containers?: readonly { image?: string }[] };
  return containers?.[0]?.image;
}
