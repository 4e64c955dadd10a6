import { isJsonObject } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";

/** Reading of untyped API objects: a member that is not what it should be is absent. */
export function record(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function number(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** An RFC 3339 time as epoch milliseconds. */
export function millis(value: Json | undefined): number | undefined {
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

export function strings(value: Json | undefined): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((part) => typeof part === "string") : undefined;
}

/** The string members of an object. */
export function entries(value: JsonObject): [string, string][] {
  return Object.entries(value).flatMap(([key, entry]) =>
    typeof entry === "string" ? [[key, entry] as [string, string]] : [],
  );
}

/** A text, empty when it is none. */
export function textOf(value: Json | undefined): string {
  return text(value) ?? "";
}

/** A number, 0 when it is none. */
export function numberOf(value: Json | undefined): number {
  return number(value) ?? 0;
}

/** A time as epoch milliseconds, 0 when it is none. */
export function millisOf(value: Json | undefined): number {
  return millis(value) ?? 0;
}
