// IP addresses as 128 bits in four words; IPv4 as IPv6 writes it (::ffff:a.b.c.d), so that both spellings are one.
// Reads text in place and writes into the caller's words (HOT). What two readers could take for two addresses is none.

/** An address: four words of 32 bits, the highest first. */
export type AddressWords = Uint32Array;

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const PERCENT = 0x25;
const LOWER = 0x20;
const GROUPS = 8;
const MAPPED = 0xffff;

/** Groups of 16 bits of the address under way; reused. */
const groups = new Uint16Array(GROUPS);

/** The value of `a.b.c.d` (RFC 3986 §3.2.2, no leading zeros), or -1. */
function readV4(text: ArrayLike<number>, start: number, end: number): number {
  let value = 0;
  let parts = 0;
  let at = start;
  for (;;) {
    const first = at;
    let part = 0;
    while (at < end && at - first < 3 && isDigit(text[at] as number))
      part = part * 10 + (text[at++] as number) - ZERO;
    const isWritten = at > first && part <= 255 && (at - first === 1 || text[first] !== ZERO);
    if (!isWritten) return -1;
    value = value * 256 + part;
    parts++;
    if (at === end) return parts === 4 ? value : -1;
    if (parts === 4 || text[at] !== DOT) return -1;
    at++;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - ZERO;
  const letter = byte | LOWER;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** RFC 4291 §2.2, without a zone. */
function readV6(text: ArrayLike<number>, start: number, end: number): boolean {
  let count = 0;
  /** How many groups stand before `::`; -1 without one. */
  let gapAt = -1;
  let at = start;
  if (text[at] === COLON) {
    if (at + 1 >= end || text[at + 1] !== COLON) return false;
    gapAt = 0;
    at += 2;
  }
  while (at < end) {
    if (count === GROUPS) return false;
    const first = at;
    let value = 0;
    for (let digit = hexValue(text[at] as number); digit >= 0 && at - first < 4; ) {
      value = value * 16 + digit;
      at++;
      digit = at < end ? hexValue(text[at] as number) : -1;
    }
    if (at < end && text[at] === DOT) {
      const v4 = count > GROUPS - 2 ? -1 : readV4(text, first, end);
      if (v4 < 0) return false;
      groups[count++] = v4 >>> 16;
      groups[count++] = v4 & 0xffff;
      at = end;
      break;
    }
    if (at === first) return false;
    groups[count++] = value;
    if (at === end) break;
    if (text[at] !== COLON) return false;
    at++;
    if (at === end) return false;
    if (text[at] === COLON) {
      if (gapAt >= 0) return false;
      gapAt = count;
      at++;
    }
  }
  if (gapAt < 0) return count === GROUPS;
  if (count === GROUPS) return false;
  groups.copyWithin(GROUPS - count + gapAt, gapAt, count);
  groups.fill(0, gapAt, GROUPS - count + gapAt);
  return true;
}

/** Reads the address `text[start..end]`, character codes or bytes, into `words`; false, and any words, for no address. */
export function readAddress(
  text: ArrayLike<number>,
  start: number,
  end: number,
  words: AddressWords,
): boolean {
  const v4 = readV4(text, start, end);
  if (v4 >= 0) {
    words[0] = 0;
    words[1] = 0;
    words[2] = MAPPED;
    words[3] = v4;
    return true;
  }
  // A zone says which link it is on, never which address it is.
  let limit = start;
  while (limit < end && text[limit] !== PERCENT) limit++;
  if (!readV6(text, start, limit)) return false;
  for (let word = 0; word < 4; word++)
    words[word] = (((groups[word * 2] as number) << 16) | (groups[word * 2 + 1] as number)) >>> 0;
  return true;
}

/** The words of an address that is a string; undefined for no address. */
export function parseAddress(text: string): AddressWords | undefined {
  const words = new Uint32Array(4);
  const codes = Array.from(text, (character) => character.charCodeAt(0));
  return readAddress(codes, 0, codes.length, words) ? words : undefined;
}
