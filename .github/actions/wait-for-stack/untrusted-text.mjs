// @ts-check
// Text that comes from a cluster is data. A runner reads commands from the output of a step (`::error::…`, `##[…]`), so
// nothing that anybody can write into an event, a message or a reason may reach it as it is.

const LONGEST = 600;

/**
 * One printable line: no line breaks, control characters, terminal sequences or marks that turn the direction of text,
 * nothing that a runner takes for a command, and not too long.
 * @param {string | number | undefined} text
 * @param {number} [longest]
 * @returns {string}
 */
export function oneLine(text, longest = LONGEST) {
  const line = String(text ?? "")
    // Cc control, Cf format (direction marks, zero width), Zl and Zp line separators, Cs lone halves.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ")
    .replaceAll("##[", "# #[")
    .replaceAll("::", ": :")
    .trim();
  const characters = Array.from(line);
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join("")}…`;
}

/**
 * A workflow command that makes an annotation: the runner unescapes what is escaped here.
 * @param {"error" | "warning" | "notice"} level
 * @param {{ readonly title: string, readonly message: string }} annotation
 * @returns {string}
 */
export function annotationCommand(level, { title, message }) {
  return `::${level} title=${escapeProperty(oneLine(title, 100))}::${escapeData(oneLine(message))}`;
}

/**
 * One line for a file of outputs (`GITHUB_OUTPUT`), whatever the value holds.
 * @param {string} name
 * @param {string | number | undefined} value
 * @returns {string}
 */
export function outputLine(name, value) {
  return `${name}=${oneLine(value, 4000)}\n`;
}

/**
 * Text for a cell of a Markdown table.
 * @param {string | number | undefined} text
 * @returns {string}
 */
export function markdownText(text) {
  return oneLine(text).replaceAll(/[\\`*_{}[\]()<>#|~!&@]/g, (character) => `&#${character.codePointAt(0)};`);
}

/** @param {string} text */
function escapeData(text) {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** @param {string} text */
function escapeProperty(text) {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
