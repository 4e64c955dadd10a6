/** What is written instead of a secret. Every result has the form `[masked]` or `[masked-1]`. */
export type Mask = (secret: string) => string;

/** True when the text is a mask and nothing else, so that masking twice changes nothing. */
export function isMask(text: string): boolean {
  return /^\[masked(?:-\d+)?\]$/.test(text);
}

/** The length of the mask at this place, or 0. */
export function maskLengthAt(text: string, at: number): number {
  const pattern = /\[masked(?:-\d+)?\]/y;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}

/** True for a value that only refers to a secret: `$(PASSWORD)`, `${PASSWORD}`. */
export function isReference(value: string): boolean {
  return /^\$(?:\([\w.-]+\)|\{[\w.-]+\})$/.test(value);
}

/** An ordinary word of prose, as in "basic authentication". */
export function isPlainWord(value: string): boolean {
  return /^(?:[A-Z]?[a-z]{0,19}|[A-Z]{1,12})[.:]?$/.test(value);
}
