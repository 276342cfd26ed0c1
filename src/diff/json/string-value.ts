// JSON strings by the code points they stand for: an escape equals its character, NFC ≠ NFD.
// A lone surrogate is itself and never U+FFFD; a byte that is not UTF-8 is itself and equals no character.

/** Bytes that are not UTF-8 count as code points past the last one, so that they equal only themselves. */
const INVALID_BYTE_BASE = 0x110000;

/** Values of the two-character escapes, by the byte after the backslash. */
const SHORT_ESCAPES = new Uint8Array(256);
for (const [name, value] of Object.entries({ '"': 34, "\\": 92, "/": 47, b: 8, f: 12, n: 10, r: 13, t: 9 }))
  SHORT_ESCAPES[name.charCodeAt(0)] = value;

/** How many bytes the UTF-8 sequence at `at` has; 0 where it is not one (RFC 3629 §4). */
function utf8Length(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = bytes[at + 1] as number;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let more = 2; more < length; more++) if (((bytes[at + more] as number) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Reads one string's code points. Reused: one string at a time. */
export class CodePoints {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** `start`…`end` are the bytes of a valid JSON string, with its quotes. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start + 1;
    this.#end = end - 1;
  }

  /** The next code point, lone surrogate or invalid byte; -1 at the end. */
  next(): number {
    if (this.#at >= this.#end) return -1;
    const byte = this.#bytes[this.#at] as number;
    if (byte === 0x5c) return this.#nextEscape();
    if (byte < 0x80) {
      this.#at++;
      return byte;
    }
    const length = utf8Length(this.#bytes, this.#at, this.#end);
    if (length === 0) {
      this.#at++;
      return INVALID_BYTE_BASE + byte;
    }
    let point = byte & (0x7f >> length);
    for (let more = 1; more < length; more++)
      point = (point << 6) | ((this.#bytes[this.#at + more] as number) & 0x3f);
    this.#at += length;
    return point;
  }

  #nextEscape(): number {
    const escaped = this.#bytes[this.#at + 1] as number;
    if (escaped !== 0x75) {
      this.#at += 2;
      return SHORT_ESCAPES[escaped] as number;
    }
    const unit = this.#hexAt(this.#at + 2);
    this.#at += 6;
    if ((unit & 0xfc00) !== 0xd800) return unit;
    if (this.#bytes[this.#at] !== 0x5c || this.#bytes[this.#at + 1] !== 0x75) return unit;
    const low = this.#hexAt(this.#at + 2);
    if ((low & 0xfc00) !== 0xdc00) return unit;
    this.#at += 6;
    return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
  }

  #hexAt(at: number): number {
    let value = 0;
    for (let digit = at; digit < at + 4; digit++) {
      const byte = this.#bytes[digit] as number;
      value = (value << 4) | (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
    }
    return value;
  }
}

const left = new CodePoints();
const right = new CodePoints();

/** One side's bytes and a range in them. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Whether two JSON strings, at least one with escapes, stand for the same code points. */
export function isSameText(a: Span, b: Span): boolean {
  left.open(a.bytes, a.start, a.end);
  right.open(b.bytes, b.start, b.end);
  for (;;) {
    const point = left.next();
    if (point !== right.next()) return false;
    if (point < 0) return true;
  }
}

/** The string as JavaScript has it, for paths and people; invalid bytes become U+FFFD. */
export function textOf(bytes: Buffer, start: number, end: number, hasEscapes: boolean): string {
  const inner = bytes.toString("utf8", start + 1, end - 1);
  return hasEscapes ? (JSON.parse(`"${inner}"`) as string) : inner;
}
