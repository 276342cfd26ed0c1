// Bytes → tape: strict RFC 8259, iterative, one pass. White space around and a leading BOM are tolerated.
// Invalid UTF-8 inside strings is kept as the bytes it is. It must not recurse: depth is the input's choice.
import type { Deadline } from "../deadline.ts";
import {
  CLOSE_OFFSET,
  COLON,
  COMMA,
  isSpaceAt,
  jsonTextOf,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SCALAR_KIND,
  scanScalar,
  scanString,
  skipSpace,
  textStart,
} from "./scan.ts";
import { ARRAY, FLAG, OBJECT, ONE_CHILD, STRIDE, STRING, type Tape } from "./tape.ts";

export type TokenizeOutcome = "ok" | "unparseable" | "depth" | "nodes" | "time";

/** Values between two looks at the deadline, less one. */
const SPEND_MASK = 255;

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
  body: Uint8Array,
  bounds: { readonly depthMax: number; readonly deadline: Deadline },
): TokenizeOutcome {
  const text = jsonTextOf(body);
  const { bytes } = text;
  const { depthMax, deadline } = bounds;
  let cells = tape.begin(bytes);
  let node = 0;
  let at = textStart(text);
  let depth = 0;
  let deepest = 0;
  let container = -1;
  let isObject = false;
  let values = 0;
  for (;;) {
    // 1. A value begins here, or in an object first its key. There is room for both.
    if ((++values & SPEND_MASK) === 0 && deadline.spend(SPEND_MASK + 1)) return "time";
    if (node + 2 * STRIDE > cells.length) {
      const grown = tape.grow();
      if (grown === undefined) return "nodes";
      cells = grown;
    }
    if (isSpaceAt(bytes, at)) at = skipSpace(text, at);
    if (container >= 0) cells[container] = (cells[container] as number) + ONE_CHILD;
    if (isObject) {
      if (bytes[at] !== QUOTE) return "unparseable";
      const scanned = scanString(text, at);
      if (scanned < 0) return "unparseable";
      const end = scanned >>> 1;
      cells[node] = (scanned & 1) === 1 ? STRING | FLAG : STRING;
      cells[node + 1] = at;
      cells[node + 2] = end;
      cells[node + 3] = node + STRIDE;
      node += STRIDE;
      at = isSpaceAt(bytes, end) ? skipSpace(text, end) : end;
      if (bytes[at++] !== COLON) return "unparseable";
      if (isSpaceAt(bytes, at)) at = skipSpace(text, at);
    }
    const byte = bytes[at] ?? 0;
    cells[node + 1] = at;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth >= depthMax) return "depth";
      at++;
      if (isSpaceAt(bytes, at)) at = skipSpace(text, at);
      cells[node] = byte === OPEN_OBJECT ? OBJECT : ARRAY;
      if (depth >= deepest) deepest = depth + 1;
      if (bytes[at] !== byte + CLOSE_OFFSET) {
        keepOpen(depth++, node);
        container = node;
        isObject = byte === OPEN_OBJECT;
        node += STRIDE;
        continue;
      }
      cells[node + 2] = ++at;
    } else {
      const kind = SCALAR_KIND[byte] as number;
      const scanned = scanScalar(kind, text, at);
      if (scanned < 0) return "unparseable";
      at = scanned >>> 1;
      cells[node] = (scanned & 1) === 1 ? kind | FLAG : kind;
      cells[node + 2] = at;
    }
    node += STRIDE;
    cells[node - 1] = node;
    // 2. A value has ended: a comma, the end of containers, or the end of the text.
    for (;;) {
      if (isSpaceAt(bytes, at)) at = skipSpace(text, at);
      if (container < 0) {
        tape.finish(node, deepest);
        deadline.spend(values & SPEND_MASK);
        return at === bytes.length ? "ok" : "unparseable";
      }
      const after = bytes[at++];
      if (after === COMMA) break;
      if (after !== (isObject ? OPEN_OBJECT : OPEN_ARRAY) + CLOSE_OFFSET) return "unparseable";
      cells[container + 2] = at;
      cells[container + 3] = node;
      depth--;
      container = depth > 0 ? (openContainers[depth - 1] as number) : -1;
      isObject = container >= 0 && ((cells[container] as number) & (ONE_CHILD - 1)) === OBJECT;
    }
  }
}
