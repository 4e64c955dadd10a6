import type { Json } from "../core/json.ts";
import { aftermathRows, CONCLUDES } from "./episode-aftermath.ts";
import { givenRows, headRows } from "./episode-head.ts";
import type { EpisodeRecord } from "../core/episode-record.ts";
import type { CallPart, Step } from "../core/episode-steps.ts";
import { barred, fieldRows, HANG, INDENT, setIn, shorten, wrap } from "./page-text.ts";
import type { PageOptions, Paint } from "./page-text.ts";
import { oneLine, textOf } from "../core/transcript-values.ts";

const MARKS = { answered: "", refused: "refused", failed: "failed" } as const;

/** An episode as people read it. Everything from the transcript is set in, so that nothing in it passes for a heading. */
export function describeEpisode(episode: EpisodeRecord, options: PageOptions): string {
  const { paint, width } = options;
  const conclusion = conclusionOf(episode);
  const turns = episode.steps.filter(({ kind }) => kind === "turn").length;
  const blocks = [
    [
      paint("bold", `Episode of ${episode.about["incident"] ?? "an incident that is not named"}`),
      ...headRows(episode, options),
    ],
    ["What it was given", ...givenRows(episode, options)],
    ...episode.steps.map((step, at) => stepRows(step, { ...options, at, episode, conclusion })),
    ...(turns === 0 ? [[paint("dim", "No answer of a model is recorded.")]] : []),
    ...(conclusion === undefined
      ? []
      : [["Conclusion for people", "", ...fieldRows(conclusionFields(conclusion), width, paint)]]),
    ["The end", "", ...endRows(episode, width)],
    ["What came of it", "", ...aftermathRows(episode, conclusion, options)],
  ];
  return `${blocks.map((block, at) => (at === 0 ? block : headed(block, paint)).join("\n")).join("\n\n")}\n`;
}

function headed([title = "", ...rows]: readonly string[], paint: Paint): string[] {
  return [title.startsWith("\u001b") ? title : paint("bold", title), ...rows];
}

interface StepOptions extends PageOptions {
  readonly at: number;
  readonly episode: EpisodeRecord;
  readonly conclusion: CallPart | undefined;
}

function stepRows(step: Step, options: StepOptions): string[] {
  const { paint, width, at, episode } = options;
  if (step.kind === "note") return [paint("yellow", "Not a turn"), "", ...setIn(wrap(step.text, width - 2))];
  const number = episode.steps.slice(0, at + 1).filter(({ kind }) => kind === "turn").length;
  const time = step.at === "" ? "" : `  ${paint("dim", step.at.slice(11, 19))}`;
  const parts = step.parts.map((part) => {
    if (part.kind === "call") return callRows(part, options);
    const rows = setIn(wrap(part.text, width - 2));
    return part.kind === "thought" ? [`${INDENT}${paint("dim", "(thinking)")}`, ...rows] : rows;
  });
  return [`${paint("bold", `Turn ${number}`)}${time}`, ...parts.flatMap((rows) => ["", ...rows])];
}

function callRows(call: CallPart, { width, full, paint, conclusion }: StepOptions): string[] {
  const { tool, args, answer } = call;
  const mark = answer === undefined ? "no answer is recorded" : MARKS[answer.came];
  const marked = mark === "" ? "" : `  ${paint("red", `✗ ${mark}`)}`;
  const fields = Object.entries(args).map(([name, value]): [string, string] => [
    oneLine(name),
    textOf(typeof value === "string" ? value : JSON.stringify(value)),
  ]);
  const inline = fields.map(([name, value]) => `${name}: ${value}`).join(", ");
  const head = `${INDENT}${paint("bold", `▸ ${tool}`)}`;
  const rows = answerRows(call, { width, full, paint });
  if (call === conclusion && !full)
    return [`${head}  ${paint("dim", "its conclusion, below")}${marked}`, ...rows];
  if (inline === "") return [`${head}${marked}`, ...rows];
  if (!inline.includes("\n") && tool.length + inline.length + mark.length + 12 <= width)
    return [`${head}  ${inline}${marked}`, ...rows];
  return [`${head}${marked}`, ...setIn(fieldRows(fields, width - 2, paint)), ...rows];
}

/** Long lines of a log have two rows each; the newest lines of it are its last. */
function answerRows(
  { answer }: CallPart,
  { width, full, paint }: Pick<PageOptions, "width" | "full" | "paint">,
): string[] {
  if (answer === undefined) {
    const words = "whether it was carried out stands in the audit log";
    return [`${INDENT}${paint("dim", `│ ${words}`)}`];
  }
  if (full || answer.came !== "answered") return barred(wrap(answer.text, width - 4, HANG), paint);
  const lines = answer.text.trimEnd().split("\n");
  const rows = shorten(lines, { head: 7, tail: 4 }).flatMap((line) => {
    const [first = "", second, ...more] = wrap(line, width - 4, HANG);
    if (second === undefined) return [first];
    return [first, more.length === 0 ? second : `${second.slice(0, width - 6)} …`];
  });
  return barred(rows, paint);
}

/** The last one that was taken: calling again replaces it. */
function conclusionOf({ steps }: EpisodeRecord): CallPart | undefined {
  const calls = steps.flatMap((step) => (step.kind === "turn" ? step.parts : []));
  return calls
    .filter((part): part is CallPart => part.kind === "call")
    .findLast(({ tool, answer }) => tool === CONCLUDES && answer?.came === "answered");
}

function conclusionFields({ args }: CallPart): [string, string][] {
  const field = (name: string, value: Json | undefined): [string, string][] =>
    textOf(value) === "" ? [] : [[name, textOf(value)]];
  return [
    ...field("root cause", args["root_cause"]),
    ...field("evidence", args["evidence"]),
    ...field("next step", args["next_step"]),
  ];
}

function endRows({ end, steps }: EpisodeRecord, width: number): string[] {
  const say = (words: string): string[] => setIn(wrap(words, width - 2));
  if (end === undefined)
    return say("No end is recorded: it still runs, or the medic was killed in it. It is not begun again.");
  const turns = steps.filter((step) => step.kind === "turn");
  const last = turns.at(-1)?.parts.flatMap((part) => (part.kind === "text" ? [part.text] : []));
  const ended = end.how === "completed" ? "completed: the model stopped by itself" : end.how;
  const words = end.detail === "" ? `${ended}.` : `${ended}: ${end.detail}`;
  const known = last?.join("\n") === end.lastText;
  return [
    ...say(known ? `${words} Its last words are those of turn ${turns.length}.` : words),
    ...(known || end.lastText === "" ? [] : ["", ...say(end.lastText)]),
  ];
}
