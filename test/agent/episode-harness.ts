import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { z } from "zod";
import {
  startMessagesApi,
  type Block,
  type MessagesApi,
  type ModelReply,
  type ModelRequest,
} from "../../farm/rehearsal/messages-api.ts";
import type { EpisodeTool, ToolAnswer } from "../../src/agent/episode-tool.ts";
import { createEpisodeRunner, type EpisodeRequest, type EpisodeRunner } from "../../src/agent/run-episode.ts";
import type { ModelProvider } from "../../src/agent/child-environment.ts";
import type { Clock, EpisodeLimits, EpisodeOutcome } from "../../src/controllers/ports.ts";

/** What a test changes of an ordinary episode: two tools, everything allowed, a model that says "Done." */
export interface Scene {
  /** Answers one after another, then "Done."; or a function. */
  readonly replies?:
    | readonly ModelReply[]
    | ((request: ModelRequest, index: number, stage: Stage) => ModelReply);
  readonly tools?: readonly EpisodeTool[];
  readonly limits?: Partial<EpisodeLimits>;
  readonly prompt?: string;
  readonly incident?: string;
  readonly provider?: ModelProvider;
  /** In place of Anthropic's variables, given the rehearsal's address. */
  readonly environment?: (url: string) => Record<string, string>;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly workDir?: string;
  readonly onMessage?: (message: Message) => void;
  readonly canUse?: EpisodeRequest["canUse"];
}

/** What can be done and seen while the episode runs. */
export interface Stage {
  readonly workDir: string;
  childPid(): number;
}

export interface Message {
  readonly type: string;
  readonly subtype?: string;
  readonly [field: string]: unknown;
}

export interface Played {
  readonly outcome: EpisodeOutcome;
  readonly requests: readonly ModelRequest[];
  readonly messages: readonly Message[];
  /** The handlers that ran, the fence, and the latch, in their order. */
  readonly events: readonly string[];
  /** What the model was told of its calls, in their order. */
  readonly answers: readonly string[];
}

/** Plays one episode of the real SDK against the rehearsal; no process and no file may be left of it. */
export async function play(t: TestContext, scene: Scene = {}): Promise<Played> {
  const workDir = scene.workDir ?? temporaryFolder(t);
  const incident = scene.incident ?? "incident-1";
  const stage: Stage = { workDir, childPid: () => childPid(workDir, incident) };
  const api = await rehearse(t, scene.replies ?? [], stage);
  const events: string[] = [];
  const messages: Message[] = [];
  const signal = scene.signal ?? new AbortController().signal;
  const outcome = await runnerOf(scene, workDir, api.url).run(
    {
      ...requestOf(scene, incident, events),
      onMessage(message) {
        messages.push(message as Message);
        scene.onMessage?.(message as Message);
      },
    },
    { signal },
  );
  assertNothingLeft(workDir, incident);
  assert.equal(events.filter((event) => event === "latch").length, 1, "latched once");
  return { outcome, requests: api.requests, messages, events, answers: answersIn(api.requests.at(-1)) };
}

function runnerOf(scene: Scene, workDir: string, url: string): EpisodeRunner {
  return createEpisodeRunner({
    provider: scene.provider ?? "anthropic",
    environment: {
      PATH: process.env["PATH"] ?? "",
      ...(scene.environment?.(url) ?? { ANTHROPIC_API_KEY: "rehearsal", ANTHROPIC_BASE_URL: url }),
    },
    workDir,
    ...(scene.clock === undefined ? {} : { clock: scene.clock }),
  });
}

function requestOf(scene: Scene, incident: string, events: string[]): Omit<EpisodeRequest, "onMessage"> {
  return {
    incident,
    systemPrompt: "You repair test stacks.",
    prompt: scene.prompt ?? "The stack is not ready.",
    tools: (scene.tools ?? [readTool(), writeTool()]).map((tool) => watched(tool, events)),
    limits: {
      model: "claude-sonnet-4-6",
      maxTurns: 12,
      maxBudgetUsd: 0.5,
      timeoutMs: 120_000,
      ...scene.limits,
    },
    onLatch: () => events.push("latch"),
    canUse: scene.canUse ?? (() => ({ allowed: true })),
  };
}

/** The rehearsal for one test. */
export async function rehearse(
  t: TestContext,
  replies: Scene["replies"] & {},
  stage: Stage,
): Promise<MessagesApi> {
  const respond = (request: ModelRequest, index: number): ModelReply =>
    typeof replies === "function" ? replies(request, index, stage) : (replies[index] ?? says("Done."));
  const api = await startMessagesApi({ respond });
  t.after(() => api.close());
  return api;
}

/** A folder that is removed with the test, as are the agents that work in it. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "episode-test-"));
  t.after(() => {
    // What a failed test left running.
    for (const pid of processesOf(folder)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

export function says(text: string): ModelReply & { kind: "message" } {
  return { kind: "message", content: [{ type: "text", text }] };
}

export function calls(
  ...blocks: readonly [name: string, input?: object][]
): ModelReply & { kind: "message" } {
  return {
    kind: "message",
    content: blocks.map(([name, input = {}]): Block => ({ type: "tool_use", name, input })),
  };
}

export const read = "mcp__k8s__get_pod";
export const write = "mcp__k8s__delete_pod";

export function readTool(run?: EpisodeTool["run"]): EpisodeTool {
  return toolNamed("get_pod", { readOnly: true, ...(run === undefined ? {} : { run }) });
}

export function writeTool(run?: EpisodeTool["run"]): EpisodeTool {
  return toolNamed("delete_pod", { destructive: true, ...(run === undefined ? {} : { run }) });
}

export function toolNamed(name: string, more: Partial<EpisodeTool> = {}): EpisodeTool {
  return {
    server: "k8s",
    name,
    description: `Does ${name}.`,
    input: { pod: z.string().optional() },
    readOnly: false,
    destructive: false,
    run: async () => ({ text: `${name} answered.`, isError: false }),
    ...more,
  };
}

function watched(tool: EpisodeTool, events: string[]): EpisodeTool {
  return {
    ...tool,
    async run(args, call): Promise<ToolAnswer> {
      events.push(`${tool.name} ${JSON.stringify(args)}`);
      const answer = await tool.run(args, call);
      events.push(`${tool.name} ended`);
      return answer;
    },
  };
}

/** The texts of the tool results in a request, "error: " before those that are one. */
function answersIn(request: ModelRequest | undefined): string[] {
  return (request?.body.messages ?? []).flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content
          .filter(({ type }) => type === "tool_result")
          .map(({ content, is_error }) => `${is_error === true ? "error: " : ""}${textOf(content)}`),
  );
}

function textOf(content: string | readonly { readonly text?: string }[] | undefined): string {
  return typeof content === "string" ? content : (content ?? []).map(({ text }) => text ?? "").join("");
}

/** The agent's process of a running episode, as its record says. */
export function childPid(workDir: string, incident: string): number {
  return (JSON.parse(readFileSync(join(workDir, `${incident}.child`), "utf8")) as { pid: number }).pid;
}

/** The agents whose files lie in the folder. */
export function processesOf(workDir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).some((line) => line.startsWith(`CLAUDE_CONFIG_DIR=${workDir}/`)));
}

export function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}

function assertNothingLeft(workDir: string, incident: string): void {
  const own = readdirSync(workDir).filter((name) => name.startsWith(incident));
  assert.deepEqual(own, [], "files are left");
  const left = processesOf(workDir).filter((pid) =>
    environmentOf(pid).some((line) => line.startsWith(`CLAUDE_CONFIG_DIR=${workDir}/${incident}-`)),
  );
  assert.deepEqual(left, [], "processes are left");
}
