import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import type { DispatchInput, WorkflowFile } from "./workflow-file.ts";

type Context = Readonly<Record<string, string>>;

/** The title of a run: the workflow's `run-name` as GitHub's own library of expressions evaluates it, or its name. */
export function titleOf(workflow: WorkflowFile, inputs: Context, github: Context): string {
  const { runName = "", name } = workflow;
  const expression = /^\$\{\{ ([\s\S]*) \}\}$/.exec(runName)?.[1];
  const title = expression === undefined ? runName : evaluate(expression, workflow, { inputs, github });
  return title.trim() || name;
}

function evaluate(
  expression: string,
  workflow: WorkflowFile,
  { inputs, github }: { readonly inputs: Context; readonly github: Context },
): string {
  const typed = Object.entries(workflow.inputs ?? {}).map(([name, input]) => ({
    key: name,
    value: valueOf(input, inputs[name] ?? ""),
  }));
  const contexts = new data.Dictionary(
    { key: "inputs", value: new data.Dictionary(...typed) },
    {
      key: "github",
      value: new data.Dictionary(
        ...Object.entries(github).map(([key, value]) => ({ key, value: new data.StringData(value) })),
      ),
    },
  );
  const parsed = new Parser(new Lexer(expression).lex().tokens, ["inputs", "github"], []).parse();
  return new Evaluator(parsed, contexts).evaluate().coerceString();
}

/** A boolean input is a real boolean in expressions. */
function valueOf({ type }: DispatchInput, text: string): data.StringData | data.BooleanData {
  return type === "boolean" ? new data.BooleanData(text === "true") : new data.StringData(text);
}
