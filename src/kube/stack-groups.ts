import { keyOf } from "../core/stack.ts";
import type { StackId, StackKey } from "../core/stack.ts";
import type { ChangeType } from "./object-cache.ts";

/** An object with the stack that its labels name. */
export interface Owned<T> {
  readonly stack: StackId;
  readonly state: T;
}

/** The objects of an informer by stack, kept up to date from its changes. */
export class StackGroups<T extends { readonly uid: string }> {
  readonly #groups = new Map<StackKey, Map<string, Owned<T>>>();

  apply(type: ChangeType, entry: Owned<T>, previous?: Owned<T>): void {
    if (previous !== undefined) this.#remove(previous);
    if (type === "deleted") return this.#remove(entry);
    const key = keyOf(entry.stack);
    const group = this.#groups.get(key) ?? new Map<string, Owned<T>>();
    group.set(entry.state.uid, entry);
    this.#groups.set(key, group);
  }

  get(stack: StackId): readonly T[] {
    return [...(this.#groups.get(keyOf(stack))?.values() ?? [])].map(({ state }) => state);
  }

  stacks(): readonly StackId[] {
    return [...this.#groups.values()].flatMap((group) => group.values().next().value?.stack ?? []);
  }

  #remove({ stack, state }: Owned<T>): void {
    const key = keyOf(stack);
    const group = this.#groups.get(key);
    group?.delete(state.uid);
    if (group?.size === 0) this.#groups.delete(key);
  }
}
