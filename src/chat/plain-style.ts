import type { Style } from "./message-lines.ts";
import { neutralText, neutralTitle } from "./neutral-text.ts";

/** For readers that know no markup, or each another: names are in backticks, and nothing calls or links. */
export const plainStyle: Style = {
  title: neutralTitle,
  label: (text) => text,
  own: (text) => text,
  foreign: neutralText,
  // Some readers take `<!channel>` for a call even in code.
  block: (lines) => lines.map((line) => `  ${line.replaceAll("<", "<\u200b")}`).join("\n"),
  link: (url) => url,
};
