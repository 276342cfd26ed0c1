// Names and percent-encoding in the bytes of a request's head, compared and decoded in place (HOT): no string is made.

export const TAB = 0x09;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PERCENT = 0x25;
export const AMPERSAND = 0x26;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
const LOWER = 0x20;

/** The header name `bytes[start..end]` is `name`, which is in lower case. */
export function isField(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i] as number;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | LOWER : byte;
    if (lower !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** `bytes[start..end]` are `name`, byte by byte. */
export function isName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** The value of two hexadecimal digits behind the `%` at `at`; -1 where there are not two before `end`. */
export function escapedByte(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end) return -1;
  const high = hexDigit(bytes[at + 1] as number);
  const low = hexDigit(bytes[at + 2] as number);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | LOWER;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** As `isName`, of a name in a form: `+` is a space, `%` and two digits a byte. */
export function isFormName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start < name.length) return false;
  let at = start;
  for (let i = 0; i < name.length; i++) {
    if (at >= end) return false;
    let byte = bytes[at] as number;
    const escaped = byte === PERCENT ? escapedByte(bytes, at, end) : -1;
    if (escaped >= 0) {
      byte = escaped;
      at += 2;
    } else if (byte === PLUS) byte = SPACE;
    if (byte !== name[i]) return false;
    at++;
  }
  return at === end;
}

/** False: decoding `bytes[start..end]` would not change it. */
export function isEncoded(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === PERCENT || bytes[i] === PLUS) return true;
  return false;
}
