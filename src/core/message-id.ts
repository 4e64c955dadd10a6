const OFFSET = 0x6c62272e07bb014262b821756295c58dn;
const PRIME = 0x0000000001000000000000000000013bn;
const LENGTH = 17;

/**
 * The id of an incident's one message: 17 characters of [0-9a-z], the same for the same incident on every replica and
 * after every restart. The UID keeps builds apart that reuse names.
 */
export function messageIdOf(incident: string, statefulSetUid: string): string {
  // NUL occurs in neither part, so no two pairs can read the same.
  const hash = fnv1a128(`${incident}\0${statefulSetUid}`) % 36n ** BigInt(LENGTH);
  return hash.toString(36).padStart(LENGTH, "0");
}

/** FNV-1a over the UTF-8 bytes, 128 bits. For identity only: it resists accidents, not attackers. */
export function fnv1a128(text: string): bigint {
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * PRIME);
  }
  return hash;
}
