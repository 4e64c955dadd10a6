/** The text in at most `maxBytes` bytes of UTF-8; a cut never splits a character and is announced. */
export function capText(text: string, maxBytes: number): string {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return text;
  const notice = (kept: number): string => ` … [cut: first ${kept} of ${bytes.length} bytes]`;
  const room = maxBytes - encoder.encode(notice(bytes.length)).length;
  if (room <= 0) return decode(bytes, maxBytes);
  const kept = decode(bytes, room);
  return kept + notice(encoder.encode(kept).length);
}

/** The longest text whose bytes are the first `length` ones or fewer. */
function decode(bytes: Uint8Array, length: number): string {
  let end = Math.max(0, length);
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
