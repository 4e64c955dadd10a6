import type { EpisodeTool } from "../episode-tool.ts";
import { readTools } from "./k8s-read.ts";
import { writeTools } from "./k8s-write.ts";
import { notifyTools } from "./notify.ts";
import { gated } from "./tool-kit.ts";
import type { ToolContext } from "./tool-kit.ts";

/** The ten tools of an episode, each behind the gate. */
export function episodeTools(context: ToolContext): readonly EpisodeTool[] {
  const drafts = [...readTools(context), ...writeTools(context), ...notifyTools(context)];
  return drafts.map((draft) => gated(draft, context));
}
