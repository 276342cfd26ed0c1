// The chunked coding (RFC 9112 §7.1), decoded strictly, without copying: the caller is told where the data
// lie in its own bytes. Extensions are checked and dropped; the trailer section is kept, up to a limit.
import { CR, EQUALS, HEX, LF, QUOTE, SEMICOLON, TOKEN } from "./bytes.ts";

/** Hexadecimal digits of a chunk size: 13 stay below 2^53. Leading zeros count. */
const SIZE_DIGITS_MAX = 13;
/** Bytes of extensions on one chunk line. Nobody uses them; a flood of them is an attack. */
const EXTENSION_BYTES_MAX = 256;
/** Bytes of the whole trailer section. */
const TRAILER_BYTES_MAX = 8 * 1024;

/** What `next` found. */
export const CHUNK_DATA = 1;
export const CHUNK_MORE = 2;
export const CHUNK_END = 3;
export const CHUNK_BAD = 4;

// Where in the grammar the next byte stands.
const S_SIZE_FIRST = 0;
const S_SIZE = 1;
const S_EXT_NAME_FIRST = 2;
const S_EXT_NAME = 3;
const S_EXT_VALUE_FIRST = 4;
const S_EXT_VALUE = 5;
const S_EXT_QUOTED = 6;
const S_EXT_QUOTED_END = 7;
const S_SIZE_LF = 8;
const S_DATA = 9;
const S_DATA_CR = 10;
const S_DATA_LF = 11;
const S_TRAILER = 12;
const S_END = 13;

export class ChunkedDecoder {
  #state = S_SIZE_FIRST;
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailer: number[] = [];
  /** After CHUNK_DATA: the data are `bytes[dataStart..dataEnd]`. */
  dataStart = 0;
  dataEnd = 0;
  /** Where the next call begins; after CHUNK_END the first byte behind the body. */
  position = 0;

  reset(): void {
    this.#state = S_SIZE_FIRST;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#trailer = [];
  }

  /** The trailer section with its closing empty line (so at least CR LF); only after CHUNK_END. */
  trailer(): Uint8Array {
    return Uint8Array.from(this.#trailer);
  }

  /** Goes on from `position` (which the caller sets at each new buffer) to the next data, end or error. */
  next(bytes: Uint8Array, limit: number): number {
    let i = this.position;
    while (i < limit) {
      if (this.#state === S_DATA) {
        this.dataStart = i;
        this.dataEnd = Math.min(limit, i + this.#size);
        this.#size -= this.dataEnd - i;
        if (this.#size === 0) this.#state = S_DATA_CR;
        this.position = this.dataEnd;
        return CHUNK_DATA;
      }
      if (!this.#step(bytes[i] as number)) return CHUNK_BAD;
      i++;
      if (this.#state === S_END) {
        this.position = i;
        return CHUNK_END;
      }
    }
    this.position = i;
    return CHUNK_MORE;
  }

  /** One byte of a chunk line, of the CR LF behind data, or of the trailer. False when it is not allowed. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case S_SIZE_FIRST:
      case S_SIZE:
        return this.#stepSize(byte);
      case S_SIZE_LF:
        if (byte !== LF) return false;
        this.#state = this.#size === 0 ? S_TRAILER : S_DATA;
        return true;
      case S_DATA_CR:
        this.#state = S_DATA_LF;
        return byte === CR;
      case S_DATA_LF:
        this.#state = S_SIZE_FIRST;
        return byte === LF;
      case S_TRAILER:
        return this.#stepTrailer(byte);
      default:
        return ++this.#extensionBytes <= EXTENSION_BYTES_MAX && this.#stepExtension(byte);
    }
  }

  #stepSize(byte: number): boolean {
    const digit = HEX[byte] as number;
    if (digit !== 255) {
      if (this.#state === S_SIZE_FIRST) {
        this.#size = 0;
        this.#digits = 0;
        this.#extensionBytes = 0;
        this.#state = S_SIZE;
      }
      this.#size = this.#size * 16 + digit;
      return ++this.#digits <= SIZE_DIGITS_MAX;
    }
    if (this.#state === S_SIZE_FIRST) return false;
    return this.#stepLineEndOrExtension(byte);
  }

  #stepLineEndOrExtension(byte: number): boolean {
    if (byte === CR) this.#state = S_SIZE_LF;
    else if (byte === SEMICOLON) this.#state = S_EXT_NAME_FIRST;
    else return false;
    return true;
  }

  #stepExtension(byte: number): boolean {
    const isToken = TOKEN[byte] === 1;
    switch (this.#state) {
      case S_EXT_NAME_FIRST:
        this.#state = S_EXT_NAME;
        return isToken;
      case S_EXT_NAME:
        if (isToken) return true;
        if (byte !== EQUALS) return this.#stepLineEndOrExtension(byte);
        this.#state = S_EXT_VALUE_FIRST;
        return true;
      case S_EXT_VALUE_FIRST:
        this.#state = byte === QUOTE ? S_EXT_QUOTED : S_EXT_VALUE;
        return byte === QUOTE || isToken;
      case S_EXT_VALUE:
        return isToken || this.#stepLineEndOrExtension(byte);
      case S_EXT_QUOTED:
        // Escapes and obs-text are refused: two parsers may end the string in two places.
        if (byte === QUOTE) this.#state = S_EXT_QUOTED_END;
        return byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
      default:
        return this.#stepLineEndOrExtension(byte);
    }
  }

  /** Collects the trailer section until its empty line; the lines themselves are parsed by the caller. */
  #stepTrailer(byte: number): boolean {
    const trailer = this.#trailer;
    if (trailer.length === TRAILER_BYTES_MAX) return false;
    const previous = trailer.at(-1);
    if (byte === LF && previous !== CR) return false;
    if (byte !== LF && previous === CR) return false;
    trailer.push(byte);
    if (byte === LF) {
      const length = trailer.length;
      if (length === 2 || (trailer[length - 3] === LF && trailer[length - 4] === CR)) this.#state = S_END;
    }
    return true;
  }
}
