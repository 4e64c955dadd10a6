import { fnv1a128 } from "./message-id.ts";

/**
 * Ids of one incident's trace, the same on every replica and after every restart, so that spans which are sent again are
 * the same spans. An Incident's UID is a UUID, which is 128 bits, as a trace id is.
 */
export interface TraceIds {
  readonly traceId: string;
  /** The id of the span at this place in the tree: `incident/episode/turn-0`. */
  spanId(path: string): string;
}

export function traceIdsOf(uid: string): TraceIds {
  const digits = uid.replaceAll("-", "").toLowerCase();
  const isUuid = /^[0-9a-f]{32}$/.test(digits) && !/^0+$/.test(digits);
  return {
    traceId: isUuid ? digits : hex(fnv1a128(uid), 32),
    spanId: (path) => hex(BigInt.asUintN(64, fnv1a128(`${uid}\0${path}`)), 16),
  };
}

/** All zeros are no id. */
function hex(value: bigint, digits: number): string {
  return (value === 0n ? 1n : value).toString(16).padStart(digits, "0");
}
