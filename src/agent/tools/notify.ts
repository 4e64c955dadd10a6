import { z } from "zod";
import { capText } from "../../core/cap-text.ts";
import { harmless } from "../present.ts";
import { named } from "./tool-kit.ts";
import type { ToolContext, ToolDraft } from "./tool-kit.ts";

const ROOT_CAUSE_BYTES = 1200;
const MORE_BYTES = 600;

/** The one tool that speaks to people. It notes; the medic sends, once, and only when the stack does not become ready. */
export function notifyTools({ hands, redactor }: ToolContext): readonly ToolDraft[] {
  const told = (value: unknown, bytes: number): string =>
    capText(harmless(typeof value === "string" ? value : "", redactor).trim(), bytes);
  return [
    {
      server: "notify",
      readOnly: false,
      destructive: false,
      kind: "conclude",
      name: "rocketchat",
      description:
        "Hands the stack to people with your conclusion. One message is sent after this episode, unless the stack becomes ready; calling again replaces the conclusion, it sends no second message. After it nothing can be changed any more.",
      input: {
        root_cause: z
          .string()
          .describe("The root cause in one or two sentences: which object, what is wrong, how you know."),
        evidence: z.string().optional().describe("The one or two facts that show it, quoted."),
        next_step: z.string().optional().describe("What a person should do first."),
      },
      async answer(args, call) {
        const rootCause = told(args["root_cause"], ROOT_CAUSE_BYTES);
        if (rootCause === "") return { text: "root_cause is empty: say what is wrong.", isError: true };
        const noted = await hands.conclude(
          {
            rootCause,
            ...named("evidence", told(args["evidence"], MORE_BYTES)),
            ...named("nextStep", told(args["next_step"], MORE_BYTES)),
          },
          call,
        );
        return {
          text: `Your conclusion is ${noted}. It is sent once, when this episode has ended and the stack is not ready. Stop here.`,
          isError: false,
        };
      },
    },
  ];
}
