import { isMask, isPlainWord, isReference, maskLengthAt, type Mask } from "./mask.ts";
import { isMaybeSecretName, isSecretName } from "./secret-name.ts";

/** A name in the text and where it stands. */
interface Name {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where a secret value stands. */
interface Span {
  readonly start: number;
  readonly end: number;
}

const separator = /(\\*["']?)[ \t]*(=>|:=|={1,3}|:)([ \t]*)/y;
const flagSeparator = /(?:[ \t]+|\\*["'],[ \t\r\n]*)/y;
const blob =
  /[ \t]+(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[a-z])[A-Za-z0-9+/_-]{20,}={0,2}/y;
/** `name: DB_PASSWORD`, then `value:`, as an environment variable stands in JSON or YAML. */
const listEntry =
  /\\*["']?[ \t]*:[ \t]*\\*["']?([\w.-]+)\\*["']?(?:[\s,]|\\+[nrt])*\\*["']?value\\*["']?[ \t]*:[ \t]*/y;
const opening = /(\\*)(["'`])/y;
const tight = /[^\s"'`,;&)}\]<>|\\]+/y;
/** No value at all, or what `kubectl describe` writes instead of one. */
const meansNothing = /^(?:|true|false|null|nil|none|undefined|<[a-z ]{0,20}>|<set to the key [^>]*>.*)$/i;
const reference = /\$(?:\([\w.-]+\)|\{[\w.-]+\})(?=[\s"',;]|$)/y;
/** Ends at white space, a double quote or an escape that stands for one of them. */
const loose = /(?:[^\s"\\]|\\(?![nrt"\\]))+/y;
const header = /(?:[^\r\n"'\\]|\\(?![nrt"\\]))+/y;
const tag = /(?:v?\d+(?:\.\d+)+[\w.-]*|latest|main|stable)(?:@sha256:[0-9a-f]+)?\\*["']/y;
const word = /\S+/y;
const line = /[^\r\n]+/y;

/**
 * Masks the values of secret-like names: `PASSWORD=x`, `token: x`, `"apiKey":"x"` (also escaped inside a JSON string),
 * `--password x`, the `name`/`value` pairs of environment variables, `Authorization` and cookie headers. Linear in the text.
 */
export function maskAssignments(text: string, mask: Mask): string {
  // Only the start of a run of name characters is tried, so no place is looked at twice.
  const names = /(?<![\w.-])[\w.-]+/g;
  let out = "";
  let done = 0;
  for (let match = names.exec(text); match !== null; match = names.exec(text)) {
    const name = { text: match[0], start: match.index, end: names.lastIndex };
    const span = secretAfter(text, name);
    if (span === undefined) continue;
    const value = text.slice(span.start, span.end);
    if (keepsAsIs(value)) continue;
    out += text.slice(done, span.start) + mask(value);
    done = span.end;
    names.lastIndex = span.end;
  }
  return out + text.slice(done);
}

function keepsAsIs(value: string): boolean {
  return isMask(value) || isReference(value) || meansNothing.test(value);
}

function secretAfter(text: string, name: Name): Span | undefined {
  if (name.text === "name") return listValue(text, name);
  if (isSecretName(name.text)) return assigned(text, name) ?? flagged(text, name) ?? blobAfter(text, name);
  if (!isMaybeSecretName(name.text)) return undefined;
  const span = assigned(text, name);
  return span !== undefined && /^(?=.*\d)[\w+/=-]{12,}$/.test(text.slice(span.start, span.end))
    ? span
    : undefined;
}

function listValue(text: string, name: Name): Span | undefined {
  const match = stickyAt(listEntry, text, name.end);
  if (match === undefined || !isSecretName(match[1] ?? "")) return undefined;
  const at = name.end + match[0].length;
  return quoted(text, at) ?? plain(text, at, tight);
}

function assigned(text: string, name: Name): Span | undefined {
  const match = stickyAt(separator, text, name.end);
  if (match === undefined) return undefined;
  const at = name.end + match[0].length;
  const inQuotes = quoted(text, at);
  if (inQuotes !== undefined) return inQuotes;
  if (match[2] === ":" && isStructure(text, at)) return undefined;
  if (match[1] !== "") return plain(text, at, tight);
  return match[2] === ":"
    ? afterColon(text, name, { at, gap: match[3] !== "" })
    : (enclosed(text, name, at) ??
        plain(text, at, startsLine(text, name) ? word : bordersLeft(text, name) ? loose : tight));
}

function afterColon(text: string, name: Name, value: { at: number; gap: boolean }): Span | undefined {
  if (!value.gap && isImageTag(text, name, value.at)) return undefined;
  const inside = enclosed(text, name, value.at);
  if (inside !== undefined) return inside;
  if (/(?:authorization|cookie)$/i.test(name.text)) return plain(text, value.at, header);
  if (value.gap && startsLine(text, name)) return plain(text, value.at, line);
  const span = plain(text, value.at, bordersLeft(text, name) ? loose : tight);
  return span !== undefined && value.gap && followsProse(text, name) && isProse(text, span)
    ? undefined
    : span;
}

/** The colon in `app/token:1.2` or `"token:1.2"` comes before an image's tag. */
function isImageTag(text: string, name: Name, at: number): boolean {
  const before = text.charAt(name.start - 1);
  return /[/@]/.test(before) || (/["']/.test(before) && stickyAt(tag, text, at) !== undefined);
}

/** `secret: {` opens a structure. */
function isStructure(text: string, at: number): boolean {
  return /[{[|>]/.test(text.charAt(at)) && maskLengthAt(text, at) === 0;
}

function isProse(text: string, span: Span): boolean {
  return isPlainWord(text.slice(span.start, span.end).replace(/[,;)\]}]+$/, ""));
}

/** When a quote stands right before the name, as in `'X-Auth-Token: abc'`, the value ends with that quote. */
function enclosed(text: string, name: Name, at: number): Span | undefined {
  const quote = text.charAt(name.start - 1);
  if (!/["'`]/.test(quote)) return undefined;
  let depth = 0;
  while (text[name.start - 2 - depth] === "\\") depth++;
  return upToQuote(text, at, { quote, depth });
}

/** `--password x`, also as two elements of a JSON list. */
function flagged(text: string, name: Name): Span | undefined {
  if (!name.text.startsWith("-")) return undefined;
  const match = stickyAt(flagSeparator, text, name.end);
  if (match === undefined) return undefined;
  const at = name.end + match[0].length;
  return text[at] === "-" ? undefined : (quoted(text, at) ?? plain(text, at, loose));
}

/** A long Base64-like text right behind the name. */
function blobAfter(text: string, name: Name): Span | undefined {
  // Behind a flag, `flagged` has decided.
  const match = name.text.startsWith("-") ? undefined : stickyAt(blob, text, name.end);
  if (match === undefined) return undefined;
  return {
    start: name.end + (match[0].length - match[0].trimStart().length),
    end: name.end + match[0].length,
  };
}

function quoted(text: string, at: number): Span | undefined {
  const open = stickyAt(opening, text, at);
  if (open === undefined) return undefined;
  return upToQuote(text, at + open[0].length, { quote: open[2] ?? "", depth: open[1]?.length ?? 0 });
}

/** Up to the same kind of quote, escaped as often as the opening one, at the latest to the end of the line. */
function upToQuote(text: string, start: number, open: { quote: string; depth: number }): Span {
  let escapes = 0;
  for (let index = start; index < text.length; index++) {
    const char = text[index];
    if (char === "\n") return { start, end: index };
    if (char === "\\") escapes++;
    else if (char !== open.quote) escapes = 0;
    else if (open.depth > 0 && escapes <= open.depth) return { start, end: index - escapes };
    else if (open.depth === 0 && escapes % 2 === 0) {
      // In YAML and in a shell `''` inside single quotes does not end them.
      if (char !== "'" || text[index + 1] !== "'") return { start, end: index };
      index++;
    } else escapes = 0;
  }
  return { start, end: text.length };
}

function plain(text: string, at: number, value: RegExp): Span | undefined {
  const referred = stickyAt(reference, text, at);
  if (referred !== undefined) return { start: at, end: at + referred[0].length };
  const masked = maskLengthAt(text, at);
  const alone = masked > 0 && /^\s?$/.test(text.charAt(at + masked));
  const rest = alone ? undefined : stickyAt(value, text, at + masked);
  const length = masked + (rest?.[0].trimEnd().length ?? 0);
  return length === 0 ? undefined : { start: at, end: at + length };
}

function stickyAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** White space or nothing before the name: an environment dump, a shell line. */
function bordersLeft(text: string, name: Name): boolean {
  return name.start === 0 || /\s/.test(text.charAt(name.start - 1));
}

/** Only indentation and a list dash before the name. */
function startsLine(text: string, name: Name): boolean {
  for (let index = name.start - 1; index >= 0; index--) {
    const char = text.charAt(index);
    if (char === "\n") return true;
    if (char !== " " && char !== "\t" && char !== "-") return false;
  }
  return true;
}

/** A word before the name on the same line, as in "invalid token: expired". */
function followsProse(text: string, name: Name): boolean {
  for (let index = name.start - 1; index >= 0; index--) {
    const char = text.charAt(index);
    if (char !== " " && char !== "\t") return /[^\s{,;&?(]/.test(char) && index < name.start - 1;
  }
  return false;
}
