// Lookup tables and byte constants of the HTTP/1.1 grammar (RFC 9110 §5.6, RFC 9112 §2.2).

import { Buffer } from "node:buffer";

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION = 0x3f;
export const AT = 0x40;
export const BACKSLASH = 0x5c;
export const DEL = 0x7f;
/** Set on an ASCII letter, makes it lower case. */
export const LOWER = 0x20;

function table(has: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0));
}

const isAlphanumeric = (byte: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(byte));

/** 1 for the characters of a token (RFC 9110 §5.6.2). */
export const TOKEN: Uint8Array = table(
  (byte) => isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte)),
);

/** 1 for what a field value may hold: visible ASCII, obs-text, space and tab (RFC 9110 §5.5). */
export const FIELD_VALUE: Uint8Array = table((byte) => byte === TAB || (byte >= SPACE && byte !== DEL));

/** 1 for what a request target may hold: visible ASCII without `#`, which never goes on the wire. */
export const TARGET: Uint8Array = table((byte) => byte > SPACE && byte < DEL && byte !== HASH);

/** 1 for what the name in a Host may hold: a reg-name without sub-delims (RFC 3986 §3.2.2). */
export const HOST: Uint8Array = table(
  (byte) => isAlphanumeric(byte) || "-._~%".includes(String.fromCharCode(byte)),
);

/** The value of a hexadecimal digit, 255 for anything else. */
export const HEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

/** True when the bytes `start..end` are `text` (lower case), whatever the case of the bytes. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] as number;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | LOWER : byte;
    if (lower !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** The text of `start..end`, a character a byte (latin1): field values and targets keep every byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}
