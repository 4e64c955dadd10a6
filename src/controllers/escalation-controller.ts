import { escalationMessage } from "../core/escalation-message.ts";
import type { Incident } from "../core/incident.ts";
import { messageIdOf } from "../core/message-id.ts";
import { messageOf } from "../lib/medic-error.ts";
import type { IncidentLog } from "./incident-log.ts";
import { OutboxPace } from "./outbox-pace.ts";
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
  const pace = new OutboxPace();

  return {
    owed: () =>
      pace.due(
        incidents
          .list()
          .filter(isOwed)
          .map(({ name }) => name),
        clock.now(),
      ),
    async deliver(name, call) {
      const cached = incidents.list().find((candidate) => candidate.name === name);
      if (cached === undefined || !isOwed(cached) || !pace.mayTry(name, clock.now())) return;
      const incident = await incidents.read(name, call);
      if (incident === undefined || !isOwed(incident)) return;
      const id =
        incident.status.escalation?.messageId ?? messageIdOf(incident.name, incident.spec.statefulSetUid);
      const receipt = await chat.send(escalationMessage(incident, id), call).catch(async (error: unknown) => {
        pace.failed(name, error, clock.now());
        telemetry.escalated("failed");
        log.warn("escalation not delivered", {
          incident: name,
          channel: chat.channel,
          error: messageOf(error),
        });
        await note(incidentLog, name, { lastError: messageOf(error) }, call);
      });
      if (receipt === undefined) return;
      pace.delivered(name);
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
