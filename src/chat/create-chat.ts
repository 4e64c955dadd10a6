import type { Chat, Log } from "../controllers/ports.ts";
import { createLogSink } from "./log-sink.ts";
import { createMatrix } from "./matrix.ts";
import { createRocketChat } from "./rocketchat.ts";
import { createRocketChatWebhook } from "./rocketchat-webhook.ts";
import { createWebhook } from "./webhook.ts";

/** A value that shows itself only when asked to. */
interface Hidden {
  reveal(): string;
}

/** Where messages go. The promises differ: docs/chat.md. */
export type ChatConfig =
  | { readonly kind: "none" }
  | {
      readonly kind: "rocketchat";
      readonly url: string;
      readonly userId: string;
      readonly token: Hidden;
      readonly channel: string;
    }
  | { readonly kind: "rocketchat-webhook"; readonly url: Hidden; readonly channel?: string }
  | { readonly kind: "webhook"; readonly url: Hidden; readonly secret?: Hidden }
  | { readonly kind: "matrix"; readonly url: string; readonly token: Hidden; readonly room: string };

/** The chat that the configuration asks for. No I/O; throws a ChatError when a value cannot be used at all. */
export function createChat(
  config: ChatConfig,
  { log, publicUrl = "" }: { log: Log; publicUrl?: string },
): Chat {
  switch (config.kind) {
    case "rocketchat":
      return createRocketChat({ ...config, token: config.token.reveal() }, { publicUrl });
    case "rocketchat-webhook":
      return createRocketChatWebhook({ ...config, url: config.url.reveal(), publicUrl });
    case "webhook":
      return createWebhook({
        url: config.url.reveal(),
        ...(config.secret === undefined ? {} : { secret: config.secret.reveal() }),
        publicUrl,
      });
    case "matrix":
      return createMatrix({ ...config, token: config.token.reveal(), publicUrl });
    case "none":
      return createLogSink(log);
  }
}
