// Single JSON tokens by bytes: where a string, number or literal ends, or that it is broken (RFC 8259, strict).
// Invalid UTF-8 inside strings is kept as the bytes it is. It keeps no state.
import { FALSE, NULL, NUMBER, STRING, TRUE } from "./tape.ts";

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const OPEN_OBJECT = 0x7b;
/** A closing bracket is its opening one plus this. */
export const CLOSE_OFFSET = 2;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const SPACE = 0x20;
const FOUR_SPACES = 0x20202020;

const IS_HEX = new Uint8Array(256);
for (const char of "0123456789abcdefABCDEF") IS_HEX[char.charCodeAt(0)] = 1;

const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const char of '"\\/bfnrt') IS_SHORT_ESCAPE[char.charCodeAt(0)] = 1;

/** A text's bytes, and a view of the same: four bytes are read at once. */
export interface JsonText {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function jsonTextOf(bytes: Uint8Array): JsonText {
  const { buffer, byteOffset, byteLength } = bytes;
  return {
    bytes: bytes instanceof Buffer ? bytes : Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
  };
}

/** Where a text begins: past a byte order mark. */
export function textStart({ bytes }: JsonText): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Whether white space, or what is no JSON, may stand at `at`: saves most calls of skipSpace. */
export function isSpaceAt(bytes: Buffer, at: number): boolean {
  return at < bytes.length && (bytes[at] as number) <= SPACE;
}

/** The next byte from `from` that is not white space, or the end. */
export function skipSpace({ bytes, view }: JsonText, from: number): number {
  const { length } = bytes;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte > SPACE) break;
    if (byte === SPACE) {
      at++;
      while (at + 4 <= length && view.getInt32(at) === FOUR_SPACES) at += 4;
    } else if (byte === 0x0a || byte === 0x0d || byte === 0x09) at++;
    else break;
  }
  return at;
}

/** Past the escape that begins at `at`; -1 where it is none. */
function scanEscape(bytes: Uint8Array, at: number): number {
  const escaped = bytes[at + 1] ?? 0;
  if (IS_SHORT_ESCAPE[escaped] === 1) return at + 2;
  if (escaped !== 0x75) return -1;
  for (let digit = at + 2; digit < at + 6; digit++) if (IS_HEX[bytes[digit] ?? 0] !== 1) return -1;
  return at + 6;
}

/**
 * The first byte from `from` that ends a quick run through a string (quote, backslash, control), or one of the last
 * four. Four bytes at once: in each, subtraction borrows into the top bit only where the byte is below 0x20, or is
 * zero after the stop byte was taken out by exclusive or. A borrow may also spill upwards, but never downwards, so
 * the lowest bit set is true.
 */
function skipPlain(view: DataView, from: number): number {
  const last = view.byteLength - 4;
  let at = from;
  while (at <= last) {
    const word = view.getInt32(at, true);
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const stops =
      (((word - 0x20202020) & ~word) |
        ((quotes - 0x01010101) & ~quotes) |
        ((backslashes - 0x01010101) & ~backslashes)) &
      0x80808080;
    if (stops !== 0) return at + ((31 - Math.clz32(stops & -stops)) >>> 3);
    at += 4;
  }
  return at;
}

/** From the opening quote: past the closing one, doubled, plus 1 where it has escapes; -1 where it is broken. */
export function scanString(text: JsonText, start: number): number {
  const { bytes, view } = text;
  const at = skipPlain(view, start + 1);
  // Most strings are plain to their end.
  return at < bytes.length && bytes[at] === QUOTE ? (at + 1) * 2 : scanOn(text, at);
}

/** As scanString, from the first byte that is not plain, or one of the last four. */
function scanOn({ bytes, view }: JsonText, from: number): number {
  const { length } = bytes;
  let escapes = 0;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return (at + 1) * 2 + escapes;
    if (byte === BACKSLASH) {
      escapes = 1;
      at = scanEscape(bytes, at);
      if (at < 0) return -1;
      at = skipPlain(view, at);
    } else if (byte >= SPACE) at++;
    else return -1;
  }
  return -1;
}

/** The first byte from `from` that is no digit, or the end. */
function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  for (const { length } = bytes; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x39 || byte < 0x30) break;
  }
  return at;
}

/** Past the number, doubled, plus 1 where its text is not the one plain form of an integer; -1 where it is broken. */
function scanNumber(bytes: Buffer, start: number): number {
  const { length } = bytes;
  const isNegative = start < length && bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  let at = skipDigits(bytes, first);
  if (at === first) return -1;
  let flag = 0;
  if (bytes[first] === 0x30) {
    if (at > first + 1) return -1;
    if (isNegative) flag = 1;
  }
  if (at < length && bytes[at] === 0x2e) {
    flag = 1;
    const fraction = at + 1;
    at = skipDigits(bytes, fraction);
    if (at === fraction) return -1;
  }
  if (at < length && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    flag = 1;
    at++;
    if (at < length && (bytes[at] === 0x2b || bytes[at] === MINUS)) at++;
    const exponent = at;
    at = skipDigits(bytes, exponent);
    if (at === exponent) return -1;
  }
  return at * 2 + flag;
}

function scanLiteral(bytes: Uint8Array, start: number, rest: string): number {
  for (let at = 0; at < rest.length; at++) if (bytes[start + 1 + at] !== rest.charCodeAt(at)) return -1;
  return (start + 1 + rest.length) * 2;
}

/** A scalar's kind by its first byte; what begins like none is read as a number, and is broken as one. */
export const SCALAR_KIND = new Uint8Array(256).fill(NUMBER);
SCALAR_KIND[QUOTE] = STRING;
SCALAR_KIND[0x74] = TRUE;
SCALAR_KIND[0x66] = FALSE;
SCALAR_KIND[0x6e] = NULL;

/** As scanString and scanNumber: past the scalar, doubled, plus its flag; -1 where it is broken. */
export function scanScalar(kind: number, text: JsonText, at: number): number {
  const { bytes } = text;
  switch (kind) {
    case STRING:
      return scanString(text, at);
    case NUMBER:
      return scanNumber(bytes, at);
    case TRUE:
      return scanLiteral(bytes, at, "rue");
    case FALSE:
      return scanLiteral(bytes, at, "alse");
    default:
      return scanLiteral(bytes, at, "ull");
  }
}
