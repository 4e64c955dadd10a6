import type { Chat, Log } from "../controllers/ports.ts";
import { createLogSink } from "./log-sink.ts";
import { createRocketChat } from "./rocketchat.ts";
import { createWebhook } from "./webhook.ts";

/** A value that shows itself only when asked to. */
interface Hidden {
  reveal(): string;
}

/** Where messages go: an account of Rocket.Chat (the full promise), an incoming webhook (the simple mode), or the log. */
export type ChatConfig =
  | { readonly kind: "none" }
  | {
      readonly kind: "rocketchat";
      readonly url: string;
      readonly userId: string;
      readonly token: Hidden;
      readonly channel: string;
    }
  | { readonly kind: "webhook"; readonly url: Hidden; readonly channel?: string };

/** The chat that the configuration asks for. No I/O; throws a ChatError when a value cannot be used at all. */
export function createChat(config: ChatConfig, log: Log): Chat {
  switch (config.kind) {
    case "rocketchat":
      return createRocketChat({ ...config, token: config.token.reveal() });
    case "webhook":
      return createWebhook({ ...config, url: config.url.reveal() });
    case "none":
      return createLogSink(log);
  }
}
