import { readConversation } from "../../farm/rehearsal/conversation.ts";
import { startMessagesApi } from "../../farm/rehearsal/messages-api.ts";
import type { Block, MessagesApi, ModelReply, ModelRequest } from "../../farm/rehearsal/messages-api.ts";
import { CLIENT, POD } from "./outage.ts";
import type { Outage } from "./outage.ts";

/** How the model's endpoint behaves; `dead`: nobody listens. */
export type Mood = "well" | "hanging" | "overloaded" | "breaking off" | "dead";

/** The model's stand-in on the loopback interface: it plays one script for each kind of outage. */
export class Model {
  readonly url: string;
  readonly #find: (namespace: string) => Outage | undefined;
  readonly #onTurn: (outage: Outage, turn: number) => Promise<void>;
  #api: MessagesApi | undefined;
  #mood: Mood = "well";

  private constructor(options: ModelOptions, url: string) {
    this.#find = options.find;
    this.#onTurn = options.onTurn;
    this.url = url;
  }

  static async start(options: ModelOptions): Promise<Model> {
    const ahead: { model?: Model } = {};
    const respond = (request: ModelRequest): Promise<ModelReply> =>
      ahead.model?.answer(request) ?? Promise.resolve(overloaded);
    const api = await startMessagesApi({ respond });
    const model = new Model(options, api.url);
    ahead.model = model;
    model.#api = api;
    return model;
  }

  async become(mood: Mood): Promise<void> {
    this.#mood = mood;
    if (mood === "dead") return this.close();
    const port = Number(new URL(this.url).port);
    this.#api ??= await startMessagesApi({ port, respond: (request) => this.answer(request) });
  }

  async close(): Promise<void> {
    const api = this.#api;
    this.#api = undefined;
    await api?.close();
  }

  async answer({ body }: ModelRequest): Promise<ModelReply> {
    if (this.#mood === "hanging") return { kind: "hang" };
    if (this.#mood === "overloaded") return overloaded;
    const { prompt, turns } = readConversation(body);
    const outage = this.#find(/namespace: (\S+)/.exec(prompt)?.[1] ?? "");
    if (outage === undefined) return says({ type: "text", text: "There is nothing to do." });
    await this.#onTurn(outage, turns.length);
    const reply = says(...(script(outage)[turns.length] ?? [{ type: "text", text: "That is all." }]));
    return this.#mood === "breaking off" ? { ...reply, kind: "half" } : reply;
  }
}

interface ModelOptions {
  /** The outage of a namespace. */
  readonly find: (namespace: string) => Outage | undefined;
  /** Told before each turn of an episode, the first being 0. */
  readonly onTurn: (outage: Outage, turn: number) => Promise<void>;
}

const overloaded: ModelReply = {
  kind: "error",
  status: 529,
  type: "overloaded_error",
  message: "Overloaded",
};

function says(...content: readonly Block[]): ModelReply & { kind: "message" } {
  return { kind: "message", content };
}

/** The turns of an episode. Some ask for what is not permitted, as a model may. */
function script({ kind, node, restarts }: Outage): readonly (readonly Block[])[] {
  if (kind.name === "cordoned node")
    return [[k8s("get_nodes")], [k8s("uncordon_node", { node, reason: "the pod waits for it" })]];
  const forbidden = [
    k8s("restart_pod", { namespace: "crowd-01", pod: POD }),
    k8s("reconcile_to_intent", {}),
    k8s("uncordon_node", { node: "fake-1" }),
  ];
  return [
    [k8s("get_pod_status"), k8s("get_pod_events")],
    restarts && kind.name === "never ready" ? [k8s("restart_pod", { pod: POD })] : forbidden,
    [
      {
        type: "tool_use",
        name: "mcp__notify__rocketchat",
        input: { root_cause: `The server of client ${CLIENT} cannot start as it is declared.` },
      },
    ],
  ];
}

function k8s(tool: string, input: object = {}): Block {
  return { type: "tool_use", name: `mcp__k8s__${tool}`, input };
}
