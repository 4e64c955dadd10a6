import type { EpisodeHands } from "../../controllers/ports.ts";
import type { Redactor } from "../../core/redact.ts";
import { messageOf } from "../../lib/medic-error.ts";
import type { EpisodeTool, ToolAnswer } from "../episode-tool.ts";
import { present } from "../present.ts";

export interface ToolContext {
  readonly hands: EpisodeHands;
  readonly redactor: Redactor;
  /** The pod and StatefulSet that the incident is about. */
  readonly pod: string;
  /** Told of every answer, for the metrics. */
  readonly onAnswer: (tool: string, outcome: "answered" | "failed") => void;
}

type Args = Readonly<Record<string, unknown>>;
type Call = Parameters<EpisodeTool["run"]>[1];

/** A tool before the gate is put around it. */
export interface ToolDraft extends Omit<EpisodeTool, "run"> {
  readonly kind: "read" | "write" | "conclude";
  readonly answer: (args: Args, call: Call) => Promise<ToolAnswer>;
}

/**
 * The gate around every tool: asked first, refused in words, whatever the handler throws turned into words, and every
 * answer masked, made harmless and cut before the model sees it.
 */
export function gated(draft: ToolDraft, context: ToolContext): EpisodeTool {
  const { kind, answer, ...tool } = draft;
  const told = ({ text, isError }: ToolAnswer): ToolAnswer => ({
    text: present(text, context.redactor),
    isError,
  });
  return {
    ...tool,
    async run(args, call) {
      try {
        const why = await context.hands.admit({
          tool: tool.name,
          kind,
          arguments: args,
          ...named("namespace", args["namespace"]),
          ...named("pod", args["pod"]),
          ...named("statefulSet", args["statefulset"]),
          ...named("node", args["node"]),
        });
        if (why !== undefined) return told({ text: `Not permitted. ${why}`, isError: true });
        const answered = await answer(args, call);
        context.onAnswer(tool.name, "answered");
        return told(answered);
      } catch (error) {
        context.onAnswer(tool.name, "failed");
        return told({ text: `${tool.name} did not work: ${messageOf(error)}`, isError: true });
      }
    },
  };
}

/** An argument that was given; an empty one was not. */
export function named<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === "string" && value !== "" ? ({ [key]: value } as Record<K, string>) : {};
}

export function say(text: string): ToolAnswer {
  return { text, isError: false };
}
