/** Any JSON value; `undefined` members are treated as absent. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deep equality of two JSON values; the order of object keys does not matter, absent and `undefined` are the same. */
export function jsonEqual(left: Json | undefined, right: Json | undefined): boolean {
  return differences(left, right).length === 0;
}

/** One place where two JSON values differ; `undefined` means absent there. */
export interface JsonDifference {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly live: Json | undefined;
  readonly wanted: Json | undefined;
}

/** Every place where `live` differs from `wanted`, deepest possible paths, in a stable order. */
export function differences(live: Json | undefined, wanted: Json | undefined, path = ""): JsonDifference[] {
  if (live === wanted) return [];
  if (Array.isArray(live) && Array.isArray(wanted)) return arrayDifferences(live, wanted, path);
  if (isJsonObject(live) && isJsonObject(wanted)) {
    const keys = [...new Set([...Object.keys(live), ...Object.keys(wanted)])].sort();
    return keys.flatMap((key) =>
      differences(member(live, key), member(wanted, key), `${path}/${escapePointer(key)}`),
    );
  }
  return [{ path, live, wanted }];
}

/** Own members only: `__proto__` in a document is a key like any other. */
function member(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function arrayDifferences(live: readonly Json[], wanted: readonly Json[], path: string): JsonDifference[] {
  const length = Math.max(live.length, wanted.length);
  return Array.from({ length }, (_, index) =>
    differences(live[index], wanted[index], `${path}/${index}`),
  ).flat();
}

/** A key as one segment of a JSON Pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** A parsed value, or `undefined` when the text is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
