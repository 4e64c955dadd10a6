/**
 * JSON as the API server writes it. A `test` in a JSON Patch compares strings as they are written, and Go's encoder writes these
 * signs as escapes: with anything else a template whose command has a `&&` would never be found to be as it was.
 */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
