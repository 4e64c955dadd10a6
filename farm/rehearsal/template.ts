/** What placeholders stand for, by name. */
export type Values = Readonly<Record<string, string>>;

/** A placeholder without a value: the cassette cannot go on. */
export class MissingValue extends Error {}

/** Fills `{{name}}` in a text. Throws `MissingValue`. */
export function fill(text: string, values: Values): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new MissingValue(`nothing said so far what {{${name}}} is`);
    return value;
  });
}

/** A regular expression with the values of its placeholders as plain text in it. Throws `MissingValue`. */
export function patternOf(text: string, values: Values): RegExp {
  const escaped = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")]),
  );
  return new RegExp(fill(text, escaped), "im");
}

/** The names of all placeholders in a text. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name))];
}
