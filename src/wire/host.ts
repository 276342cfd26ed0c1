// The Host of a request (RFC 9112 §3.2, RFC 3986 §3.2.2): what is not surely a name or an address is refused.
import { COLON, HOST, NINE, ZERO } from "./bytes.ts";

/** A Host value: a name or address with an optional port of digits; empty is allowed (RFC 9112 §3.2). */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  let colon = -1;
  let isBracketed = false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (HOST[byte] !== 1) return false;
    if (byte === 0x5b) {
      if (i !== start) return false;
      isBracketed = true;
    } else if (byte === 0x5d) {
      if (!isBracketed) return false;
      isBracketed = false;
      if (i + 1 < end && bytes[i + 1] !== COLON) return false;
    } else if (byte === COLON && !isBracketed) {
      if (colon >= 0) return false;
      colon = i;
    }
  }
  if (isBracketed) return false;
  if (colon >= 0) {
    if (end - colon > 6) return false;
    for (let i = colon + 1; i < end; i++) {
      if ((bytes[i] as number) < ZERO || (bytes[i] as number) > NINE) return false;
    }
  }
  return true;
}
