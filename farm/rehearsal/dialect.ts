import { bedrockFrame } from "./bedrock-stream.ts";
import type { StreamEvent } from "./stream-events.ts";

/** What a provider's way of asking the same thing differs in. */
export interface Dialect {
  /** From the path, for providers whose body does not name the model. */
  readonly model?: string;
  /** `undefined`: the body says so. */
  readonly stream?: boolean;
  readonly contentType: string;
  frame(event: StreamEvent): string | Buffer;
}

const serverSentEvents = {
  contentType: "text/event-stream",
  frame: (event: StreamEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
};
const awsEventStream = { contentType: "application/vnd.amazon.eventstream", frame: bedrockFrame };

/** The dialect of a path that asks the model something: Anthropic's own, Bedrock's or Vertex'. */
export function dialectOf(path: string): Dialect | undefined {
  if (/^\/v1\/messages(?:\?|$)/.test(path)) return serverSentEvents;
  const [, bedrockModel, invoke] =
    /^\/model\/([^/?]+)\/(invoke|invoke-with-response-stream)(?:\?|$)/.exec(path) ?? [];
  if (bedrockModel !== undefined) {
    return {
      ...awsEventStream,
      model: decodeURIComponent(bedrockModel),
      stream: invoke === "invoke-with-response-stream",
    };
  }
  const [, vertexModel, predict] =
    /^\/v1\/projects\/.+\/models\/([^/:?]+):(rawPredict|streamRawPredict)(?:\?|$)/.exec(path) ?? [];
  if (vertexModel === undefined) return undefined;
  return {
    ...serverSentEvents,
    model: decodeURIComponent(vertexModel),
    stream: predict === "streamRawPredict",
  };
}
