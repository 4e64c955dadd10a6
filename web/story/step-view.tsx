import type { CallPart, Step } from "../../src/core/episode-steps.ts";
import type { Look } from "../shared/looks.ts";
import { Pill } from "../shared/pill.tsx";
import { exactTime } from "../shared/time-words.ts";
import { Verbatim } from "../shared/verbatim.tsx";

/** One turn of a model with its tool calls, or what happened between two. */
export function StepView({ step, number }: { readonly step: Step; readonly number: number }) {
  if (step.kind === "note")
    return (
      <li class="turn note">
        <p dir="auto">{step.text}</p>
      </li>
    );
  const at = Date.parse(step.at);
  return (
    <li class="turn">
      <h4>
        Turn {number}
        {!Number.isNaN(at) && (
          <time class="soft small figure" dateTime={step.at} title={exactTime(at)}>
            {exactTime(at).slice(11, 19)}
          </time>
        )}
      </h4>
      {step.parts.map((part, index) => {
        switch (part.kind) {
          case "text":
            return (
              <p key={index} class="said" dir="auto">
                {part.text}
              </p>
            );
          case "thought":
            return (
              <details key={index}>
                <summary>Thinking</summary>
                <Verbatim text={part.text} label="What the model thought" />
              </details>
            );
          case "call":
            return <Call key={index} call={part} />;
        }
      })}
    </li>
  );
}

const marks: Readonly<Record<"refused" | "failed" | "open", Look>> = {
  refused: { word: "refused", tone: "bad", shape: "cross" },
  failed: { word: "failed", tone: "warn", shape: "triangle" },
  open: { word: "no answer recorded", tone: "idle", shape: "ring" },
};

function Call({ call }: { readonly call: CallPart }) {
  const { tool, args, answer } = call;
  const came = answer?.came ?? "open";
  return (
    <div class={`call ${came === "refused" ? "call-refused" : ""}`}>
      <p class="call-head">
        <code class="tool">{tool}</code> {came !== "answered" && <Pill look={marks[came]} />}
      </p>
      <Arguments args={args} />
      {answer !== undefined && answer.text !== "" && (
        <Verbatim
          text={answer.text}
          label={came === "refused" ? `Why ${tool} was refused` : `What ${tool} answered`}
        />
      )}
    </div>
  );
}

function Arguments({ args }: Pick<CallPart, "args">) {
  const entries = Object.entries(args);
  if (entries.length === 0) return null;
  return (
    <dl class="arguments">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
