import type { Chat, Log } from "../controllers/ports.ts";

/** Where messages go when no chat is configured: one warning in the log each, which holds all of the message. */
export function createLogSink(log: Log): Chat {
  return {
    channel: "log",
    send(message) {
      log.warn("escalation", { ...message });
      return Promise.resolve({ channel: "log", duplicate: false });
    },
  };
}
