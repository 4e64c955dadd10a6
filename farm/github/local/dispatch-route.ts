import type { Context } from "hono";
import { z } from "zod";
import { messageOf } from "../../../src/lib/medic-error.ts";
import { checkInputs } from "./dispatch-inputs.ts";
import { notFound, refuse } from "./guard.ts";
import { apiUrl } from "./repository-shape.ts";
import type { Repository } from "./repository-shape.ts";
import { titleOf } from "./run-name.ts";
import type { Runs } from "./runs.ts";
import { pageOf, workflowId } from "./shapes.ts";
import { findWorkflow } from "./workflow-file.ts";
import type { WorkflowFile } from "./workflow-file.ts";

export interface DispatchDeps {
  readonly repository: Repository;
  /** The folder of workflow files. */
  readonly workflows: string;
  readonly runs: Runs;
  /** The commit that is checked out. */
  readonly sha: () => Promise<string>;
  /** Seconds to wait, or 0. */
  readonly takeTurn: () => number;
  /** Whether a dispatch that asks for it is told the run's id; older servers know no such question. */
  readonly namesRuns: boolean;
}

const body = z.object({
  ref: z.string().min(1),
  // No record: that would drop a key such as __proto__ instead of seeing it refused.
  inputs: z.custom<Readonly<Record<string, unknown>>>(isObject, "it is no object").default({}),
  return_run_details: z.boolean().default(false),
});

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Starts a run, or says what GitHub would say. */
export async function dispatchRoute(context: Context, deps: DispatchDeps): Promise<Response> {
  const { repository, runs } = deps;
  const workflow = await findWorkflow(deps.workflows, context.req.param("workflow") ?? "", workflowId);
  if (workflow === undefined) return notFound(context);
  const json = await readJson(context);
  if (json === undefined) return refuse(context, 400, "Problems parsing JSON");
  const request = body.safeParse(json);
  if (!request.success) return refuse(context, 422, invalid(request.error));
  const { ref, return_run_details: wantsDetails } = request.data;
  if (![repository.branch, `refs/heads/${repository.branch}`].includes(ref)) {
    return refuse(context, 422, `No ref found for: ${ref}`);
  }
  const checked = checkInputs(workflow, request.data.inputs);
  if ("refusal" in checked) return refuse(context, 422, checked.refusal);
  const wait = deps.takeTurn();
  if (wait > 0) {
    context.header("retry-after", String(wait));
    return refuse(
      context,
      403,
      "You have exceeded a secondary rate limit. Please wait before you try again.",
    );
  }
  const sha = await deps.sha();
  const title = titleFor(workflow, checked.inputs, { repository, sha });
  if ("refusal" in title) return refuse(context, 422, title.refusal);
  const { file, path, name } = workflow;
  const { id } = runs.start({
    workflow: file,
    path,
    workflowName: name,
    title: title.text,
    inputs: checked.inputs,
    sha,
  });
  if (!wantsDetails || !deps.namesRuns) return context.body(null, 204);
  return context.json({
    workflow_run_id: id,
    run_url: `${apiUrl(repository)}/actions/runs/${id}`,
    html_url: pageOf(repository, id),
  });
}

function titleFor(
  workflow: WorkflowFile,
  inputs: Readonly<Record<string, string>>,
  { repository, sha }: { readonly repository: Repository; readonly sha: string },
): { readonly text: string } | { readonly refusal: string } {
  const { owner, repo, branch } = repository;
  const github = {
    actor: owner,
    event_name: "workflow_dispatch",
    ref: `refs/heads/${branch}`,
    ref_name: branch,
    repository: `${owner}/${repo}`,
    sha,
  };
  try {
    return { text: titleOf(workflow, inputs, github) };
  } catch (error) {
    return { refusal: `failed to parse workflow: run-name: ${messageOf(error)}` };
  }
}

async function readJson(context: Context): Promise<unknown> {
  try {
    return (await context.req.json()) as unknown;
  } catch {
    return undefined;
  }
}

function invalid(error: z.ZodError): string {
  const [issue] = error.issues;
  return `Invalid request.\n\nFor 'properties/${issue?.path.join("/") ?? ""}', ${issue?.message ?? "it is not valid"}.`;
}
