// Field lines of a head or a trailer section (RFC 9112 §5), validated and recorded as offsets in one pass.
// The table is reused from message to message; it holds no text and must not outlive its bytes.
import type { ErrorCode } from "../core/errors.ts";
import { COLON, CR, equalsIgnoringCase, FIELD_VALUE, LF, latin1, SPACE, TAB, TOKEN } from "./bytes.ts";
import { headerId } from "./header-id.ts";

/** Parse results below zero or zero: see `parse`. */
export const INCOMPLETE = 0;
export const REFUSED = -1;

const STRIDE = 5;

export class FieldLineTable {
  readonly #linesMax: number;
  /** Per line: name start, name end, value start, value end, header id. */
  readonly #offsets: Int32Array;
  count = 0;
  /** Where the first line begins, and where the closing CR LF of the section begins. */
  start = 0;
  end = 0;
  error: ErrorCode = "internal";

  constructor(linesMax: number) {
    this.#linesMax = linesMax;
    this.#offsets = new Int32Array(linesMax * STRIDE);
  }

  nameStart(line: number): number {
    return this.#offsets[line * STRIDE] as number;
  }

  nameEnd(line: number): number {
    return this.#offsets[line * STRIDE + 1] as number;
  }

  valueStart(line: number): number {
    return this.#offsets[line * STRIDE + 2] as number;
  }

  valueEnd(line: number): number {
    return this.#offsets[line * STRIDE + 3] as number;
  }

  id(line: number): number {
    return this.#offsets[line * STRIDE + 4] as number;
  }

  /** Where the line after `line` begins: a line with its CR LF is `nameStart(line)..lineEnd(line)`. */
  lineEnd(line: number): number {
    return line + 1 < this.count ? this.nameStart(line + 1) : this.end;
  }

  #refuse(error: ErrorCode): typeof REFUSED {
    this.error = error;
    return REFUSED;
  }

  /**
   * Reads lines from `at` up to and with the empty line. Answers the index behind it, INCOMPLETE when the
   * bytes end before, or REFUSED with `error` set. What is wrong is said as soon as it is seen.
   */
  parse(bytes: Uint8Array, at: number, limit: number): number {
    const offsets = this.#offsets;
    this.count = 0;
    this.start = at;
    let i = at;
    while (i < limit) {
      const first = bytes[i] as number;
      if (first === CR) {
        if (i + 1 >= limit) return INCOMPLETE;
        if (bytes[i + 1] !== LF) return this.#refuse("bad-line-ending");
        this.end = i;
        return i + 2;
      }
      if (first === LF) return this.#refuse("bad-line-ending");
      if (first === SPACE || first === TAB) return this.#refuse("obs-fold");
      if (this.count === this.#linesMax) return this.#refuse("too-many-headers");

      const nameStart = i;
      while (i < limit && TOKEN[bytes[i] as number] === 1) i++;
      if (i >= limit) return INCOMPLETE;
      // An empty name, white space before the colon and control bytes all end here.
      if (bytes[i] !== COLON || i === nameStart) return this.#refuse("bad-header-name");
      const nameEnd = i++;

      while (i < limit && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
      const valueStart = i;
      while (i < limit && FIELD_VALUE[bytes[i] as number] === 1) i++;
      if (i >= limit) return INCOMPLETE;
      let valueEnd = i;
      const ending = bytes[i];
      if (ending === LF) return this.#refuse("bad-line-ending");
      if (ending !== CR) return this.#refuse("bad-header-value");
      if (i + 1 >= limit) return INCOMPLETE;
      if (bytes[i + 1] !== LF) return this.#refuse("bad-line-ending");
      i += 2;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB))
        valueEnd--;

      const base = this.count * STRIDE;
      offsets[base] = nameStart;
      offsets[base + 1] = nameEnd;
      offsets[base + 2] = valueStart;
      offsets[base + 3] = valueEnd;
      offsets[base + 4] = headerId(bytes, nameStart, nameEnd);
      this.count++;
    }
    return INCOMPLETE;
  }
}

export function firstValue(bytes: Uint8Array, lines: FieldLineTable, name: string): string | undefined {
  for (let line = 0; line < lines.count; line++) {
    if (!equalsIgnoringCase(bytes, lines.nameStart(line), lines.nameEnd(line), name)) continue;
    return latin1(bytes, lines.valueStart(line), lines.valueEnd(line));
  }
  return undefined;
}

export function allValues(bytes: Uint8Array, lines: FieldLineTable, name: string): readonly string[] {
  const values: string[] = [];
  for (let line = 0; line < lines.count; line++) {
    if (!equalsIgnoringCase(bytes, lines.nameStart(line), lines.nameEnd(line), name)) continue;
    values.push(latin1(bytes, lines.valueStart(line), lines.valueEnd(line)));
  }
  return values;
}

export function allEntries(bytes: Uint8Array, lines: FieldLineTable): readonly (readonly [string, string])[] {
  const entries: (readonly [string, string])[] = [];
  for (let line = 0; line < lines.count; line++) {
    const name = latin1(bytes, lines.nameStart(line), lines.nameEnd(line)).toLowerCase();
    entries.push([name, latin1(bytes, lines.valueStart(line), lines.valueEnd(line))]);
  }
  return entries;
}
