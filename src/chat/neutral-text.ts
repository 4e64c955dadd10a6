/** Breaks a piece of markup without being seen: Rocket.Chat's parsers, old and new, do not look across it. */
const ZWSP = "\u200b";

/** Characters that mark text up, and what looks the same but does not. */
const LOOK_ALIKES: Readonly<Record<string, string>> = { "*": "∗", "~": "∼", "`": "'", "\\": "⧵" };

/** A name in double quotes, or a word with a dot, an @ or a scheme in it: an image, a host, an address, a file. */
const NAMES =
  /("[\p{L}\p{N}][\w./:@=+%-]{0,199}"|[\p{L}\p{N}][\p{L}\p{N}\w/:=+%-]*(?:[.@]|:\/\/)[\p{L}\p{N}\w./:@=+%?&#-]*[\p{L}\p{N}/])/u;

/**
 * Text from the cluster as one line that Rocket.Chat shows as it is: no mention, link, emphasis or emoji comes of it.
 * Images, hosts and other names become inline code, so that they can be copied unharmed. At most `limit` characters
 * of the text are kept (markup comes on top); a cut is announced.
 */
export function neutralText(text: string, limit: number): string {
  return cut(oneLine(text), limit)
    .split(NAMES)
    .map((part, index) => (index % 2 === 1 ? name(part) : neutralProse(part)))
    .reduce(joined, "");
}

/** Inline code begins only where a word cannot go on: else the parser may not see it as code. */
function joined(before: string, part: string): string {
  return part.startsWith("`") && /[^\s(]$/u.test(before) ? `${before} ${part}` : `${before}${part}`;
}

/** The value of a label; characters that none can have are shown as a dot. */
export function labelText(text: string): string {
  return cut(text.replaceAll(/[^A-Za-z0-9._-]/g, "·"), 63);
}

/** Words of ours with names of the cluster's in them, for a bold line: there inline code does not work everywhere. */
export function neutralTitle(text: string): string {
  return neutralProse(text).replaceAll(".", `.${ZWSP}`);
}

/**
 * A line for a code block: it cannot end the block, mentions in it reach nobody, and it ends no link that a bracket before
 * the block seems to begin.
 */
export function neutralCode(text: string, limit: number): string {
  return breakMentions(cut(oneLine(text), limit).replaceAll("`", "'")).replaceAll("](", `]${ZWSP}(`);
}

/** The link when it is an absolute http or https URL without credentials, percent-encoded; else `undefined`. */
export function safeLink(url: string | undefined): string | undefined {
  if (url === undefined || url.length > 500 || !URL.canParse(url)) return undefined;
  const { protocol, username, password, href } = new URL(url);
  if (!/^https?:$/.test(protocol) || username !== "" || password !== "") return undefined;
  return href.replaceAll(/[*~`|<>()@]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** At most `limit` characters; a cut says how many there were. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const notice = ` … (cut, ${text.length} characters in all)`;
  // Half a character at the end goes too.
  const kept = text.slice(0, Math.max(0, limit - notice.length)).replace(/[\uD800-\uDBFF]$/, "");
  return `${kept}${notice}`;
}

/** Without control and invisible characters: neither new lines nor text that reads backwards. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .replaceAll(/\p{Cf}/gu, "")
    .trim();
}

function name(text: string): string {
  const bare = text.startsWith('"') ? text.slice(1, -1) : text;
  const ordinary = !/[.@:/]/.test(bare) || /^\d+\.\d+$/.test(bare);
  return ordinary && bare === text ? neutralProse(text) : `\`${breakMentions(bare)}\``;
}

function neutralProse(text: string): string {
  return breakMentions(text)
    .replaceAll(/[*~`\\]/g, (sign) => LOOK_ALIKES[sign] ?? sign)
    .replaceAll(/(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])/g, (run) => "ˍ".repeat(run.length))
    .replaceAll(
      /\](?=\()|[<|+]|(?<![A-Za-z0-9]):(?=[^\s:]+:)|:(?=\/\/)|(?<=[^\s\p{N}])\.(?=[\p{L}\p{N}])/gu,
      `$&${ZWSP}`,
    );
}

/** `@all` and `#general` stay readable and call nobody; an @ inside a word (`image@sha256:…`) never did. */
function breakMentions(text: string): string {
  return text.replaceAll(/(?<![A-Za-z0-9])[@#]+/g, (signs) => signs.replaceAll(/./g, `$&${ZWSP}`));
}
