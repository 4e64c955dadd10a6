import { createIncidentRecords } from "../audit/incident-records.ts";
import { recordedDecisions } from "../audit/recorded-decisions.ts";
import type { About, ApiDeps, MessageText } from "../api/deps.ts";
import { linksOf } from "../chat/links.ts";
import { matrixContent } from "../chat/matrix-content.ts";
import { formatMessage } from "../chat/message-format.ts";
import { webhookBody } from "../chat/webhook-body.ts";
import type { Config } from "../config.ts";
import { limitsOf } from "../config/policy.ts";
import { escalationMessage } from "../core/escalation-message.ts";
import type { Incident } from "../core/incident.ts";
import { totalsOf } from "../core/totals.ts";
import { totalsOptionsOf } from "./totals.ts";

export interface PageSources {
  readonly version: string;
  readonly startedAt: number;
  /** Where messages go. */
  readonly chat: string;
  /** The mode that was asked for. */
  readonly askedMode: Config["mode"];
  /** As it is now: an account with too many rights makes the medic an observer. */
  config(): Config;
  leads(): boolean;
  incidents(): readonly Incident[];
}

/** What the pages show beside the cluster: the medic itself, its records, and its messages. */
export function pageDeps(sources: PageSources): Required<Pick<ApiDeps, "about" | "records" | "message">> {
  const { stateDir } = sources.config();
  const records = createIncidentRecords(stateDir);
  return {
    about: () => about(sources),
    async records(incident) {
      const [audit, decisions] = await Promise.all([
        records.of(incident),
        recordedDecisions(stateDir, incident),
      ]);
      return { audit, decisions };
    },
    message: (incident) => messageText(incident, sources.config()),
  };
}

function about(sources: PageSources): About {
  const { version, startedAt, chat, askedMode } = sources;
  const config = sources.config();
  const { model, ...limits } = limitsOf(config);
  const { hourlyBudgetUsd, maxConcurrentEpisodes, maxActionsPerStack, mode } = config;
  return {
    version,
    startedAt,
    chat,
    mode,
    ...(mode === askedMode ? {} : { modeBecause: "its account may do more than the medic needs" }),
    ...(config.provider === "none" ? {} : { model }),
    leader: sources.leads(),
    limits: { ...limits, hourlyBudgetUsd, maxConcurrentEpisodes, maxActionsPerStack },
    totals: totalsOf(sources.incidents(), totalsOptionsOf(config)),
  };
}

/** By the same code that words it for the chat, from the same Incident. */
function messageText(incident: Incident, { chat, publicUrl }: Config): MessageText | undefined {
  const { escalation } = incident.status;
  if (escalation === undefined) return undefined;
  const message = escalationMessage(incident, escalation.messageId);
  const links = linksOf(message, publicUrl);
  switch (chat.kind) {
    case "rocketchat":
    case "rocketchat-webhook":
      return formatMessage(message, links);
    case "webhook":
      return { text: JSON.stringify(webhookBody(message, links), undefined, 2) };
    case "matrix":
      return { text: String(matrixContent(message, links)["body"]) };
    case "none":
      return { text: webhookBody(message, links).text };
  }
}
