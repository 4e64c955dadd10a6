import { PROMPT_FIELDS } from "./cassette.ts";
import type { Fact, Take } from "./cassette.ts";
import type { Answer } from "./conversation.ts";
import { MissingValue, fill, patternOf } from "./template.ts";
import type { Values } from "./template.ts";

/** What there is to look in: the prompt, and the answers to the turn before. */
export interface Evidence {
  readonly prompt: string;
  readonly answers: readonly Answer[];
}

export type Proof =
  | { readonly found: true; readonly values: Values }
  | { readonly found: false; readonly missing: string };

/** Whether everything that a take needs is there: its captures with the values so far, or the first thing missing. */
export function prove(take: Take, evidence: Evidence, values: Values): Proof {
  let known = values;
  for (const fact of take.needs) {
    try {
      const captured = proveFact(fact, evidence, known);
      if (captured === undefined)
        return { found: false, missing: `"${fact.fact}" in ${whereOf(fact, evidence, known)}` };
      known = { ...known, ...captured };
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      return { found: false, missing: `"${fact.fact}" in ${fact.in}: ${error.message}` };
    }
  }
  return { found: true, values: known };
}

/** The fields of the task prompt: the first line of each, for what follows may be untrusted text. */
export function promptValues(prompt: string): Values {
  return Object.fromEntries(
    PROMPT_FIELDS.flatMap((field) => {
      const line = new RegExp(`^[\\s>*\`-]*${field}[\`*]*\\s*:[\\s\`*"]*([^\\s\`*"]+)`, "im").exec(prompt);
      return line?.[1] === undefined ? [] : [[field, line[1]]];
    }),
  );
}

function proveFact(fact: Fact, evidence: Evidence, values: Values): Values | undefined {
  for (const text of placesOf(fact, evidence, values)) {
    const lines = fact.within === "line" ? text.split("\n") : [text];
    for (const line of fact.take === "last" ? lines.toReversed() : lines) {
      const captured = matchAll(fact, line, values);
      if (captured !== undefined) return captured;
    }
  }
  return undefined;
}

function matchAll(fact: Fact, text: string, values: Values): Values | undefined {
  if (fact.lacks.some((pattern) => patternOf(pattern, values).test(text))) return undefined;
  let captured: Values = {};
  for (const pattern of fact.has) {
    const match = patternOf(pattern, values).exec(text);
    if (match === null) return undefined;
    captured = { ...captured, ...filled(match.groups) };
  }
  return captured;
}

/** Groups of a branch that did not match say nothing. */
function filled(groups: Readonly<Record<string, string | undefined>> | undefined): Values {
  return Object.fromEntries(
    Object.entries(groups ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value.trim()]],
    ),
  );
}

function placesOf(fact: Fact, { prompt, answers }: Evidence, values: Values): string[] {
  if (fact.in === "prompt") return [prompt];
  return answers
    .filter(({ tool, failed }) => tool === fact.in && failed === fact.failed)
    .filter(({ args }) =>
      Object.entries(fact.of).every(([name, value]) => String(args[name]) === fill(value, values)),
    )
    .map(({ text }) => text);
}

/** Says also when the tool was not called at all, or answered with an error. */
function whereOf(fact: Fact, evidence: Evidence, values: Values): string {
  if (fact.in === "prompt") return "the task prompt";
  const of = Object.entries(fact.of).map(([name, value]) => `${name} ${fill(value, values)}`);
  const tool = of.length === 0 ? fact.in : `${fact.in} (${of.join(", ")})`;
  const mine = evidence.answers.filter((answer) => answer.tool === fact.in);
  if (mine.length === 0) return `${tool}, which did not answer in this turn`;
  if (mine.every(({ failed }) => failed !== fact.failed))
    return `${tool}, which answered ${fact.failed ? "without" : "with"} an error`;
  return `the answer of ${tool}`;
}
