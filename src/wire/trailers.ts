// Chunks and trailer sections as they leave (RFC 9112 §7.1). What goes out is always framed here.
import { Buffer } from "node:buffer";
import { equalsIgnoringCase } from "./bytes.ts";
import { FieldLineTable, INCOMPLETE, REFUSED } from "./field-lines.ts";
import { H_CONTENT_LENGTH, IS_HOP_BY_HOP } from "./header-id.ts";

const TRAILER_LINES_MAX = 64;
const CRLF_BYTES = 2;

/** One chunk with the data `bytes[start..end]`, which must not be empty: an empty chunk ends the body. */
export function encodeChunk(bytes: Uint8Array, start: number, end: number): Buffer {
  const size = (end - start).toString(16);
  const chunk = Buffer.allocUnsafe(size.length + CRLF_BYTES + (end - start) + CRLF_BYTES);
  chunk.write(`${size}\r\n`, 0, "latin1");
  chunk.set(bytes.subarray(start, end), size.length + CRLF_BYTES);
  chunk.write("\r\n", chunk.length - CRLF_BYTES, "latin1");
  return chunk;
}

/** The last chunk without trailers. */
export const LAST_CHUNK: Buffer = Buffer.from("0\r\n\r\n");

/**
 * The last chunk with the trailer lines that may be passed on: those that the codec has no meaning for.
 * `trailer` is a section with its closing empty line; undefined when it is malformed or
 * names what frames a message. `droppedName`, in lower case, is left out wherever it stands.
 */
export function encodeLastChunk(trailer: Uint8Array, droppedName = ""): Buffer | undefined {
  if (trailer.length <= CRLF_BYTES) return LAST_CHUNK;
  const table = new FieldLineTable(TRAILER_LINES_MAX);
  const end = table.parse(trailer, 0, trailer.length);
  if (end === REFUSED || end === INCOMPLETE || end !== trailer.length) return undefined;
  const parts: Uint8Array[] = [Buffer.from("0\r\n")];
  for (let line = 0; line < table.count; line++) {
    const id = table.id(line);
    // Another parser may take it for the length of what follows, or for the end of the connection.
    if (id === H_CONTENT_LENGTH || IS_HOP_BY_HOP[id] === 1) return undefined;
    // Names that route are not allowed in trailers either (RFC 9110 §6.5.1).
    if (id !== 0 || equalsIgnoringCase(trailer, table.nameStart(line), table.nameEnd(line), droppedName))
      continue;
    parts.push(trailer.subarray(table.nameStart(line), table.lineEnd(line)));
  }
  parts.push(Buffer.from("\r\n"));
  return Buffer.concat(parts);
}
