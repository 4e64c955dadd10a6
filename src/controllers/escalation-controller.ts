import { escalationMessage } from "../core/escalation-message.ts";
import type { Incident } from "../core/incident.ts";
import { messageIdOf } from "../core/message-id.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import type { IncidentLog } from "./incident-log.ts";
import type { Call, Chat, Clock, Incidents, Log, Telemetry } from "./ports.ts";

export interface EscalationDeps {
  readonly chat: Chat;
  readonly incidents: Incidents;
  readonly incidentLog: IncidentLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export interface EscalationController {
  /** Sends the message of one incident when it is owed. A failure is noted in the Incident; `owed` names it again later. */
  deliver(name: string, call: Call): Promise<void>;
  /** Names of the incidents whose message is owed and may be tried now. */
  owed(): readonly string[];
}

/** The outbox: sends the message of every escalated incident that has none sent, and records that it was. */
export function createEscalationController(deps: EscalationDeps): EscalationController {
  const { incidents, incidentLog, chat, clock, log, telemetry } = deps;
  const tries = new Map<string, { failures: number; notBefore: number }>();

  function failed(name: string, error: unknown): void {
    const failures = (tries.get(name)?.failures ?? 0) + 1;
    tries.set(name, { failures, notBefore: clock.now() + delayOf(error, failures) });
  }

  return {
    owed: () =>
      incidents
        .list()
        .filter((incident) => isOwed(incident) && (tries.get(incident.name)?.notBefore ?? 0) <= clock.now())
        .map(({ name }) => name),
    async deliver(name, call) {
      const cached = incidents.list().find((candidate) => candidate.name === name);
      if (cached === undefined || !isOwed(cached) || (tries.get(name)?.notBefore ?? 0) > clock.now()) return;
      const incident = await incidents.read(name, call);
      if (incident === undefined || !isOwed(incident)) return;
      const id =
        incident.status.escalation?.messageId ?? messageIdOf(incident.name, incident.spec.statefulSetUid);
      const receipt = await chat.send(escalationMessage(incident, id), call).catch(async (error: unknown) => {
        failed(name, error);
        telemetry.escalated("failed");
        log.warn("escalation not delivered", {
          incident: name,
          channel: chat.channel,
          error: messageOf(error),
        });
        await note(incidentLog, name, { lastError: messageOf(error) }, call);
      });
      if (receipt === undefined) return;
      tries.delete(name);
      telemetry.escalated(receipt.duplicate ? "duplicate" : "sent");
      log.info("escalation delivered", {
        incident: name,
        channel: receipt.channel,
        messageId: id,
        duplicate: receipt.duplicate,
      });
      await note(incidentLog, name, { messageId: id, channel: receipt.channel, sentAt: clock.now() }, call);
    },
  };
}

const FIRST_DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 5 * 60_000;

/** The service's own word when it gave one; twice as long after each failure; long where trying again cannot help. */
function delayOf(error: unknown, failures: number): number {
  if (error instanceof MedicError && !error.retriable) return LONGEST_DELAY_MS;
  const told = error instanceof MedicError && "retryAfterMs" in error ? Number(error.retryAfterMs) : 0;
  return Math.max(told || 0, Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS));
}

function isOwed({ status }: Incident): boolean {
  return status.phase === "Escalated" && status.escalation?.sentAt === undefined;
}

type Note = { lastError: string } | { messageId: string; channel: string; sentAt: number };

async function note(incidentLog: IncidentLog, name: string, told: Note, call: Call): Promise<void> {
  await incidentLog.change(
    name,
    (status) => {
      const { lastError: _, ...known } = status.escalation ?? { messageId: "", events: [] };
      if ("lastError" in told && status.escalation?.lastError === told.lastError) return status;
      return { ...status, escalation: { ...known, ...told } };
    },
    call,
  );
}
