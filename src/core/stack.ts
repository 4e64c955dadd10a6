declare const stackKey: unique symbol;

/** `namespace/client`: all that the work queue holds. */
export type StackKey = string & { readonly [stackKey]: true };

/** One client's stack in one build: its StatefulSets, their pods and claims. */
export interface StackId {
  readonly namespace: string;
  readonly client: string;
}

export function keyOf(stack: StackId): StackKey {
  return `${stack.namespace}/${stack.client}` as StackKey;
}

export function stackOf(key: StackKey): StackId {
  const cut = key.indexOf("/");
  return { namespace: key.slice(0, cut), client: key.slice(cut + 1) };
}
