import { z } from "zod";
import type { EscalationMessage } from "../core/escalation.ts";
import { commandsFor } from "./commands.ts";
import type { Links } from "./links.ts";
import { fitted, messageLines } from "./message-lines.ts";
import { nextStep, reasonInWords } from "./next-step.ts";
import { plainStyle } from "./plain-style.ts";

const MAX_TEXT = 5000;

const attempt = z.object({
  action: z.string().describe("`reconcile-to-intent`, `replace-stuck-pod`, `restart-pod`, …"),
  target: z.string().describe("`StatefulSet/server-0`, `Pod/server-0-0`, `Node/node-1`."),
  by: z.enum(["playbook", "agent"]).describe("`agent`: a model asked for it."),
  at: z.iso.datetime(),
  outcome: z.enum(["pending", "applied", "already", "refused", "failed", "observed"]),
  detail: z.string().describe("What it changes, or why it failed or was refused."),
});

const model = z.object({
  name: z.string(),
  turns: z.number().min(0),
  account: z.string().optional().describe("The root cause as the model sees it."),
  finding: z.string().optional().describe("The medic's own finding beside it."),
  evidence: z.string().optional().describe("What the model quotes."),
  suggestion: z.string().optional().describe("What the model would have a person do first."),
});

/** The body of the webhook. Fields may come to version 1; none goes, and none changes its meaning. */
export const webhookBodySchema = z
  .object({
    version: z.literal(1),
    messageId: z.string().describe("The same for the same incident, also in the header `Idempotency-Key`."),
    incident: z.string().describe("The Incident's name."),
    runId: z.string().describe("The build; may be empty."),
    namespace: z.string().describe("`*` when the message is about the farm (reason `Storm`)."),
    client: z.string().describe("`*` when the message is about the farm."),
    stack: z.string().describe("StatefulSet and pod; of a storm, the reason that many stacks share."),
    reason: z.string().describe("A code of the playbook; codes may be added."),
    reasonText: z.string().describe("The code in words; empty for one that is not known."),
    rootCause: z.string(),
    model: model.optional().describe("Only where a model was asked."),
    attempts: z.array(attempt).describe("Oldest first; empty: nothing was tried."),
    nextStep: z.string().describe("What a person does next."),
    commands: z.array(z.string()).describe("Shell lines to begin with."),
    events: z.array(z.string()).describe("What the stack's events said, newest last."),
    costUsd: z.number().min(0),
    links: z.object({ build: z.url().optional(), story: z.url().optional() }),
    text: z.string().max(MAX_TEXT).describe("All of it for people, without the events."),
  })
  .describe("One escalation of Build Medic.");

export type WebhookBody = z.infer<typeof webhookBodySchema>;

/** The message as the webhook's body. Cluster text is verbatim in every field but `text`. */
export function webhookBody(message: EscalationMessage, links: Links): WebhookBody {
  const { messageId, incident, runId, namespace, client, stack, reason, rootCause, events, costUsd } =
    message;
  return {
    version: 1,
    messageId,
    incident,
    runId,
    namespace,
    client,
    stack,
    reason,
    reasonText: reasonInWords(reason) ?? "",
    rootCause,
    ...modelOf(message),
    attempts: message.attempts.map(({ action, target, by, at, outcome, detail }) => ({
      action,
      target,
      by,
      at: new Date(at).toISOString(),
      outcome,
      detail,
    })),
    nextStep: nextStep(reason).replaceAll("`", ""),
    commands: [...commandsFor(message)],
    events: [...events],
    costUsd,
    links,
    text: fitted(messageLines(message, links, plainStyle), MAX_TEXT),
  };
}

function modelOf({ episode, accounts, evidence, suggestion }: EscalationMessage): Pick<WebhookBody, "model"> {
  if (episode === undefined) return {};
  return {
    model: {
      name: episode.model,
      turns: episode.turns,
      ...(accounts === undefined ? {} : { account: accounts.model, finding: accounts.medic }),
      ...(evidence === undefined ? {} : { evidence }),
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  };
}
