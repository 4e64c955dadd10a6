import { isJsonObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import { neutralise } from "./neutralise.ts";

export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

/** As it is written, for comparisons only. */
export function rawText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Made harmless for a terminal. */
export function textOf(value: Json | undefined): string {
  return neutralise(rawText(value));
}

export function oneLine(value: Json | undefined): string {
  return textOf(value).replace(/\s+/g, " ").trim();
}
