// Bytes → tape: strict RFC 8259, iterative, one pass. White space around and a leading BOM are tolerated.
// Invalid UTF-8 inside strings is kept as the bytes it is. It must not recurse: depth is the input's choice.
import type { Deadline } from "./deadline.ts";
import { ARRAY, FALSE, NULL, NUMBER, OBJECT, STRING, type Tape, TRUE } from "./tape.ts";

export type TokenizeOutcome = "ok" | "unparseable" | "depth" | "nodes" | "time";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;

/** Bytes that end the quick run through a string: quote, backslash, control. */
const IS_STRING_STOP = new Uint8Array(256);
for (let byte = 0; byte < 0x20; byte++) IS_STRING_STOP[byte] = 1;
IS_STRING_STOP[QUOTE] = 1;
IS_STRING_STOP[BACKSLASH] = 1;

const IS_HEX = new Uint8Array(256);
for (const char of "0123456789abcdefABCDEF") IS_HEX[char.charCodeAt(0)] = 1;

const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const char of '"\\/bfnrt') IS_SHORT_ESCAPE[char.charCodeAt(0)] = 1;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++;
    else return at;
  }
}

/** From the opening quote: past the closing one, doubled, plus 1 where it has escapes; -1 where it is broken. */
function scanString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  let escapes = 0;
  const { length } = bytes;
  while (at < length) {
    const byte = bytes[at] as number;
    if (IS_STRING_STOP[byte] === 0) {
      at++;
    } else if (byte === QUOTE) {
      return (at + 1) * 2 + escapes;
    } else if (byte === BACKSLASH) {
      escapes = 1;
      const escaped = bytes[at + 1] ?? 0;
      if (IS_SHORT_ESCAPE[escaped] === 1) {
        at += 2;
      } else if (escaped === 0x75) {
        for (let digit = at + 2; digit < at + 6; digit++) if (IS_HEX[bytes[digit] ?? 0] !== 1) return -1;
        at += 6;
      } else {
        return -1;
      }
    } else {
      return -1;
    }
  }
  return -1;
}

/** Past the number, doubled, plus 1 where its text is not the one plain form of an integer; -1 where it is broken. */
function scanNumber(bytes: Uint8Array, start: number): number {
  let at = start;
  let flag = 0;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  if (bytes[at] === 0x30) {
    at++;
    if (isNegative) flag = 1;
  } else {
    if (!isDigit(bytes[at])) return -1;
    while (isDigit(bytes[at])) at++;
  }
  if (bytes[at] === 0x2e) {
    flag = 1;
    at++;
    if (!isDigit(bytes[at])) return -1;
    while (isDigit(bytes[at])) at++;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    flag = 1;
    at++;
    if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
    if (!isDigit(bytes[at])) return -1;
    while (isDigit(bytes[at])) at++;
  }
  return at * 2 + flag;
}

function scanLiteral(bytes: Uint8Array, start: number, rest: string): number {
  for (let at = 0; at < rest.length; at++) if (bytes[start + 1 + at] !== rest.charCodeAt(at)) return -1;
  return (start + 1 + rest.length) * 2;
}

/** A scalar's kind by its first byte; what begins like none is read as a number, and is broken as one. */
const SCALAR_KIND = new Uint8Array(256).fill(NUMBER);
SCALAR_KIND[QUOTE] = STRING;
SCALAR_KIND[0x74] = TRUE;
SCALAR_KIND[0x66] = FALSE;
SCALAR_KIND[0x6e] = NULL;

/** As scanString and scanNumber: past the scalar, doubled, plus its flag; -1 where it is broken. */
function scanScalar(kind: number, bytes: Uint8Array, at: number): number {
  switch (kind) {
    case STRING:
      return scanString(bytes, at);
    case TRUE:
      return scanLiteral(bytes, at, "rue");
    case FALSE:
      return scanLiteral(bytes, at, "alse");
    case NULL:
      return scanLiteral(bytes, at, "ull");
    default:
      return scanNumber(bytes, at);
  }
}

/** The open containers; grows to the depth bound and is reused. */
let openContainers = new Int32Array(256);

function keepOpen(depth: number, node: number): void {
  if (depth === openContainers.length) {
    const grown = new Int32Array(depth * 2);
    grown.set(openContainers);
    openContainers = grown;
  }
  openContainers[depth] = node;
}

/**
 * Fills `tape` from `bytes`. `unparseable`: not one JSON text; `depth`, `nodes`, `time`: past that bound,
 * and the tape says nothing.
 */
export function tokenize(
  tape: Tape,
  bytes: Uint8Array,
  bounds: { readonly depthMax: number; readonly deadline: Deadline },
): TokenizeOutcome {
  tape.reset(bytes);
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let depth = 0;
  let container = -1;
  for (;;) {
    // 1. A value begins here, or in an object first its key.
    if (bounds.deadline.spend(1)) return "time";
    at = skipSpace(bytes, at);
    if (container >= 0) {
      tape.addChild(container);
      if (tape.kind(container) === OBJECT) {
        if (bytes[at] !== QUOTE) return "unparseable";
        const scanned = scanString(bytes, at);
        if (scanned < 0) return "unparseable";
        if (tape.push(STRING, at, scanned >>> 1, (scanned & 1) === 1) < 0) return "nodes";
        at = skipSpace(bytes, scanned >>> 1);
        if (bytes[at] !== COLON) return "unparseable";
        at = skipSpace(bytes, at + 1);
      }
    }
    const byte = bytes[at];
    if (byte === 0x7b || byte === 0x5b) {
      if (depth >= bounds.depthMax) return "depth";
      const node = tape.push(byte === 0x7b ? OBJECT : ARRAY, at, 0, false);
      if (node < 0) return "nodes";
      at = skipSpace(bytes, at + 1);
      tape.noteDepth(depth + 1);
      if (bytes[at] === byte + 2) {
        at++;
        tape.close(node, at);
      } else {
        keepOpen(depth++, node);
        container = node;
        continue;
      }
    } else {
      const kind = SCALAR_KIND[byte ?? 0] as number;
      const scanned = scanScalar(kind, bytes, at);
      if (scanned < 0) return "unparseable";
      if (tape.push(kind, at, scanned >>> 1, (scanned & 1) === 1) < 0) return "nodes";
      at = scanned >>> 1;
    }
    // 2. A value has ended: a comma, the end of containers, or the end of the text.
    for (;;) {
      at = skipSpace(bytes, at);
      if (container < 0) return at === bytes.length ? "ok" : "unparseable";
      const after = bytes[at++];
      if (after === COMMA) break;
      if (after !== (tape.kind(container) === OBJECT ? 0x7d : 0x5d)) return "unparseable";
      tape.close(container, at);
      depth--;
      container = depth > 0 ? (openContainers[depth - 1] as number) : -1;
    }
  }
}
