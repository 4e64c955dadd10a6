import type { Style } from "./message-lines.ts";
import { neutralText, neutralTitle } from "./neutral-text.ts";

/** For readers whose markup is not known: code is in backticks, and nothing calls or links. */
export const plainStyle: Style = {
  title: neutralTitle,
  label: (text) => text,
  own: (text) => text,
  foreign: neutralText,
  // Some readers take `<!channel>` for a call even in code.
  block: (lines) => `\`\`\`\n${lines.join("\n").replaceAll("<", "<\u200b")}\n\`\`\``,
  link: (url) => url,
};
