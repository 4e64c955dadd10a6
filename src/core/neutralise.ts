/** Kubernetes writes these itself; they are no markup. */
const harmless = /^<(?:none|nil|unknown|unset|invalid|pending|empty)>/i;
const tag = /<(?=[ \t]{0,3}[/!?]?[ \t]{0,3}[A-Za-z])/g;
/** Colours and cursor movements (CSI), titles and links (OSC). */
// oxlint-disable-next-line no-control-regex
const terminal = /\u001b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\)?)/g;
/** Control characters except tab and newline, direction overrides, zero-width and tag characters, variation selectors. */
const invisible =
  // oxlint-disable-next-line no-control-regex
  /[\ufe00-\ufe0f\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/**
 * Text of the cluster made harmless as data for a model and a terminal: tags like `<system-reminder>` lose their
 * bracket, control and invisible characters disappear. Line ends become `\n`.
 */
export function neutralise(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(terminal, "")
    .replace(invisible, "")
    .replace(tag, (bracket, at: number, whole: string) =>
      harmless.test(whole.slice(at, at + 12)) ? bracket : "‹",
    );
}
