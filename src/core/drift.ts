import type { ReconcileToIntent } from "./action.ts";
import type { Finding, Reason } from "./finding.ts";
import { differences, isJsonObject } from "./json.ts";
import type { Json, JsonDifference, JsonObject } from "./json.ts";
import type { DryRun, Snapshot } from "./snapshot.ts";
import type { SetView } from "./stack-view.ts";

/** Where a StatefulSet differs from its declared intent, and the write that sets it back. */
export interface Drift {
  readonly replicas?: number;
  /** The whole template to write, as the server would default it. */
  readonly template?: JsonObject;
  readonly reasons: readonly Reason[];
  /** For people, one line each: path, live value, declared value. */
  readonly changes: readonly string[];
}

/** The drift of one StatefulSet; `undefined` when there is none, when the intent is unusable, or when it is unknown. */
export function driftOf(view: SetView, snapshot: Snapshot): Drift | undefined {
  const { set, parsed } = view;
  const dryRun = dryRunFor(view, snapshot);
  if (parsed.problems.length > 0 || dryRun?.ok === false) return undefined;
  const replicas = replicasDrift(set.replicas, parsed.intent.replicas);
  const template = templateDrift(set.template, dryRun?.template);
  if (replicas === undefined) return template;
  if (template === undefined) return replicas;
  return {
    ...replicas,
    ...template,
    reasons: [...replicas.reasons, ...template.reasons],
    changes: [...replicas.changes, ...template.changes],
  };
}

export function dryRunFor(view: SetView, snapshot: Snapshot): DryRun | undefined {
  return snapshot.dryRuns.find((dryRun) => dryRun.uid === view.set.uid);
}

function replicasDrift(live: number, wanted: number | undefined): Drift | undefined {
  if (wanted === undefined || wanted === live) return undefined;
  return { replicas: wanted, reasons: ["ReplicasDrift"], changes: [`replicas: ${live} → ${wanted}`] };
}

function templateDrift(live: JsonObject, wanted: Json | undefined): Drift | undefined {
  if (!isJsonObject(wanted)) return undefined;
  const found = differences(live, wanted);
  if (found.length === 0) return undefined;
  return { template: wanted, reasons: templateReasons(found), changes: found.map(describe) };
}

function templateReasons(found: readonly JsonDifference[]): Reason[] {
  const reasons = new Set(found.map(({ path }) => reasonFor(path)));
  return (["ImageDrift", "CommandDrift", "TemplateDrift"] as const).filter((reason) => reasons.has(reason));
}

function reasonFor(path: string): Reason {
  if (/^\/spec\/containers\/\d+\/image$/.test(path)) return "ImageDrift";
  if (/^\/spec\/containers\/\d+\/command(\/|$)/.test(path)) return "CommandDrift";
  return "TemplateDrift";
}

/** Values of environment variables are told to nobody. */
function describe({ path, live, wanted }: JsonDifference): string {
  if (/\/env\/\d+\/value$/.test(path)) return `template ${path.slice(1)}: differs`;
  return `template ${path.slice(1)}: ${show(live)} → ${show(wanted)}`;
}

function show(value: Json | undefined): string {
  if (value === undefined) return "(absent)";
  const text = JSON.stringify(value, (_, inner: Json) =>
    isVariable(inner) ? { ...inner, value: "…" } : inner,
  );
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}

function isVariable(value: Json): value is JsonObject {
  return isJsonObject(value) && typeof value["name"] === "string" && typeof value["value"] === "string";
}

/** The drift as a finding: tier 1 repairs it. */
export function driftFinding(view: SetView, drift: Drift, at: number): Finding {
  const [reason = "TemplateDrift"] = drift.reasons;
  const subject = `StatefulSet/${view.set.name}`;
  return {
    reason,
    class: "drift",
    subject,
    message: `${view.set.name} differs from its declared intent: ${drift.changes.slice(0, 5).join("; ")}${drift.changes.length > 5 ? `; and ${drift.changes.length - 5} more` : ""}`,
    since: Math.min(view.set.specChangedAt, at),
    terminal: false,
  };
}

/** The one write that sets a StatefulSet back to its intent. */
export function reconcileAction(view: SetView, drift: Drift, namespace: string): ReconcileToIntent {
  const { set } = view;
  return {
    kind: "reconcile-to-intent",
    namespace,
    statefulSet: set.name,
    uid: set.uid,
    expect: { replicas: set.replicas, template: set.template },
    ...(drift.replicas === undefined ? {} : { replicas: drift.replicas }),
    ...(drift.template === undefined ? {} : { template: drift.template }),
    changes: drift.changes,
  };
}
