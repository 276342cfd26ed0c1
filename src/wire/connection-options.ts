// The Connection header of either direction (RFC 9110 §7.6.1): what it says of the connection itself, and
// which other headers it takes away.
import { COMMA, equalsIgnoringCase, SPACE, TAB, TOKEN } from "./bytes.ts";
import { H_CONTENT_LENGTH, H_HOST, H_TRANSFER_ENCODING, headerId } from "./header-id.ts";

/** More nominated headers than this are refused: nobody needs them, and each costs a scan. */
const NOMINATED_MAX = 16;

export class ConnectionOptions {
  isClose = false;
  isKeepAlive = false;
  isUpgrade = false;
  /** Offsets of nominated header names, start and end in turn. */
  readonly #nominated = new Int32Array(NOMINATED_MAX * 2);
  #nominatedCount = 0;

  reset(): void {
    this.isClose = false;
    this.isKeepAlive = false;
    this.isUpgrade = false;
    this.#nominatedCount = 0;
  }

  /** Adds one Connection value. False when it is malformed or names a header that carries framing or Host. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    let i = start;
    while (i < end) {
      while (i < end && (bytes[i] === COMMA || bytes[i] === SPACE || bytes[i] === TAB)) i++;
      const optionStart = i;
      while (i < end && TOKEN[bytes[i] as number] === 1) i++;
      const optionEnd = i;
      while (i < end && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
      if (i < end && bytes[i] !== COMMA) return false;
      if (optionEnd > optionStart && !this.#addOption(bytes, optionStart, optionEnd)) return false;
    }
    return true;
  }

  #addOption(bytes: Uint8Array, start: number, end: number): boolean {
    if (equalsIgnoringCase(bytes, start, end, "keep-alive")) {
      this.isKeepAlive = true;
      return true;
    }
    if (equalsIgnoringCase(bytes, start, end, "close")) {
      this.isClose = true;
      return true;
    }
    if (equalsIgnoringCase(bytes, start, end, "upgrade")) {
      this.isUpgrade = true;
      return true;
    }
    const id = headerId(bytes, start, end);
    if (id === H_HOST || id === H_CONTENT_LENGTH || id === H_TRANSFER_ENCODING) return false;
    if (this.#nominatedCount === NOMINATED_MAX) return false;
    this.#nominated[this.#nominatedCount * 2] = start;
    this.#nominated[this.#nominatedCount * 2 + 1] = end;
    this.#nominatedCount++;
    return true;
  }

  /** True when the name in `start..end` is taken away by Connection. */
  nominates(bytes: Uint8Array, start: number, end: number): boolean {
    for (let k = 0; k < this.#nominatedCount; k++) {
      const from = this.#nominated[k * 2] as number;
      const to = this.#nominated[k * 2 + 1] as number;
      if (to - from !== end - start) continue;
      let i = 0;
      while (i < end - start && lower(bytes[from + i] as number) === lower(bytes[start + i] as number)) i++;
      if (i === end - start) return true;
    }
    return false;
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
