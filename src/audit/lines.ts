import type { FileHandle } from "node:fs/promises";

/** One line of a file as bytes, without its newline; `complete` is false for a last line that has none. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly complete: boolean;
}

const newline = 0x0a;

/** The lines from a place in the file on. Only one line is held in memory at a time. */
export async function* linesOf(handle: FileHandle, from: number): AsyncGenerator<Line> {
  const chunk = Buffer.alloc(1 << 16);
  let parts: Buffer[] = [];
  let position = from;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    let start = 0;
    for (let end = find(chunk, start, bytesRead); end >= 0; end = find(chunk, start, bytesRead)) {
      parts.push(Buffer.from(chunk.subarray(start, end)));
      yield { bytes: Buffer.concat(parts), complete: true };
      parts = [];
      start = end + 1;
    }
    if (start < bytesRead) parts.push(Buffer.from(chunk.subarray(start, bytesRead)));
  }
  if (parts.length > 0) yield { bytes: Buffer.concat(parts), complete: false };
}

function find(chunk: Buffer, from: number, end: number): number {
  const at = chunk.subarray(from, end).indexOf(newline);
  return at < 0 ? -1 : from + at;
}
