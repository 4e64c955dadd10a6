import type { EscalationMessage } from "../core/escalation.ts";
import { cut, neutralCode, neutralText, neutralLabel, safeLink } from "./neutral-text.ts";
import { nextStep, reasonInWords, whyUntried } from "./next-step.ts";

/** Rocket.Chat refuses longer texts unless an administrator raised Message_MaxAllowedSize. In UTF-16 units. */
const MAX_TEXT = 5000;
const MAX_ATTEMPTS = 8;
const MAX_EVENTS_TEXT = 4500;

interface AttachmentField {
  readonly title: string;
  readonly value: string;
  readonly short: boolean;
}

interface Attachment {
  readonly color: string;
  readonly title?: string;
  readonly title_link?: string;
  readonly text: string;
  readonly fields: readonly AttachmentField[];
}

/** What every Rocket.Chat way in takes: a text with markdown, and one attachment with the details. */
export interface FormattedMessage {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** The message as people read it. Text from the cluster is shown as it is and never works as markup. */
export function formatMessage(message: EscalationMessage): FormattedMessage {
  const link = safeLink(message.buildUrl);
  return { text: cut(lines(message, link).join("\n"), MAX_TEXT), attachments: [attachment(message, link)] };
}

function lines(message: EscalationMessage, link: string | undefined): string[] {
  const { reason, rootCause, namespace } = message;
  const storm = reason === "Storm";
  return [
    `:rotating_light: *${storm ? stormTitle(message) : stackTitle(message)}*`,
    `*Root cause:* ${sentence(neutralText(rootCause, 1200)) || reasonInWords(reason) || "unknown."}`,
    ...attempts(message),
    `*Next:* ${nextStep(reason)}`,
    storm
      ? "To look again: `build-medic diagnose`. While this lasts the medic changes nothing on these stacks."
      : `To look again: \`build-medic diagnose -n ${neutralCode(namespace, 63)}\`. The medic leaves this stack alone from now on.`,
    ...(link === undefined ? [] : [`Build: ${link}`]),
    // Last, so that a cut takes a model's words first.
    ...suggestion(message),
    ...evidence(message),
  ];
}

function suggestion({ suggestion = "" }: EscalationMessage): string[] {
  return suggestion === "" ? [] : [`*The model suggests:* ${sentence(neutralText(suggestion, 600))}`];
}

/** Log lines, mostly: as they are. */
function evidence({ evidence = "" }: EscalationMessage): string[] {
  const quoted = neutralCode(evidence, 400).trim();
  return quoted === "" ? [] : [`*It quotes:* \`${quoted}\``];
}

function stackTitle({ runId, namespace, client, stack, reason }: EscalationMessage): string {
  const build = neutralLabel(runId === "" ? namespace : runId, 80);
  const set = neutralLabel(stack.split(" ", 1)[0] ?? "", 80) || "its stack";
  return `Build ${build}, client ${neutralLabel(client, 80)}: ${set} is stuck (${neutralLabel(reason, 80)})`;
}

/** A storm is about the farm; the stack's name then says what many of them have. */
function stormTitle({ stack }: EscalationMessage): string {
  return `The build farm is ill: many stacks are stuck at once (${neutralLabel(stack, 80)})`;
}

function sentence(text: string): string {
  return /[\p{L}\p{N}`)]$/u.test(text) ? `${text}.` : text;
}

function attempts({ attempts, reason }: EscalationMessage): string[] {
  if (attempts.length === 0) return [`*Tried:* nothing: ${whyUntried(reason)}.`];
  const left = attempts.length - MAX_ATTEMPTS;
  return [
    "*Tried:*",
    ...(left > 0 ? [`• (${left} earlier left out)`] : []),
    ...attempts.slice(-MAX_ATTEMPTS).map((attempt) => `• ${neutralText(attempt, 240)}`),
  ];
}

function attachment(message: EscalationMessage, link: string | undefined): Attachment {
  return {
    color: "#D73A49",
    ...(link === undefined ? {} : { title: "Open the build", title_link: link }),
    text: eventsText(message.events),
    fields: fields(message),
  };
}

/** The newest events that fit, in a code block. */
function eventsText(events: readonly string[]): string {
  const shown: string[] = [];
  let room = MAX_EVENTS_TEXT;
  for (const event of events.toReversed()) {
    const line = neutralCode(event, 400);
    room -= line.length + 1;
    if (room < 0) break;
    shown.unshift(line);
  }
  if (shown.length === 0) return "There are no events about this stack.";
  const left = events.length - shown.length;
  const note = left > 0 ? `, ${left} older left out` : "";
  return `What the events say, newest last${note}:\n\`\`\`\n${shown.join("\n")}\n\`\`\``;
}

type Row = readonly [title: string, value: string, short: boolean];

/** Rocket.Chat refuses a message with an empty field, so there is none. */
function fields(message: EscalationMessage): AttachmentField[] {
  const words = reasonInWords(message.reason);
  const about: Row[] = [
    ["Stack", neutralText(message.stack, 300), true],
    ["Namespace", neutralText(message.namespace, 100), true],
  ];
  const all: Row[] = [
    ...(message.reason === "Storm" ? [] : about),
    ["Reason", neutralLabel(message.reason, 80) + (words === undefined ? "" : `: ${words}`), false],
    ["Cost", cost(message.costUsd), true],
    ["Incident", neutralText(message.incident, 260), true],
  ];
  return all.filter(([, value]) => value !== "").map(([title, value, short]) => ({ title, value, short }));
}

function cost(usd: number): string {
  return `$${usd.toFixed(usd > 0 && usd < 0.01 ? 4 : 2)}`;
}
