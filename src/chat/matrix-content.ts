import type { EscalationMessage } from "../core/escalation.ts";
import { eventsBlock, facts } from "./details.ts";
import type { Links } from "./links.ts";
import { fitted, type MessageLine, messageLines, type Style } from "./message-lines.ts";
import { plainStyle } from "./plain-style.ts";

/** An event of Matrix may have 65,536 bytes with all that is around it; a character may take four. */
const MAX_BODY = 5000;
const MAX_HTML = 9000;
const MAX_EVENTS = 2500;

const html: Style = {
  title: (text) => `<strong>${inline(plainStyle.title(text))}</strong>`,
  label: (text) => `<strong>${escaped(text)}</strong>`,
  own: inline,
  foreign: (text, limit) => inline(plainStyle.foreign(text, limit)),
  block: (lines) => `<pre><code>${escaped(lines.join("\n"))}</code></pre>`,
  link: (url) => `<a href="${escaped(url)}">${escaped(url)}</a>`,
};

/** The content of an `m.room.message`. It names nobody to be called, so that no text in it calls anybody. */
export function matrixContent(message: EscalationMessage, links: Links): Readonly<Record<string, unknown>> {
  return {
    msgtype: "m.text",
    body: fitted(allLines(message, links, plainStyle), MAX_BODY),
    format: "org.matrix.custom.html",
    formatted_body: withBreaks(fitted(allLines(message, links, html), MAX_HTML)),
    "m.mentions": {},
  };
}

/** The message with what Rocket.Chat has in an attachment. */
function allLines(message: EscalationMessage, links: Links, style: Style): readonly MessageLine[] {
  const details = facts(message, style).map(({ name, value }) => ({
    text: `${style.label(`${name}:`)} ${value}`,
    spare: 0,
  }));
  const events = { text: eventsBlock(message.events, style, MAX_EVENTS), spare: 15 };
  return [...messageLines(message, links, style), ...details, events];
}

/** New lines as HTML has them: a block keeps its own and stands on lines of its own. */
function withBreaks(text: string): string {
  return text
    .split(/\n?(<pre>[^]*?<\/pre>)\n?/)
    .map((part) => (part.startsWith("<pre>") ? part : part.replaceAll("\n", "<br>")))
    .join("");
}

/** `code` in a text becomes an element. */
function inline(text: string): string {
  return escaped(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
