import { type Json, parseJson } from "./json.ts";
import { isMask, isReference, type Mask } from "./mask.ts";
import { isSecretName } from "./secret-name.ts";

/** How texts and whole secret values are masked. */
export interface Masking {
  readonly text: (text: string) => string;
  readonly mask: Mask;
}

/** Deeper structures are masked whole. */
const deepest = 64;

/**
 * Any value as JSON with its secrets masked: by name (`password`), as pairs (`name`, `value`), behind flags
 * (`--password`, x), as the data of a Secret, in texts, and in JSON inside texts. What JSON cannot hold is left out.
 */
export function maskJson(value: unknown, masking: Masking, ancestors: readonly unknown[] = []): Json {
  switch (typeof value) {
    case "string":
      return maskText(value, masking, ancestors);
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? null : maskStructure(value, masking, ancestors);
    default:
      return null;
  }
}

/** JSON inside a text keeps its spelling unless something in it is masked. */
function maskText(text: string, masking: Masking, ancestors: readonly unknown[]): string {
  const parsed = /^\s*[{["]/.test(text) ? parseJson(text) : undefined;
  if (parsed === undefined) return masking.text(text);
  let changed = false;
  const noting: Masking = {
    text: (inner) => {
      const masked = masking.text(inner);
      changed ||= masked !== inner;
      return masked;
    },
    mask: (secret) => {
      changed = true;
      return masking.mask(secret);
    },
  };
  const masked = maskJson(parsed, noting, ancestors);
  return changed ? JSON.stringify(masked) : text;
}

function maskStructure(value: object, masking: Masking, ancestors: readonly unknown[]): Json {
  if (ancestors.includes(value)) return "[circular]";
  if (ancestors.length >= deepest) return masking.mask("");
  const inner = [...ancestors, value];
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return maskJson(value.toJSON() as unknown, masking, inner);
  }
  if (value instanceof Error) return maskObject(errorFields(value), masking, inner);
  return Array.isArray(value) ? maskList(value, masking, inner) : maskObject(value, masking, inner);
}

/** An error's own fields do not enumerate; its stack is for a debugger, not for a record. */
function errorFields(error: Error): object {
  const { name, message, cause } = error;
  return { ...Object.fromEntries(Object.entries(error)), name, message, cause };
}

function maskList(list: readonly unknown[], masking: Masking, inner: readonly unknown[]): Json {
  return list.map((item, index) => {
    const before: unknown = list[index - 1];
    const flagged = typeof before === "string" && /^--?[\w.-]+$/.test(before) && isSecretName(before);
    return flagged && typeof item === "string" && !item.startsWith("-")
      ? maskLeaf(item, masking, inner)
      : maskJson(item, masking, inner);
  });
}

function maskObject(value: object, masking: Masking, inner: readonly unknown[]): Json {
  const object = value as Readonly<Record<string, unknown>>;
  const out: Record<string, Json> = {};
  for (const [key, member] of Object.entries(object)) {
    if (member === undefined || typeof member === "function" || typeof member === "symbol") continue;
    const masked = maskMember(object, key, member, { masking, inner });
    // A plain assignment to `__proto__` would set the prototype.
    Object.defineProperty(out, key, { value: masked, enumerable: true, configurable: true, writable: true });
  }
  return out;
}

function maskMember(
  object: Readonly<Record<string, unknown>>,
  key: string,
  member: unknown,
  context: { masking: Masking; inner: readonly unknown[] },
): Json {
  const { masking, inner } = context;
  if (isSecretName(key) || (key === "value" && namesSecret(object)))
    return maskLeaves(member, masking, inner);
  const secretData = object["kind"] === "Secret" && (key === "data" || key === "stringData");
  return secretData && typeof member === "object" && member !== null
    ? Object.fromEntries(
        Object.entries(member).map(([name, item]) => [name, maskLeaf(item, masking, inner)] as const),
      )
    : maskJson(member, masking, inner);
}

/** An environment variable or header given as a pair. */
function namesSecret(object: Readonly<Record<string, unknown>>): boolean {
  return ["name", "key", "header"].some((key) => {
    const name = object[key];
    return typeof name === "string" && isSecretName(name);
  });
}

/** What stands under a secret name: a value or a list of them; a structure keeps its form. */
function maskLeaves(value: unknown, masking: Masking, inner: readonly unknown[]): Json {
  return Array.isArray(value)
    ? value.map((item) => maskLeaf(item, masking, inner))
    : maskLeaf(value, masking, inner);
}

function maskLeaf(value: unknown, masking: Masking, inner: readonly unknown[]): Json {
  if (typeof value === "number" || typeof value === "bigint") return masking.mask(String(value));
  if (typeof value !== "string") return maskJson(value, masking, inner);
  return value === "" || isMask(value) || isReference(value) ? value : masking.mask(value);
}
