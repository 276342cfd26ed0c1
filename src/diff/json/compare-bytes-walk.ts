// Two JSON texts walked in step, as long as they have the same structure. Where both have the same bytes, one side
// alone is read, and read strictly. It keeps the places of scalars that differ and builds nothing for equal parts.
// Whatever is not one structure, or not JSON, is left to the compare of tapes; it must not guess.

import type { Deadline } from "../deadline.ts";
import type { ScalarPlaces } from "./compare-bytes-places.ts";
import { commonRun } from "./compare-bytes-run.ts";
import { isSameNumber } from "./number-value.ts";
import {
  CLOSE_OFFSET,
  COLON,
  COMMA,
  type JsonText,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SCALAR_KIND,
  scanScalar,
  scanString,
  skipSpace,
  textStart,
} from "./scan.ts";
import { isSameText } from "./string-value.ts";
import { NUMBER, STRING } from "./tape.ts";

/** `other-structure` also says: not JSON, or past a bound of this walk. */
export type WalkOutcome = "same-structure" | "other-structure" | "time";

/** Deeper documents are left to the tapes: real ones end long before. */
export const WALK_DEPTH_MAX = 1024;
/** Steps between two looks at the deadline, less one. */
const STEPS_MASK = 1023;
const SPACE = 0x20;

/** What comes next. */
const VALUE = 0;
const FIRST = 1;
const KEY = 2;
const KEY_COLON = 3;
const AFTER = 4;

/** By depth: the opening byte of each open container. Reused. */
const opened = new Uint8Array(WALK_DEPTH_MAX + 1);
/** By depth: the current key's place in the legacy's text; of an element, its index as -1, -2, … */
const steps = new Int32Array(WALK_DEPTH_MAX + 1);
const FIRST_INDEX = -1;

/** Bodies whose lengths differ by less are not asked whether an element was put in. */
const ELEMENT_BYTES_MIN = 16;
const AFTER_ELEMENT_BYTES = 256;
/** From so many places on, elements have probably moved if a place came up in fewer than so many steps. */
const PLACES_TO_DOUBT = 128;
const STEPS_PER_PLACE = 6;

/**
 * Whether the longer text looks like the other with elements or members put in where they begin to differ: walked
 * in step, all that comes after would differ. A guess, which costs time where it is wrong.
 */
function looksInserted(legacy: Buffer, candidate: Buffer, atL: number, atC: number): boolean {
  const more = candidate.length - atC - (legacy.length - atL);
  if (Math.abs(more) < ELEMENT_BYTES_MIN) return false;
  const resumeL = more > 0 ? atL : atL - more;
  const resumeC = more > 0 ? atC + more : atC;
  const resumed = Math.min(AFTER_ELEMENT_BYTES, legacy.length - resumeL);
  if (legacy.compare(candidate, resumeC, resumeC + resumed, resumeL, resumeL + resumed) !== 0) return false;
  return more > 0
    ? candidate.subarray(atC, resumeC).includes(COMMA)
    : legacy.subarray(atL, resumeL).includes(COMMA);
}

export interface WalkBounds {
  readonly depthMax: number;
  /** The walk is given up at one place more. */
  readonly placesMax: number;
  readonly deadline: Deadline;
}

class Walk {
  readonly #legacy: JsonText;
  readonly #candidate: JsonText;
  readonly #found: ScalarPlaces;
  readonly #bounds: WalkBounds;
  #stepsBefore = 0;

  constructor(legacy: JsonText, candidate: JsonText, found: ScalarPlaces, bounds: WalkBounds) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#found = found;
    this.#bounds = bounds;
  }

  run(): WalkOutcome {
    const legacyText = this.#legacy;
    const candidateText = this.#candidate;
    const legacy = legacyText.bytes;
    const candidate = candidateText.bytes;
    const { deadline } = this.#bounds;
    const depthMax = Math.min(this.#bounds.depthMax, WALK_DEPTH_MAX);
    // Up to `sameEnd` the candidate's byte at `at + shift` is the legacy's at `at`; behind it nothing is known.
    let at = textStart(legacyText);
    let shift = textStart(candidateText) - at;
    let sameEnd = at;
    let depth = 0;
    let container = 0;
    let expected = VALUE;
    for (let spent = 1; ; spent++) {
      if ((spent & STEPS_MASK) === 0 && deadline.spend(STEPS_MASK + 1)) return "time";
      let byte = at < sameEnd ? (legacy[at] as number) : SPACE;
      if (byte <= SPACE) {
        // White space, and behind it the next bytes that both have.
        const next = skipSpace(legacyText, at);
        if (next >= sameEnd) {
          shift = skipSpace(candidateText, at + shift) - next;
          sameEnd = next + commonRun(legacyText, next, candidateText, next + shift);
        }
        at = next;
        if (at >= legacy.length) {
          const isEnd = depth === 0 && expected === AFTER && at + shift === candidate.length;
          return isEnd ? "same-structure" : "other-structure";
        }
        byte = legacy[at] as number;
      }
      if (expected === AFTER) {
        if (at >= sameEnd || depth === 0) return "other-structure";
        at++;
        if (byte === COMMA) {
          // The next index; in an object, the next key overwrites it.
          steps[depth] = (steps[depth] as number) - 1;
          expected = container === OPEN_OBJECT ? KEY : VALUE;
        } else if (byte === container + CLOSE_OFFSET) container = opened[--depth] as number;
        else return "other-structure";
        continue;
      }
      if (expected === KEY_COLON) {
        if (at >= sameEnd || byte !== COLON) return "other-structure";
        at++;
        expected = VALUE;
        continue;
      }
      if (expected === FIRST) {
        if (byte === container + CLOSE_OFFSET) {
          if (at >= sameEnd) return "other-structure";
          at++;
          container = opened[--depth] as number;
          expected = AFTER;
          continue;
        }
        expected = container === OPEN_OBJECT ? KEY : VALUE;
      }
      if (expected === KEY) {
        if (byte !== QUOTE) return "other-structure";
        const scanned = scanString(legacyText, at);
        if (scanned < 0) return "other-structure";
        const end = scanned >>> 1;
        if (end > sameEnd) {
          const endC = this.#endOfSameKey(at, scanned, at + shift);
          if (endC < 0) return "other-structure";
          shift = endC - end;
          sameEnd = end;
        }
        steps[depth] = at;
        at = end;
        if (at >= sameEnd || legacy[at] !== COLON) {
          expected = KEY_COLON;
          continue;
        }
        at++;
        expected = VALUE;
        // What comes most often is not worth another turn.
        if (at >= sameEnd) continue;
        byte = legacy[at] as number;
        if (byte <= SPACE) continue;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (at >= sameEnd || depth >= depthMax) return "other-structure";
        at++;
        container = byte;
        opened[++depth] = byte;
        steps[depth] = FIRST_INDEX;
        expected = FIRST;
      } else {
        const kind = SCALAR_KIND[byte] as number;
        const scanned = scanScalar(kind, legacyText, at);
        if (scanned < 0) return "other-structure";
        const end = scanned >>> 1;
        // A number may go on behind the bytes that both have.
        if (end > sameEnd || (end === sameEnd && kind !== STRING)) {
          const place = { at, scanned, atC: at + shift, sameEnd, depth, spent };
          const endC = this.#compareScalars(kind, place);
          if (endC < 0) return "other-structure";
          shift = endC - end;
          sameEnd = end;
        }
        at = end;
        expected = AFTER;
        if (at < sameEnd && legacy[at] === COMMA && depth > 0) {
          at++;
          steps[depth] = (steps[depth] as number) - 1;
          expected = container === OPEN_OBJECT ? KEY : VALUE;
        }
      }
    }
  }

  /** Where the candidate's key ends, if it has the same name as the legacy's; else -1. */
  #endOfSameKey(at: number, scanned: number, atC: number): number {
    const scannedC = this.#candidate.bytes[atC] === QUOTE ? scanString(this.#candidate, atC) : -1;
    // Without escapes only the same bytes are the same name, and these are not.
    if (scannedC < 0 || ((scanned | scannedC) & 1) === 0) return -1;
    const endC = scannedC >>> 1;
    const isSame = isSameText(
      { bytes: this.#legacy.bytes, start: at, end: scanned >>> 1 },
      { bytes: this.#candidate.bytes, start: atC, end: endC },
    );
    return isSame ? endC : -1;
  }

  /** Where the candidate's scalar ends, having noted the place if the two differ; -1 ends the walk. */
  #compareScalars(kind: number, place: ScalarPlace): number {
    const { at, scanned, atC, sameEnd } = place;
    const end = scanned >>> 1;
    const kindC = SCALAR_KIND[this.#candidate.bytes[atC] ?? 0] as number;
    const scannedC = scanScalar(kindC, this.#candidate, atC);
    if (scannedC < 0) return -1;
    const endC = scannedC >>> 1;
    if (kind === kindC) {
      if (end === sameEnd && endC - atC === end - at) return endC;
      const hasFlag = ((scanned | scannedC) & 1) === 1;
      const spanL = { bytes: this.#legacy.bytes, start: at, end };
      const spanC = { bytes: this.#candidate.bytes, start: atC, end: endC };
      if (kind === STRING ? hasFlag && isSameText(spanL, spanC) : kind !== NUMBER) return endC;
      if (kind === NUMBER && hasFlag && isSameNumber(spanL, spanC)) return endC;
    }
    return this.#note([kind, kindC], [at, end, atC, endC], place) ? endC : -1;
  }

  #note(kinds: readonly [number, number], spans: readonly number[], place: ScalarPlace): boolean {
    const found = this.#found;
    const { sameEnd, at, atC, depth, spent } = place;
    if (found.count === 0) {
      this.#stepsBefore = spent;
      if (depth > 0 && looksInserted(this.#legacy.bytes, this.#candidate.bytes, sameEnd, sameEnd - at + atC))
        return false;
    }
    if (found.count >= PLACES_TO_DOUBT && found.count * STEPS_PER_PLACE > spent - this.#stepsBefore)
      return false;
    return found.count < this.#bounds.placesMax && found.add({ steps, depth }, kinds, spans);
  }
}

interface ScalarPlace {
  readonly at: number;
  readonly scanned: number;
  readonly atC: number;
  readonly sameEnd: number;
  readonly depth: number;
  readonly spent: number;
}

/**
 * Walks both texts. `other-structure`: what `found` holds says nothing. `time`: it holds what was found in time.
 */
export function walkInStep(
  legacy: JsonText,
  candidate: JsonText,
  found: ScalarPlaces,
  bounds: WalkBounds,
): WalkOutcome {
  found.clear();
  return new Walk(legacy, candidate, found, bounds).run();
}
