const URL_KEYS = [
  "thumb_url",
  "message_link",
  "author_link",
  "author_icon",
  "title_link",
  "image_url",
  "audio_url",
  "video_url",
];
const TEXT_KEYS = ["color", "text", "author_name", "title"];

/**
 * What the server checks about attachments after its JSON schema, which takes any object: the types of the known keys,
 * links that a browser may follow, and fields with a title and a value. Returns the error's text.
 */
export function attachmentProblem(attachments: readonly unknown[]): string | undefined {
  for (const attachment of attachments) {
    const problem = isRecord(attachment) ? problemOf(attachment) : "Match error: Expected object";
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(attachment: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of TEXT_KEYS) {
    const value = attachment[key] ?? undefined;
    if (value !== undefined && typeof value !== "string")
      return `Match error: Expected string, got ${typeof value} in field ${key}`;
  }
  for (const key of URL_KEYS) {
    const value = attachment[key] ?? undefined;
    if (value !== undefined && !isLink(value)) return "Invalid href value provided";
  }
  const fields = attachment["fields"] ?? [];
  if (!Array.isArray(fields)) return "Match error: Expected array in field fields";
  return fields.every(isField) ? undefined : "Invalid attachment field, title and value is required";
}

function isField(field: unknown): boolean {
  return (
    isRecord(field) &&
    Boolean(field["title"]) &&
    Boolean(field["value"]) &&
    typeof (field["short"] ?? false) === "boolean"
  );
}

function isLink(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && !/^javascript:/i.test(value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
