/** What the SDK asked of the model, parsed. */
export interface ModelRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ModelRequestBody;
}

/** Every dialect in the shape of the Messages API: `model` and `stream` are filled in where the path says them. */
export interface ModelRequestBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream: boolean;
  readonly system?: string | readonly SentBlock[];
  readonly tools: readonly SentTool[];
  readonly messages: readonly SentMessage[];
  readonly [other: string]: unknown;
}

interface SentTool {
  readonly name: string;
  readonly description?: string;
  readonly input_schema?: unknown;
}

interface SentMessage {
  readonly role: "user" | "assistant";
  readonly content: string | readonly SentBlock[];
}

/** A block of a request: text, an earlier call, or the answer to one. */
interface SentBlock {
  readonly type: string;
  readonly text?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly content?: string | readonly SentBlock[];
  readonly is_error?: boolean;
}

/** What the model says. A call without an `id` is given one. */
export type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id?: string; readonly name: string; readonly input: object };

/** How one request is answered. */
export type ModelReply =
  | {
      readonly kind: "message";
      readonly content: readonly Block[];
      readonly stopReason?: "end_turn" | "tool_use" | "max_tokens" | "refusal";
      readonly usage?: Partial<Usage>;
    }
  | {
      readonly kind: "error";
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Headers never come. */
  | { readonly kind: "hang" }
  /** The stream breaks off in the middle of the last block. */
  | { readonly kind: "half"; readonly content: readonly Block[] }
  | { readonly kind: "raw"; readonly status: number; readonly contentType: string; readonly body: string };

/** Tokens as the Messages API counts them: the four are disjoint. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
}
