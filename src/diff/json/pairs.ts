// The children of two containers, paired: which go together, which stand on one side alone.
// Kept on one stack for all open containers, so that a pairing costs no objects.

import type { CompiledValueRule } from "../rules/value-rules.ts";
import { alignHashes } from "./align.ts";
import { isSameBytes, isSameString } from "./same-value.ts";
import { hashText } from "./scalar-hash.ts";
import { STRIDE, type Tape } from "./tape.ts";

/** No child on this side. */
export const NOBODY = -1;
/** In place of a legacy index: a key with other numbers of occurrences on either side; the candidate index says which of `duplicates`. */
export const DUPLICATES = -2;

/** Cells per pair: legacy node, candidate node, legacy index, candidate index. Of members, nodes are keys. */
const PAIR_CELLS = 4;
const PAIRS_KEPT = 1 << 16;

export class PairStack {
  #cells = new Int32Array(1 << 10);
  length = 0;
  /** Keys whose occurrences do not pair up. */
  readonly duplicates: KeyGroup[] = [];

  push(legacy: number, candidate: number, legacyIndex: number, candidateIndex: number): void {
    if (this.length + PAIR_CELLS > this.#cells.length) {
      const grown = new Int32Array(this.#cells.length * 2);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    const at = this.length;
    this.#cells[at] = legacy;
    this.#cells[at + 1] = candidate;
    this.#cells[at + 2] = legacyIndex;
    this.#cells[at + 3] = candidateIndex;
    this.length = at + PAIR_CELLS;
  }

  get(at: number, field: 0 | 1 | 2 | 3): number {
    return this.#cells[at + field] as number;
  }

  /** Gives a pair that has none its candidate. */
  join(at: number, candidate: number): void {
    this.#cells[at + 1] = candidate;
  }

  /** Leaves a pair's legacy side alone. */
  part(at: number): void {
    this.#cells[at + 1] = NOBODY;
  }

  clear(): void {
    this.length = 0;
    this.duplicates.length = 0;
    if (this.#cells.length > PAIRS_KEPT * PAIR_CELLS) this.#cells = new Int32Array(1 << 10);
  }
}

/** A member's value stands right behind its key. */
export function valueBehind(key: number): number {
  return key + STRIDE;
}

/** Whether two objects have the same keys in the same order. Duplicates then pair up in order, too. */
export function hasSameKeyOrder(legacy: Tape, objectL: number, candidate: Tape, objectC: number): boolean {
  if (legacy.count(objectL) !== candidate.count(objectC)) return false;
  let keyL = objectL + STRIDE;
  let keyC = objectC + STRIDE;
  const end = legacy.next(objectL);
  while (keyL < end) {
    if (!isSameString(legacy, keyL, candidate, keyC)) return false;
    keyL = legacy.next(keyL + STRIDE);
    keyC = candidate.next(keyC + STRIDE);
  }
  return true;
}

/** One key with all its occurrences on both sides, as key nodes. */
export interface KeyGroup {
  readonly legacy: number[];
  readonly candidate: number[];
}

/**
 * Pushes a pair for each key: in legacy order, then the candidate's own in its order. A key that occurs equally
 * often on both sides pairs by occurrence; unequally often, it is one pair of first keys marked DUPLICATES.
 * Returns the steps it took.
 */
export function pairMembers(
  stack: PairStack,
  legacy: Tape,
  objectL: number,
  candidate: Tape,
  objectC: number,
): number {
  const groups: KeyGroup[] = [];
  const byHash = new Map<number, KeyGroup[]>();
  let steps = 0;
  const groupOf = (tape: Tape, key: number): KeyGroup => {
    const hash = hashText(tape, key);
    let bucket = byHash.get(hash);
    if (bucket === undefined) {
      bucket = [];
      byHash.set(hash, bucket);
    }
    for (const group of bucket) {
      steps++;
      const first = group.legacy[0];
      const isSame =
        first === undefined
          ? isSameString(candidate, group.candidate[0] as number, tape, key)
          : isSameString(legacy, first, tape, key);
      if (isSame) return group;
    }
    const group: KeyGroup = { legacy: [], candidate: [] };
    bucket.push(group);
    groups.push(group);
    return group;
  };
  for (let key = objectL + STRIDE; key < legacy.next(objectL); key = legacy.next(key + STRIDE))
    groupOf(legacy, key).legacy.push(key);
  for (let key = objectC + STRIDE; key < candidate.next(objectC); key = candidate.next(key + STRIDE))
    groupOf(candidate, key).candidate.push(key);
  for (const group of groups) {
    const { legacy: ofLegacy, candidate: ofCandidate } = group;
    if (ofLegacy.length === ofCandidate.length) {
      for (const [index, key] of ofLegacy.entries())
        stack.push(key, ofCandidate[index] as number, NOBODY, NOBODY);
      continue;
    }
    const isDuplicate = ofLegacy.length > 1 || ofCandidate.length > 1;
    const note = isDuplicate ? stack.duplicates.push(group) - 1 : NOBODY;
    stack.push(ofLegacy[0] ?? NOBODY, ofCandidate[0] ?? NOBODY, isDuplicate ? DUPLICATES : NOBODY, note);
  }
  return steps + groups.length;
}

/** The nodes of an array's elements. */
export function elementsOf(tape: Tape, array: number): Int32Array {
  const elements = new Int32Array(tape.count(array));
  let node = array + STRIDE;
  for (let index = 0; index < elements.length; index++) {
    elements[index] = node;
    node = tape.next(node);
  }
  return elements;
}

/** One side of a pair of arrays. */
export interface ArraySide {
  readonly tape: Tape;
  readonly array: number;
  /** An element's hash: what is equal under the rules hashes alike. */
  hashOf(element: number, index: number): number;
  /** The rules about the value below an element that `tokens` lead to. */
  rulesAt(index: number, tokens: readonly string[]): readonly CompiledValueRule[];
}

/** Hashes of elements in a row. */
export function hashElements(
  side: ArraySide,
  elements: Int32Array,
  start: number,
  end: number,
): Float64Array {
  const hashes = new Float64Array(end - start);
  for (let index = start; index < end; index++)
    hashes[index - start] = side.hashOf(elements[index] as number, index);
  return hashes;
}

/** What lies between elements that have the same bytes from the beginning, and from the end. */
function trimByBytes(legacy: Tape, elementsL: Int32Array, candidate: Tape, elementsC: Int32Array): Range {
  const isSame = (l: number, c: number): boolean =>
    isSameBytes(legacy, elementsL[l] as number, candidate, elementsC[c] as number);
  let start = 0;
  let endL = elementsL.length;
  let endC = elementsC.length;
  while (start < endL && start < endC && isSame(start, start)) start++;
  while (endL > start && endC > start && isSame(endL - 1, endC - 1)) {
    endL--;
    endC--;
  }
  return { start, endL, endC };
}

interface Range {
  readonly start: number;
  readonly endL: number;
  readonly endC: number;
}

/**
 * Pushes pairs for two arrays, aligned so that one insertion is one difference; both sides ascend. With
 * `isBytesFirst` equal ends are taken off by bytes: a list that only grew is then never hashed.
 * Returns whether the alignment was given up for index order.
 */
export function pairElements(
  stack: PairStack,
  sides: { readonly legacy: ArraySide; readonly candidate: ArraySide },
  isBytesFirst: boolean,
): boolean {
  const { legacy, candidate } = sides;
  const elementsL = elementsOf(legacy.tape, legacy.array);
  const elementsC = elementsOf(candidate.tape, candidate.array);
  const { start, endL, endC } = isBytesFirst
    ? trimByBytes(legacy.tape, elementsL, candidate.tape, elementsC)
    : { start: 0, endL: elementsL.length, endC: elementsC.length };
  const pushPair = (l: number, c: number): void =>
    stack.push(elementsL[l] as number, elementsC[c] as number, l, c);
  let nextL = start;
  let nextC = start;
  const pushLonely = (untilL: number, untilC: number): void => {
    for (; nextL < untilL; nextL++) stack.push(elementsL[nextL] as number, NOBODY, nextL, NOBODY);
    for (; nextC < untilC; nextC++) stack.push(NOBODY, elementsC[nextC] as number, NOBODY, nextC);
  };
  for (let index = 0; index < start; index++) pushPair(index, index);
  let isByIndex = false;
  if (start < endL && start < endC) {
    const alignment = alignHashes(
      hashElements(legacy, elementsL, start, endL),
      hashElements(candidate, elementsC, start, endC),
    );
    isByIndex = alignment.isByIndex;
    for (let pair = 0; pair < alignment.legacy.length; pair++) {
      const l = start + (alignment.legacy[pair] as number);
      const c = start + (alignment.candidate[pair] as number);
      pushLonely(l, c);
      pushPair(l, c);
      nextL = l + 1;
      nextC = c + 1;
    }
  }
  pushLonely(endL, endC);
  for (let index = endL; index < elementsL.length; index++) pushPair(index, index - endL + endC);
  return isByIndex;
}
