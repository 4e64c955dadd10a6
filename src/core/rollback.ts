import type { RollbackRelease } from "./action.ts";
import { dryRunFor } from "./drift.ts";
import { containersOf, repairTemplate } from "./intent.ts";
import { differences, jsonEqual } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { RevisionState, Snapshot } from "./snapshot.ts";
import type { SetView } from "./stack-view.ts";

/**
 * The earlier revisions of a StatefulSet that may be written back, newest first: its own, different from what it is now,
 * and in accord with every intent that is declared. Image and command that nobody declared are not ours to choose, so a
 * StatefulSet without intent has none.
 */
export function rollbackCandidates(own: SetView, snapshot: Snapshot): readonly RevisionState[] {
  const { set, parsed } = own;
  if (!parsed.declared || parsed.problems.length > 0) return [];
  return (snapshot.revisions ?? [])
    .filter(({ statefulSetUid }) => statefulSetUid === set.uid)
    .filter(({ template }) => differences(set.template, template).length > 0)
    .filter((revision) => agrees(own, revision, snapshot))
    .toSorted((left, right) => right.number - left.number);
}

function agrees(own: SetView, { template }: RevisionState, snapshot: Snapshot): boolean {
  const { set, parsed } = own;
  if (parsed.intent.template !== undefined) {
    // What the declared template is with the server's defaults; unknown when it has not drifted: then nothing is to be rolled back.
    const dryRun = dryRunFor(own, snapshot);
    return dryRun?.ok === true && jsonEqual(dryRun.template, template);
  }
  const wanted = repairTemplate({ intent: set.intent, template });
  return wanted !== undefined && jsonEqual(wanted, template) && keepsUndeclared(own, template);
}

/** Image or command, when only the other one is declared, stays as it is. */
function keepsUndeclared({ set, parsed: { intent } }: SetView, template: JsonObject): boolean {
  // With one of them declared there is exactly one container.
  const [live] = containersOf(set.template);
  const [then] = containersOf(template);
  const sameImage = intent.image !== undefined || jsonEqual(live?.["image"], then?.["image"]);
  return sameImage && (intent.command !== undefined || jsonEqual(live?.["command"], then?.["command"]));
}

/** The write that sets a StatefulSet back to one of its revisions. */
export function rollbackAction(
  { set }: SetView,
  revision: RevisionState,
  namespace: string,
): RollbackRelease {
  const found = differences(set.template, revision.template);
  const changes = found.map(({ path }) => `template ${path.slice(1)}`);
  return {
    kind: "rollback-release",
    namespace,
    statefulSet: set.name,
    uid: set.uid,
    expect: { replicas: set.replicas, template: set.template },
    revision: revision.name,
    template: revision.template,
    changes: changes.length > 6 ? [...changes.slice(0, 6), `and ${changes.length - 6} more`] : changes,
  };
}
