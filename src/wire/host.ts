// A Host value or the authority of a target (RFC 9112 §3.2, RFC 3986 §3.2.2): a name or an address, and a port.
// Stricter than the grammar: no sub-delims, no user information, nothing that two parsers could split differently.
import { COLON, HEX, HOST, NINE, ZERO } from "./bytes.ts";

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const DOT = 0x2e;
/** `:65535`; a larger number of that length is the upstream's to refuse. */
const PORT_BYTES_MAX = 6;

/** A name has at most 253 characters; no address is longer, and the port has six. */
const HOST_BYTES_MAX = 260;

/** True when `start..end` is a host with an optional port of digits. Empty is allowed: the client has no name for it. */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > HOST_BYTES_MAX) return false;
  if (start === end) return true;
  const nameEnd =
    bytes[start] === OPENING_BRACKET ? addressEnd(bytes, start, end) : plainEnd(bytes, start, end);
  if (nameEnd === start) return false;
  return nameEnd === end || isPort(bytes, nameEnd, end);
}

/** Behind `[` hexadecimal digits, colons and dots `]`; `start` when it is none. */
function addressEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start + 1;
  while (i < end && (HEX[bytes[i] as number] !== 255 || bytes[i] === COLON || bytes[i] === DOT)) i++;
  return i < end && i > start + 1 && bytes[i] === CLOSING_BRACKET ? i + 1 : start;
}

function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && HOST[bytes[i] as number] === 1) i++;
  return i;
}

function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== COLON || end - start > PORT_BYTES_MAX) return false;
  for (let i = start + 1; i < end; i++) {
    if ((bytes[i] as number) < ZERO || (bytes[i] as number) > NINE) return false;
  }
  return true;
}
