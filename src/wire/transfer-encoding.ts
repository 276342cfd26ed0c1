// Transfer-Encoding (RFC 9112 §6.1, §7): one coding, chunked, written so that no other parser reads it otherwise.
import { CR, equalsIgnoringCase, SPACE } from "./bytes.ts";

/**
 * True when the field value in `start..end` is `chunked` and nothing else. A tab behind it is white space by
 * the grammar, but llhttp takes it for part of the name, and so frames the message in another way.
 */
export function isChunkedCoding(bytes: Uint8Array, start: number, end: number): boolean {
  if (!equalsIgnoringCase(bytes, start, end, "chunked")) return false;
  let i = end;
  while (bytes[i] === SPACE) i++;
  return bytes[i] === CR;
}
