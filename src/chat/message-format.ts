import type { EscalationMessage } from "../core/escalation.ts";
import { eventsBlock, facts } from "./details.ts";
import type { Links } from "./links.ts";
import { fitted, messageLines, type Style } from "./message-lines.ts";
import { neutralText, neutralTitle } from "./neutral-text.ts";

/** Rocket.Chat refuses longer texts unless an administrator raised Message_MaxAllowedSize. In UTF-16 units. */
const MAX_TEXT = 5000;

interface AttachmentField {
  readonly title: string;
  readonly value: string;
  readonly short: boolean;
}

interface Attachment {
  readonly color: string;
  readonly title?: string;
  readonly title_link?: string;
  readonly text: string;
  readonly fields: readonly AttachmentField[];
}

/** What every Rocket.Chat way in takes: a text with markdown, and one attachment with the details. */
export interface FormattedMessage {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

const markdown: Style = {
  title: (text) => `:rotating_light: *${neutralTitle(text)}*`,
  label: (text) => `*${text}*`,
  own: (text) => text,
  foreign: neutralText,
  block: (lines) => `\`\`\`\n${lines.join("\n")}\n\`\`\``,
  link: (url) => url,
};

/** The message as people read it. Text from the cluster is shown as it is and never works as markup. */
export function formatMessage(message: EscalationMessage, links: Links): FormattedMessage {
  const text = fitted(messageLines(message, links, markdown), MAX_TEXT);
  return { text, attachments: [attachment(message, links)] };
}

function attachment(message: EscalationMessage, { build, story }: Links): Attachment {
  const [title, link] = story === undefined ? ["Open the build", build] : ["Open the story", story];
  return {
    color: "#D73A49",
    ...(link === undefined ? {} : { title, title_link: link }),
    text: eventsBlock(message.events, markdown, MAX_TEXT),
    // Rocket.Chat refuses a message with an empty field; `facts` has none.
    fields: facts(message, markdown).map(({ name, value, short }) => ({ title: name, value, short })),
  };
}
