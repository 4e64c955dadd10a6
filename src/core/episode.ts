/** What one tool call wants to do. */
export interface ToolCall {
  readonly tool: string;
  readonly kind: "read" | "write" | "conclude";
  /** The node that an uncordon names. */
  readonly node?: string;
}

/** Where an episode stands: decides on its own what the model may still do in it. */
export interface EpisodeState {
  /** The latch: once it is closed nothing runs any more. */
  readonly open: boolean;
  /** Why it is closed. */
  readonly closedBecause: string;
  readonly calls: number;
  readonly writes: number;
  readonly conclusions: number;
  /** Nodes that get_nodes has shown as cordoned in this episode. */
  readonly cordonedShown: readonly string[];
  /** Names of the tools called, in order, also of the calls that were refused. */
  readonly tools: readonly string[];
}

/** Calls that are answered in one episode: with the size of an answer they bound what a turn can cost. */
export const CALLS_PER_EPISODE = 20;
/** Writes that the model may ask for in one episode, allowed or not. */
export const WRITES_PER_EPISODE = 5;
/** Conclusions in one episode; each replaces the one before. */
const CONCLUSIONS_PER_EPISODE = 3;
/** Names kept in the Incident. */
const TOOLS_KEPT = 60;

export const newEpisode: EpisodeState = {
  open: true,
  closedBecause: "",
  calls: 0,
  writes: 0,
  conclusions: 0,
  cordonedShown: [],
  tools: [],
};

export interface Admission {
  readonly admitted: boolean;
  /** For the model: why not. */
  readonly why: string;
  readonly state: EpisodeState;
}

/** Whether a call may go on to its handler, and the state after it was asked. Fails closed. */
export function admit(state: EpisodeState, call: ToolCall): Admission {
  const tools = state.tools.length < TOOLS_KEPT ? [...state.tools, call.tool] : state.tools;
  const isWrite = call.kind === "write";
  const next = {
    ...state,
    tools,
    calls: state.calls + 1,
    writes: state.writes + (isWrite ? 1 : 0),
  };
  const why = refusal(state, call);
  if (why !== undefined) return { admitted: false, why, state: next };
  return {
    admitted: true,
    why: "",
    state: { ...next, conclusions: state.conclusions + (call.kind === "conclude" ? 1 : 0) },
  };
}

function refusal(state: EpisodeState, { kind, node }: ToolCall): string | undefined {
  if (!state.open) return `This episode is over: ${state.closedBecause}.`;
  if (state.calls >= CALLS_PER_EPISODE && kind !== "conclude")
    return `All ${CALLS_PER_EPISODE} tool calls of this episode are used up. Conclude with rocketchat, or stop.`;
  if (kind === "conclude" && state.conclusions >= CONCLUSIONS_PER_EPISODE)
    return "Your conclusion is noted; stop here.";
  if (kind !== "write") return undefined;
  if (state.conclusions > 0)
    return "You have handed this stack to people with rocketchat; nothing is changed after that.";
  if (state.writes >= WRITES_PER_EPISODE)
    return `All ${WRITES_PER_EPISODE} changes that may be asked for in one episode are used up.`;
  if (node !== undefined && !state.cordonedShown.includes(node))
    return `get_nodes has not shown ${node} as cordoned in this episode. Look with get_nodes first.`;
  return undefined;
}

/** After get_nodes: what it showed. */
export function sawNodes(state: EpisodeState, cordoned: readonly string[]): EpisodeState {
  return { ...state, cordonedShown: [...new Set([...state.cordonedShown, ...cordoned])] };
}

/** Closes the latch; the first reason stays. */
export function closed(state: EpisodeState, because: string): EpisodeState {
  return state.open ? { ...state, open: false, closedBecause: because } : state;
}
