import {
  createEscalationController,
  type EscalationController,
} from "../../../src/controllers/escalation-controller.ts";
import { createIncidentLog } from "../../../src/controllers/incident-log.ts";
import type { Chat, Incidents } from "../../../src/controllers/ports.ts";
import type { IncidentStatus } from "../../../src/core/incident.ts";
import { messageIdOf } from "../../../src/core/message-id.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { poll } from "../../../farm/build/sleep.ts";
import { collectingLog, type LogLine } from "../collecting-log.ts";
import { countingTelemetry, fakeIncidents, StoredIncidents } from "../fake-ports.ts";

const call = { signal: new AbortController().signal };

/** Incidents that outlive a medic. */
export function storedIncidents(): StoredIncidents {
  return new StoredIncidents(systemClock.now);
}

/** An incident that was handed to people and whose message is owed. */
export async function owe(
  stored: StoredIncidents,
  name: string,
  changes: Partial<IncidentStatus> = {},
): Promise<void> {
  const spec = {
    namespace: `ci-${name}`,
    client: "2",
    runId: name,
    statefulSet: "server-2",
    statefulSetUid: `uid-of-${name}`,
    pod: "server-2-0",
  };
  const status: IncidentStatus = {
    phase: "Escalated",
    tier: 1,
    reason: "ImageNotFound",
    rootCause: `the registry has no image for ${name}`,
    findings: [],
    attempts: [],
    escalation: {
      messageId: messageIdOf(name, spec.statefulSetUid),
      events: [`Pod/server-2-0 Failed: ${name}`],
    },
    times: {},
    ...changes,
  };
  await fakeIncidents(stored).create(name, spec, status, call);
}

export interface Outbox {
  readonly controller: EscalationController;
  readonly log: readonly LogLine[];
  /** As the medic's sweep does it, until nothing is owed. */
  deliverAll(forMs: number): Promise<void>;
}

/** The medic's own outbox, as one process has it; `around` stands between it and the stored incidents. */
export function openOutbox(
  chat: Chat,
  stored: StoredIncidents,
  around: (own: Incidents) => Partial<Incidents> = () => ({}),
): Outbox {
  const own = fakeIncidents(stored);
  const incidents = { ...own, ...around(own) };
  const telemetry = countingTelemetry(new Map());
  const incidentLog = createIncidentLog({ incidents, clock: systemClock, telemetry });
  const log = collectingLog();
  const controller = createEscalationController({
    chat,
    incidents,
    incidentLog,
    clock: systemClock,
    log,
    telemetry,
  });
  return {
    controller,
    log: log.lines,
    async deliverAll(forMs) {
      const all = await poll(
        async () => {
          for (const name of controller.owed()) await controller.deliver(name, call);
          const owed = stored.all().filter(({ status }) => status.escalation?.sentAt === undefined);
          return owed.length === 0 ? true : undefined;
        },
        { everyMs: 100, forMs },
      );
      if (all !== true)
        throw new Error(`still owed after ${forMs} ms: ${JSON.stringify(log.lines.slice(-3))}`);
    },
  };
}
