import { readFileSync, readdirSync, statSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import type * as WorkflowParser from "@actions/workflow-parser";

export interface DispatchInput {
  readonly type: "string" | "choice" | "boolean";
  readonly required: boolean;
  readonly default?: string;
  readonly options: readonly string[];
}

export interface WorkflowFile {
  /** The file's name, which also names the workflow in addresses. */
  readonly file: string;
  readonly path: string;
  readonly name: string;
  readonly changedAt: number;
  /** Text, or one expression in `${{ }}`. */
  readonly runName?: string;
  /** Absent when the workflow cannot be dispatched. */
  readonly inputs?: Readonly<Record<string, DispatchInput>>;
  /** What GitHub's own parser finds wrong with it. */
  readonly errors: readonly string[];
}

/** The workflows of a folder by file name; no name ever becomes part of a path. */
function workflowNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /^[\w-][\w.-]*\.ya?ml$/.test(name))
    .sort();
}

/** Reads a workflow with GitHub's own parser. */
export async function readWorkflowFile(folder: string, file: string): Promise<WorkflowFile> {
  const path = join(folder, file);
  const changedAt = Math.floor(statSync(path).mtimeMs);
  const { parseWorkflow, convertWorkflowTemplate, ...rest } = await parser();
  const { NoOperationTraceWriter, isBasicExpression, isMapping, isString } = rest;
  const parsed = parseWorkflow(
    { name: file, content: readFileSync(path, "utf8") },
    new NoOperationTraceWriter(),
  );
  const errors = parsed.context.errors.getErrors().map(({ message }) => message);
  const root = parsed.value;
  if (root === undefined) return { file, path, changedAt, name: file, errors };
  const template = await convertWorkflowTemplate(parsed.context, root);
  /** A text at the top of the file; an expression as it is written. */
  const topLevel = (key: string): string | undefined => {
    const token = isMapping(root) ? root.find(key) : undefined;
    if (token === undefined) return undefined;
    if (isBasicExpression(token)) return `\${{ ${token.expression} }}`;
    return isString(token) ? token.value : undefined;
  };
  const runName = topLevel("run-name");
  const dispatch = template.events?.workflow_dispatch;
  return {
    file,
    path,
    changedAt,
    name: topLevel("name") ?? `.github/workflows/${file}`,
    ...(runName === undefined ? {} : { runName }),
    ...(dispatch === undefined ? {} : { inputs: inputsOf(dispatch.inputs ?? {}) }),
    errors: [...errors, ...(template.errors ?? []).map(({ Message }) => Message)],
  };
}

interface ParsedInput {
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: string | boolean | number;
  readonly options?: readonly string[];
}

function inputsOf(inputs: Readonly<Record<string, ParsedInput>>): Readonly<Record<string, DispatchInput>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      {
        type: input.type === "choice" || input.type === "boolean" ? input.type : "string",
        required: input.required ?? false,
        ...(input.default === undefined ? {} : { default: String(input.default) }),
        options: input.options ?? [],
      },
    ]),
  );
}

/** The package imports JSON without saying so, which Node wants said. */
async function parser(): Promise<typeof WorkflowParser> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
    },
  });
  try {
    return await import("@actions/workflow-parser");
  } finally {
    hooks.deregister();
  }
}

/** The workflow with that file name or id, as both may stand in an address. */
export async function findWorkflow(
  folder: string,
  nameOrId: string,
  idOf: (file: string) => number,
): Promise<WorkflowFile | undefined> {
  const file = workflowNames(folder).find((name) => name === nameOrId || String(idOf(name)) === nameOrId);
  return file === undefined ? undefined : readWorkflowFile(folder, file);
}
