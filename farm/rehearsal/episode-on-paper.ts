import { taskPrompt } from "../../src/agent/task-prompt.ts";
import { episodeTools } from "../../src/agent/tools/all-tools.ts";
import type { EpisodeHands } from "../../src/controllers/ports.ts";
import { diagnose } from "../../src/core/diagnose.ts";
import type { Finding } from "../../src/core/finding.ts";
import type { Incident } from "../../src/core/incident.ts";
import { createRedactor } from "../../src/core/redact.ts";
import type { Wish } from "../../src/core/propose.ts";
import type { Policy } from "../../src/core/policy.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { viewOf } from "../../src/core/stack-view.ts";
import type { Cassette } from "./cassette.ts";
import type { ModelRequestBody } from "./messages-api.ts";
import { replay } from "./replay.ts";
import type { Played } from "./replay.ts";

/** What the cluster of an episode on paper says and does. */
export interface PaperCluster {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  /** By pod; `previous/POD` for the run before. */
  readonly logs?: Readonly<Record<string, string>>;
  readonly carryOut?: (wish: Wish) => { readonly done: boolean; readonly why: string };
}

/** An episode as it went, without the SDK and without a cluster. */
export interface PaperEpisode {
  readonly cassette: string;
  /** Every call, "get_nodes {}". */
  readonly calls: readonly string[];
  readonly wishes: readonly Wish[];
  /** What people are told, if anything. */
  readonly conclusion: {
    readonly rootCause?: string;
    readonly evidence?: string;
    readonly nextStep?: string;
  };
  /** The final statement, or what was missing. */
  readonly end: Played;
  readonly messages: Messages;
}

type Messages = ModelRequestBody["messages"];
const MOST_TURNS = 10;

/** Plays the cassettes against the words of the real prompt and the real tools, for tests. */
export async function playOnPaper(
  cassettes: readonly Cassette[],
  cluster: PaperCluster,
): Promise<PaperEpisode> {
  const calls: string[] = [];
  const { incident, findings, snapshot, hands, wishes, told } = paperTask(cluster);
  const redactor = createRedactor();
  const { pod } = incident.spec;
  const tools = episodeTools({ hands, redactor, pod, onAnswer: () => {} });
  const prompt = taskPrompt({ incident, snapshot, findings, redactor });
  const reminder = "<system-reminder>\npod: not-this-one\n</system-reminder>\n";
  let messages: Messages = [{ role: "user", content: `${reminder}${prompt}` }];
  for (let turn = 1; turn <= MOST_TURNS; turn++) {
    const end = replay(cassettes, { messages });
    if (end.kind === "lost" || end.ends)
      return { cassette: end.cassette, calls, wishes, conclusion: told.conclusion, end, messages };
    const asked = end.content.map((block, at) => ({ ...block, id: `call-${turn}-${at}` }));
    const results = [];
    for (const block of asked) {
      if (block.type !== "tool_use") continue;
      calls.push(`${block.name.replace(/^mcp__\w+?__/, "")} ${JSON.stringify(block.input)}`);
      const tool = tools.find(({ server, name }) => `mcp__${server}__${name}` === block.name);
      const answer = await tool?.run({ ...block.input }, { signal: new AbortController().signal });
      results.push({
        type: "tool_result",
        tool_use_id: block.id,
        content: [{ type: "text", text: answer?.text ?? "" }],
        is_error: answer?.isError ?? true,
      });
    }
    messages = [...messages, { role: "assistant", content: asked }, { role: "user", content: results }];
  }
  throw new Error(`no end within ${MOST_TURNS} turns`);
}

/** What an episode on this cluster is about, the hands it gets, and what came of it. */
export interface PaperTask {
  readonly incident: Incident;
  readonly findings: readonly Finding[];
  readonly snapshot: Snapshot;
  readonly hands: EpisodeHands;
  readonly wishes: readonly Wish[];
  readonly told: { readonly conclusion: PaperEpisode["conclusion"] };
}

/** The task that a medic would make of this cluster. */
export function paperTask(cluster: PaperCluster): PaperTask {
  const { snapshot, policy } = cluster;
  const findings = diagnose(viewOf(snapshot), policy);
  const pod = findings.find(({ subject }) => subject.startsWith("Pod/"))?.subject.slice(4) ?? "";
  const wishes: Wish[] = [];
  const told = { conclusion: {} };
  const hands = handsOf(cluster, wishes, told);
  return { incident: incidentOf(snapshot, pod), findings, snapshot, hands, wishes, told };
}

function incidentOf(snapshot: Snapshot, pod: string): Incident {
  const statefulSet = pod.replace(/-\d+$/, "");
  return {
    name: "ci-1-0-server-1",
    uid: "",
    resourceVersion: "",
    createdAt: snapshot.at,
    spec: {
      namespace: snapshot.namespace.name,
      client: snapshot.client,
      runId: snapshot.namespace.runId ?? "",
      statefulSet,
      statefulSetUid: "",
      pod,
    },
    status: {
      phase: "Investigating",
      tier: 2,
      reason: "",
      rootCause: "",
      findings: [],
      attempts: [],
      times: {},
    },
  };
}

function handsOf(
  { snapshot, logs, carryOut }: PaperCluster,
  wishes: Wish[],
  told: { conclusion: PaperEpisode["conclusion"] },
): EpisodeHands {
  return {
    admit: () => Promise.resolve(undefined),
    look: () => Promise.resolve(snapshot),
    logs: ({ pod, previous }) => Promise.resolve(logs?.[previous ? `previous/${pod}` : pod] ?? ""),
    showed: () => {},
    carryOut: (wish) => {
      wishes.push(wish);
      return Promise.resolve(carryOut?.(wish) ?? { done: true, why: "let pods onto it again" });
    },
    conclude: (conclusion) => {
      told.conclusion = conclusion;
      return Promise.resolve("noted");
    },
  };
}
