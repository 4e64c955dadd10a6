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
  /** Sends the message of one incident when it is owed. Rejects when it could not be delivered: try again later. */
  deliver(name: string, call: Call): Promise<void>;
  /** Names of the incidents whose message is owed. */
  owed(): readonly string[];
}

/** The outbox: sends the message of every escalated incident that has none sent, and records that it was. */
export function createEscalationController(deps: EscalationDeps): EscalationController {
  const { incidents, incidentLog, chat, clock, log, telemetry } = deps;

  return {
    owed: () =>
      incidents
        .list()
        .filter(isOwed)
        .map(({ name }) => name),
    async deliver(name, call) {
      const incident = await incidents.read(name, call);
      if (incident === undefined || !isOwed(incident)) return;
      const id =
        incident.status.escalation?.messageId ?? messageIdOf(incident.name, incident.spec.statefulSetUid);
      const lastTry = async (error: unknown): Promise<void> => {
        telemetry.escalated("failed");
        log.warn("escalation not delivered", {
          incident: name,
          channel: chat.channel,
          error: messageOf(error),
        });
        await note(incidentLog, name, { lastError: messageOf(error) }, call);
      };
      const receipt = await chat.send(escalationMessage(incident, id), call).catch(async (error: unknown) => {
        await lastTry(error);
        throw error instanceof MedicError
          ? error
          : new MedicError("chat-failed", `send the message of ${name}`, { cause: error });
      });
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
