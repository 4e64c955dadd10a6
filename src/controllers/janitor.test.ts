import assert from "node:assert/strict";
import { test } from "node:test";
import { World, call, startMedic } from "../../test/support/medic-harness.ts";
import { MINUTE } from "../../test/support/stack-pieces.ts";
import type { EscalationRecord, Phase } from "../core/incident.ts";
import { prune } from "./janitor.ts";

const ttlMs = 10 * MINUTE;

async function withIncident(
  phase: Phase,
  options: { readonly closedAgo?: number; readonly escalation?: EscalationRecord } = {},
): Promise<number> {
  const world = new World();
  const { incidents, deps } = startMedic(world);
  const spec = { namespace: "n", client: "0", runId: "", statefulSet: "s", statefulSetUid: "u", pod: "" };
  const { closedAgo, escalation } = options;
  const times = closedAgo === undefined ? {} : { [phase]: world.clock.now() - closedAgo };
  const status = { phase, tier: 1, reason: "", rootCause: "", findings: [], attempts: [], times } as const;
  await incidents.create("i", spec, { ...status, ...(escalation ? { escalation } : {}) }, call);
  const removed = await prune({ incidents, clock: world.clock, log: deps.log, ttlMs }, call);
  assert.equal(world.incidents.all().length, 1 - removed);
  return removed;
}

const sent = { messageId: "m", events: [], sentAt: 1 };
const cases: Record<string, readonly [Phase, Parameters<typeof withIncident>[1], number]> = {
  "a resolved incident is kept for its time": ["Resolved", { closedAgo: ttlMs - 1 }, 0],
  "a resolved incident goes after its time": ["Resolved", { closedAgo: ttlMs }, 1],
  "an incident of a stack that is gone goes after its time": ["Gone", { closedAgo: ttlMs }, 1],
  "an escalation that was delivered goes after its time": [
    "Escalated",
    { closedAgo: ttlMs, escalation: sent },
    1,
  ],
  "an escalation that is still owed stays, however old": [
    "Escalated",
    { closedAgo: 100 * ttlMs, escalation: { messageId: "m", events: [] } },
    0,
  ],
  "an escalation without an outbox is owed as well": ["Escalated", { closedAgo: 100 * ttlMs }, 0],
  "an incident that is open stays, however old": ["Verifying", { closedAgo: 100 * ttlMs }, 0],
  "an incident that does not say when it ended counts from when it was made": ["Resolved", {}, 0],
};
for (const [behaviour, [phase, options, removed]] of Object.entries(cases)) {
  test(behaviour, async () => assert.equal(await withIncident(phase, options), removed));
}
