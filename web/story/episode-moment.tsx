import type { ComponentChildren } from "preact";
import type { EpisodeRecord as EpisodeText } from "../../src/core/episode-record.ts";
import type { EpisodeRecord } from "../../src/core/incident.ts";
import { Facts } from "../shared/facts.tsx";
import { Moment } from "../shared/timeline.tsx";
import { tookWords } from "../shared/time-words.ts";
import { Took } from "../shared/times.tsx";
import { Verbatim } from "../shared/verbatim.tsx";
import { counted, dollars } from "../shared/words.ts";
import { StepView } from "./step-view.tsx";

interface EpisodeProps {
  /** What the Incident says of it. */
  readonly record: EpisodeRecord | undefined;
  /** What its transcript tells, where there is one. */
  readonly text: EpisodeText | undefined;
}

/** One episode of tier 2: what it cost, what the model was given, and then turn by turn. */
export function EpisodeMoment({
  record,
  text,
  at,
  since,
}: EpisodeProps & { readonly at: number | undefined; readonly since: number | undefined }) {
  const running = record?.outcome === "running" ? record : undefined;
  const model = text?.model || record?.model || "a model";
  const end = endOf({ record, text });
  return (
    <Moment
      title={running ? `${model} is looking at it` : `Episode of ${model}`}
      tone={running ? "busy" : end.startsWith("completed") ? "info" : "warn"}
      shape="diamond"
      at={at}
      since={since}
    >
      {text?.rehearsed === true && (
        <p class="small">
          Played by the rehearsal: recorded turns, no model was asked. The cost is an estimate; nothing was
          paid.
        </p>
      )}
      <Facts of={running ? runningRows(running) : [["Ended", end], ...costRows({ record, text })]} />
      {text === undefined ? (
        <NoTranscript record={record} />
      ) : (
        <Turns text={text} running={running !== undefined} />
      )}
    </Moment>
  );
}

type Rows = readonly (readonly [string, ComponentChildren])[];

function runningRows({ startedAt, reservedUsd = 0 }: EpisodeRecord): Rows {
  return [
    ["Running for", startedAt === undefined ? undefined : <Took from={startedAt} />],
    ["Held for it", dollars(reservedUsd)],
  ];
}

function endOf({ record, text }: EpisodeProps): string {
  const { how = record?.outcome ?? "no end is recorded", detail = "" } = text?.end ?? {};
  return detail === "" ? how : `${how}: ${detail}`;
}

function costRows({ record, text }: EpisodeProps): Rows {
  const { limits, usage } = text ?? {};
  const {
    costUsd = 0,
    turns = 0,
    tokens = 0,
  } = text?.end ?? record ?? ({} as Partial<NonNullable<EpisodeText["end"]>>);
  const cutOff = text?.end?.costKnown === false ? ", at least: it was cut off" : "";
  return [
    ["Cost", `${dollars(costUsd)}${limits === undefined ? "" : ` of ${dollars(limits.usd)}`}${cutOff}`],
    ["Turns", `${turns}${limits === undefined ? "" : ` of ${limits.turns}`}`],
    ["Tokens", `${count(tokens)}${usage === undefined ? "" : `: ${usageWords(usage)}`}`],
    ["Took", tookOf({ record, text })],
  ];
}

function usageWords({ input, cacheWrite, cacheRead, output }: NonNullable<EpisodeText["usage"]>): string {
  return `${count(input)} in, ${count(cacheWrite)} into the cache, ${count(cacheRead)} from it, ${count(output)} out`;
}

function tookOf({ record, text }: EpisodeProps): ComponentChildren {
  const { startedAt, endedAt } = record ?? {};
  if (startedAt !== undefined && endedAt !== undefined) return <Took from={startedAt} to={endedAt} />;
  return text?.seconds === undefined ? undefined : tookWords(text.seconds * 1000);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function NoTranscript({ record }: Pick<EpisodeProps, "record">) {
  return (
    <p class="soft">
      {record?.startedAt === undefined
        ? "No model was asked."
        : "Its transcript is not kept here: the medic that ran it has it."}
    </p>
  );
}

function Turns({ text, running }: { readonly text: EpisodeText; readonly running: boolean }) {
  const { steps, prompt, systemPrompt } = text;
  const turns = steps.filter(({ kind }) => kind === "turn").length;
  let number = 0;
  return (
    <>
      <details class="given">
        <summary>What it was given ({counted(prompt.length + systemPrompt.length, "character")})</summary>
        <h4>Task, with the evidence</h4>
        <Verbatim text={prompt} label="The task" />
        <h4>Instructions</h4>
        <Verbatim text={systemPrompt} label="The instructions" />
      </details>
      <ol class="turns" aria-label={counted(turns, "turn")}>
        {steps.map((step, index) => {
          if (step.kind === "turn") number += 1;
          return <StepView key={index} step={step} number={number} />;
        })}
        {running && <li class="turn soft">Waiting for the model …</li>}
      </ol>
    </>
  );
}
