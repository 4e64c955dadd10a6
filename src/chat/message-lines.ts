import type { EscalationMessage } from "../core/escalation.ts";
import type { Attempt } from "../core/incident.ts";
import { commandsFor } from "./commands.ts";
import type { Links } from "./links.ts";
import { cut, labelText as label, neutralCode } from "./neutral-text.ts";
import { nextStep, reasonInWords, whyUntried } from "./next-step.ts";

/** How a kind of chat shows each part of a message. `Foreign` text is the cluster's or a model's: nobody may trust it. */
export interface Style {
  readonly title: (text: string) => string;
  readonly label: (text: string) => string;
  /** Our own words, with `code` in them. */
  readonly own: (text: string) => string;
  /** At most `limit` characters of the text; what marks it up comes on top. */
  readonly foreign: (text: string, limit: number) => string;
  /** Lines to copy, or of a log, as they are. */
  readonly block: (lines: readonly string[]) => string;
  readonly link: (url: string) => string;
}

/** A line, or a block that is shown whole or not at all. */
export interface MessageLine {
  readonly text: string;
  /** The higher, the sooner it is left out of a message that is too long; 0 never is. */
  readonly spare: number;
}

const MAX_ATTEMPTS = 8;

/** The message in the order in which people read it: what, why, what was done, what to do; a model's words last. */
export function messageLines(message: EscalationMessage, links: Links, style: Style): readonly MessageLine[] {
  const { reason } = message;
  const storm = reason === "Storm";
  const commands = commandsFor(message);
  const needed = (text: string): MessageLine => ({ text, spare: 0 });
  const labelled = (label: string, text: string): MessageLine =>
    needed(`${style.label(`${label}:`)} ${text}`);
  return [
    needed(style.title(titleOf(message))),
    ...causes(message, style).map(([label, text]) => labelled(label, text)),
    ...attemptLines(message, style),
    labelled("Next", style.own(nextStep(reason))),
    ...(commands.length === 0 ? [] : [needed(style.block(commands))]),
    needed(
      storm
        ? "This message stands for all of them; the medic leaves them alone."
        : "The medic leaves this stack alone from now on.",
    ),
    ...(links.build === undefined ? [] : [needed(`Build: ${style.link(links.build)}`)]),
    ...(links.story === undefined ? [] : [needed(`Story: ${style.link(links.story)}`)]),
    ...modelLines(message, style),
  ];
}

/** The lines as one text of at most `limit` characters: what does not fit is left out whole, and that is said. */
export function fitted(lines: readonly MessageLine[], limit: number): string {
  let kept = lines;
  let text = textOf(kept);
  const spare = lines.filter(({ spare }) => spare > 0).toSorted((left, right) => right.spare - left.spare);
  for (const dropped of spare) {
    if (text.length <= limit) break;
    kept = kept.filter((line) => line !== dropped);
    text = `${textOf(kept)}\n… (too long: ${lines.length - kept.length} of ${lines.length} lines left out)`;
  }
  return cut(text, limit);
}

function textOf(lines: readonly MessageLine[]): string {
  return lines.map(({ text }) => text).join("\n");
}

/** Which build, client and StatefulSet, and why; a storm is about the farm, and its stack's name says what many have. */
function titleOf({ runId, namespace, client, stack, reason }: EscalationMessage): string {
  if (reason === "Storm") return `The build farm is ill: many stacks are stuck at once (${label(stack)})`;
  const set = label(stack.split(" ", 1)[0] ?? "") || "its stack";
  return `Build ${label(runId || namespace)}, client ${label(client)}: ${set} is stuck (${label(reason)})`;
}

function causes(message: EscalationMessage, style: Style): [label: string, text: string][] {
  const { accounts, reason, rootCause } = message;
  const told = (text: string, limit: number): string => sentence(bounded(text, style, limit));
  if (accounts === undefined)
    return [["Root cause", told(rootCause, 1200) || reasonInWords(reason) || "unknown."]];
  return [
    ["Root cause, as a model sees it", told(accounts.model, 800)],
    ["What the medic found", told(accounts.medic, 600)],
  ];
}

/** Marked up it may be half as long again; text that is nearly all markup is cut more. */
function bounded(text: string, { foreign }: Style, limit: number): string {
  let room = limit;
  let shown = foreign(text, room);
  while (shown.length > limit * 1.5 && room > 100) {
    room = Math.floor(room * 0.7);
    shown = foreign(text, room);
  }
  return shown;
}

function attemptLines(message: EscalationMessage, style: Style): MessageLine[] {
  const { attempts, reason, episode } = message;
  const heading = (text: string): MessageLine => ({ text: `${style.label("Tried:")}${text}`, spare: 0 });
  const asked = episode === undefined ? "" : "; a model looked and changed nothing";
  if (attempts.length === 0) return [heading(` nothing: ${whyUntried(reason)}${asked}.`)];
  const left = attempts.length - MAX_ATTEMPTS;
  const changed = attempts.some(({ outcome }) => outcome !== "refused" && outcome !== "observed");
  return [
    heading(changed ? "" : " nothing was changed."),
    ...(left > 0 ? [{ text: `• (${left} earlier left out)`, spare: 0 }] : []),
    // The oldest may be left out first.
    ...attempts
      .slice(-MAX_ATTEMPTS)
      .map((attempt, index) => ({ text: `• ${attemptLine(attempt, style)}`, spare: MAX_ATTEMPTS - index })),
  ];
}

const OUTCOMES: Readonly<Record<Attempt["outcome"], string>> = {
  pending: "begun, and what came of it is not known",
  applied: "done",
  already: "there was nothing to change",
  refused: "not allowed",
  failed: "failed",
  observed: "not done",
};

function attemptLine({ action, target, by, outcome, detail }: Attempt, { foreign }: Style): string {
  const whose = by === "agent" ? " by the model" : "";
  const more = detail === "" ? "" : ` (${detail})`;
  return foreign(`${action} on ${target}${whose}: ${OUTCOMES[outcome]}${more}`, 240);
}

function modelLines({ suggestion = "", evidence = "" }: EscalationMessage, style: Style): MessageLine[] {
  const quoted = neutralCode(evidence, 400).trim();
  return [
    ...(suggestion === ""
      ? []
      : [
          {
            text: `${style.label("The model suggests:")} ${sentence(style.foreign(suggestion, 600))}`,
            spare: 20,
          },
        ]),
    ...(quoted === "" ? [] : [{ text: `${style.label("It quotes:")}\n${style.block([quoted])}`, spare: 30 }]),
  ];
}

function sentence(text: string): string {
  return /[\p{L}\p{N}`)]$/u.test(text) ? `${text}.` : text;
}
