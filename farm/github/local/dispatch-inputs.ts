import type { DispatchInput, WorkflowFile } from "./workflow-file.ts";

/** As the API's description has it. */
const MOST_INPUTS = 25;

export type Checked =
  | { readonly inputs: Readonly<Record<string, string>> }
  /** What GitHub would say with its 422. */
  | { readonly refusal: string };

/**
 * Checks the inputs of a dispatch against the workflow, as GitHub does before there is a run, and fills in the defaults.
 * What executes the workflow here checks nothing.
 */
export function checkInputs(workflow: WorkflowFile, given: Readonly<Record<string, unknown>>): Checked {
  const { inputs: declared, errors } = workflow;
  if (errors.length > 0) return { refusal: `failed to parse workflow: ${errors[0]}` };
  if (declared === undefined) return { refusal: "Workflow does not have 'workflow_dispatch' trigger" };
  if (Object.keys(given).length > MOST_INPUTS) {
    return { refusal: `Invalid request.\n\nNo more than ${MOST_INPUTS} properties are allowed in inputs.` };
  }
  const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(declared, name));
  if (unexpected.length > 0) return { refusal: `Unexpected inputs provided: ${JSON.stringify(unexpected)}` };
  const values: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    const value = valueOf(given[name], input);
    const refusal = refusalOf(name, input, value);
    if (refusal !== undefined) return { refusal };
    if (value !== undefined && value !== "") values[name] = value;
  }
  return { inputs: values };
}

/** `undefined` for what is no scalar; "" for what is not there. */
function valueOf(given: unknown, input: DispatchInput): string | undefined {
  if (given === undefined || given === "") return input.default ?? (input.type === "boolean" ? "false" : "");
  if (typeof given === "string") return given;
  return typeof given === "boolean" || typeof given === "number" ? String(given) : undefined;
}

function refusalOf(name: string, input: DispatchInput, value: string | undefined): string | undefined {
  if (value === undefined) return `Provided value for input '${name}' is not a string`;
  if (value === "") return input.required ? `Required input '${name}' not provided` : undefined;
  if (input.type === "choice" && !input.options.includes(value)) {
    return `Provided value '${value}' for input '${name}' not in the list of allowed values`;
  }
  if (input.type === "boolean" && !["true", "false"].includes(value)) {
    return `Provided value '${value}' for input '${name}' is not a boolean`;
  }
  return undefined;
}
