import { crc32 } from "node:zlib";
import type { StreamEvent } from "./stream-events.ts";

/**
 * One event of an answer in AWS's event-stream framing: total length, length of the headers, checksum of those two,
 * headers, payload, checksum of everything. The payload holds the event in base64.
 */
export function bedrockFrame(event: StreamEvent): Buffer {
  const headers = Buffer.concat([
    header(":event-type", "chunk"),
    header(":content-type", "application/json"),
    header(":message-type", "event"),
  ]);
  const bytes = Buffer.from(JSON.stringify(event)).toString("base64");
  const payload = Buffer.from(JSON.stringify({ bytes }));
  const prelude = Buffer.concat([uint32(16 + headers.length + payload.length), uint32(headers.length)]);
  const body = Buffer.concat([prelude, uint32(crc32(prelude)), headers, payload]);
  return Buffer.concat([body, uint32(crc32(body))]);
}

/** Length of the name, name, 7 for a string, length of the value, value. */
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([7]),
    length,
    Buffer.from(value),
  ]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}
