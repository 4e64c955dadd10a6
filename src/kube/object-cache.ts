import { isJsonObject } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";

/** An object as the API server sent it. */
export type RawObject = JsonObject & {
  readonly metadata: JsonObject & {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
};

export type ChangeType = "added" | "modified" | "deleted";

/** Told of every change, in order; `previous` is what the cache held before, a deleted object comes as last known. */
export type OnChange<T> = (type: ChangeType, object: T, previous?: T) => void;

interface Entry<T> {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `undefined`: exists, but is not of interest. */
  readonly object: T | undefined;
}

export interface ObjectCacheOptions<T> {
  readonly parse: (raw: RawObject) => T | undefined;
  readonly onChange: OnChange<T>;
}

/** The last known state of every object of one collection, in the slim form that `parse` makes of it. */
export class ObjectCache<T> {
  readonly #parse: (raw: RawObject) => T | undefined;
  readonly #onChange: OnChange<T>;
  readonly #entries = new Map<string, Entry<T>>();
  #listed: readonly T[] | undefined;

  constructor(options: ObjectCacheOptions<T>) {
    this.#parse = options.parse;
    this.#onChange = options.onChange;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.object;
  }

  /** The same array until something changes. */
  list(): readonly T[] {
    this.#listed ??= [...this.#entries.values()].flatMap(({ object }) =>
      object === undefined ? [] : [object],
    );
    return this.#listed;
  }

  /** Takes in an object that exists. */
  put(raw: RawObject): void {
    const key = cacheKey(raw);
    const before = this.#entries.get(key);
    const { uid, resourceVersion } = raw.metadata;
    if (before?.uid === uid && before.resourceVersion === resourceVersion) return;
    const object = this.#parse(raw);
    this.#set(key, { uid, resourceVersion, object });
    const previous = before?.object;
    // Under the same name this is another object: whoever knew the old one must hear of its end.
    const replaced = before !== undefined && before.uid !== uid;
    if (previous !== undefined && (replaced || object === undefined)) {
      this.#onChange("deleted", previous, previous);
    }
    if (object === undefined) return;
    if (previous === undefined || replaced) this.#onChange("added", object);
    else this.#onChange("modified", object, previous);
  }

  /** Takes in that an object is gone. Its last state, when the server sent it, is newer than the one in the cache. */
  remove(key: string, raw?: RawObject): void {
    const previous = this.#entries.get(key)?.object;
    this.#entries.delete(key);
    this.#listed = undefined;
    if (previous === undefined) return;
    const last = raw === undefined ? undefined : this.#parse(raw);
    this.#onChange("deleted", last ?? previous, previous);
  }

  /** Everything that is in the cache but not among these keys is gone. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) {
      if (!keys.has(key)) this.remove(key);
    }
  }

  #set(key: string, entry: Entry<T>): void {
    this.#entries.set(key, entry);
    this.#listed = undefined;
  }
}

/** `namespace/name`, or `name` where there are no namespaces. */
export function cacheKey({ metadata: { namespace, name } }: RawObject): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** Recognises an object by its metadata. */
export function isRawObject(value: unknown): value is RawObject {
  if (!isJsonObject(value) || !isJsonObject(value["metadata"])) return false;
  const { name, uid, resourceVersion } = value["metadata"];
  return typeof name === "string" && typeof uid === "string" && typeof resourceVersion === "string";
}
