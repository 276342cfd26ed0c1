// Two tapes → typed findings, iteratively: members by key, elements by index or, when the lengths differ, by the
// longest common subsequence. Exact: a finding is never lost to a hash or a double. Bounded by findings, path
// text and time. It must not recurse.

import type { DifferenceKind } from "../core/verdict.ts";
import type { Deadline } from "./deadline.ts";
import {
  type ArraySide,
  DUPLICATES,
  hasSameKeyOrder,
  type KeyGroup,
  NOBODY,
  PairStack,
  pairElements,
  pairMembers,
} from "./pairs.ts";
import type { CompiledRules, RuleHits } from "./rules.ts";
import { isSameBytes, isSameScalar } from "./same-value.ts";
import { ARRAY, FALSE, OBJECT, STRIDE, type Tape, TRUE } from "./tape.ts";
import { hashValues } from "./value-hash.ts";
import { type Step, WalkPath } from "./walk-path.ts";

/** Characters of all paths together: deep documents with long keys stop here, as cut. */
const PATH_CHARS_MAX = 4 << 20;
/** Containers nested deeper are not compared as bytes first: at every level, that would be quadratic. */
const BYTES_FIRST_DEPTH_MAX = 8;

export interface Finding {
  readonly kind: DifferenceKind;
  /** In the legacy document where it has the value, else in the candidate's. */
  readonly path: string;
  readonly erasedPath: string;
  /** Nodes of the values: one, several of a duplicate key, none where a side has none. */
  readonly legacyNodes: readonly number[];
  readonly candidateNodes: readonly number[];
}

export interface JsonComparison {
  readonly findings: readonly Finding[];
  /** More exist than are listed. */
  readonly isCut: boolean;
  /** The time was up before the end. */
  readonly isOverTime: boolean;
  /** Arrays whose alignment was given up for index order. */
  readonly arraysByIndex: number;
}

export interface CompareBounds {
  readonly differencesMax: number;
  readonly deadline: Deadline;
}

/** The bytes that both documents begin and end with: what lies within needs no look. */
function commonEnds(a: Buffer, b: Buffer): { readonly prefix: number; readonly suffix: number } {
  const shorter = Math.min(a.length, b.length);
  let low = 0;
  for (let high = shorter; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    if (a.compare(b, low, middle, low, middle) === 0) low = middle;
    else high = middle - 1;
  }
  const prefix = low;
  low = 0;
  for (let high = shorter - prefix; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    const isSame = a.compare(b, b.length - middle, b.length - low, a.length - middle, a.length - low) === 0;
    if (isSame) low = middle;
    else high = middle - 1;
  }
  return { prefix, suffix: low };
}

const NOTHING: readonly number[] = [];

/** A member's value stands right behind its key. */
function valueBehind(key: number): number {
  return key + STRIDE;
}

/** An open pair of containers. */
interface Frame {
  legacy: number;
  candidate: number;
  isObject: boolean;
  /** Children in the same order on both sides, all paired: nothing is on the stack. */
  isInOrder: boolean;
  /** Next child by cell on the stack, or by node on both sides. */
  nextL: number;
  nextC: number;
  index: number;
  pairsStart: number;
  pairsEnd: number;
  step: Step;
}

const pairs = new PairStack();

class Comparison {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #rules: CompiledRules;
  readonly #hits: RuleHits;
  readonly #bounds: CompareBounds;
  readonly #path: WalkPath;
  readonly #frames: Frame[] = [];
  readonly #findings: Finding[] = [];
  readonly #prefix: number;
  readonly #suffixStartL: number;
  readonly #shift: number;
  #depth = -1;
  #pathChars = 0;
  #isCut = false;
  #isOverTime = false;
  #arraysByIndex = 0;
  #hashesL: Float64Array | undefined;
  #hashesC: Float64Array | undefined;

  constructor(legacy: Tape, candidate: Tape, rules: CompiledRules, hits: RuleHits, bounds: CompareBounds) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#rules = rules;
    this.#hits = hits;
    this.#bounds = bounds;
    this.#path = new WalkPath(legacy, candidate, rules.paths);
    const { prefix, suffix } = commonEnds(legacy.bytes, candidate.bytes);
    this.#prefix = prefix;
    this.#suffixStartL = legacy.bytes.length - suffix;
    this.#shift = candidate.bytes.length - legacy.bytes.length;
  }

  run(): JsonComparison {
    this.#visit(0, 0);
    while (this.#depth >= 0 && !this.#isCut) {
      if (this.#bounds.deadline.spend(1)) {
        this.#isOverTime = true;
        break;
      }
      this.#visitNextChild(this.#frames[this.#depth] as Frame);
    }
    pairs.clear();
    return {
      findings: this.#findings,
      isCut: this.#isCut,
      isOverTime: this.#isOverTime,
      arraysByIndex: this.#arraysByIndex,
    };
  }

  #visitNextChild(frame: Frame): void {
    if (frame.isInOrder) this.#visitInOrder(frame);
    else if (frame.nextL >= frame.pairsEnd) this.#pop();
    else this.#visitPair(frame);
  }

  #visitInOrder(frame: Frame): void {
    const { step } = frame;
    if (frame.nextL >= this.#legacy.next(frame.legacy)) {
      this.#pop();
      return;
    }
    let childL = frame.nextL;
    let childC = frame.nextC;
    if (frame.isObject) {
      step.keyL = childL;
      step.keyC = childC;
      childL += STRIDE;
      childC += STRIDE;
    } else {
      step.indexL = frame.index;
      step.indexC = frame.index;
      frame.index++;
    }
    frame.nextL = this.#legacy.next(childL);
    frame.nextC = this.#candidate.next(childC);
    this.#visit(childL, childC);
  }

  #visitPair(frame: Frame): void {
    const { step } = frame;
    const at = frame.nextL;
    frame.nextL = at + 4;
    const nodeL = pairs.get(at, 0);
    const nodeC = pairs.get(at, 1);
    if (!frame.isObject) {
      step.indexL = pairs.get(at, 2);
      step.indexC = pairs.get(at, 3);
      if (nodeL === NOBODY) this.#find("added", NOTHING, [nodeC]);
      else if (nodeC === NOBODY) this.#find("removed", [nodeL], NOTHING);
      else this.#visit(nodeL, nodeC);
      return;
    }
    step.keyL = nodeL;
    step.keyC = nodeC;
    if (pairs.get(at, 2) === DUPLICATES) {
      const { legacy, candidate } = pairs.duplicates[pairs.get(at, 3)] as KeyGroup;
      this.#find("duplicate-key", legacy.map(valueBehind), candidate.map(valueBehind));
    } else if (nodeL === NOBODY) this.#find("added", NOTHING, [nodeC + STRIDE]);
    else if (nodeC === NOBODY) this.#find("removed", [nodeL + STRIDE], NOTHING);
    else this.#visit(nodeL + STRIDE, nodeC + STRIDE);
  }

  #visit(nodeL: number, nodeC: number): void {
    const kindL = this.#legacy.kind(nodeL);
    const kindC = this.#candidate.kind(nodeC);
    if (kindL !== kindC) {
      const areBooleans = (kindL === TRUE || kindL === FALSE) && (kindC === TRUE || kindC === FALSE);
      this.#find(areBooleans ? "changed" : "type", [nodeL], [nodeC]);
    } else if (kindL < ARRAY) {
      if (!isSameScalar(this.#legacy, nodeL, this.#candidate, nodeC)) this.#find("changed", [nodeL], [nodeC]);
    } else if (!this.#isKnownSame(nodeL, nodeC)) {
      this.#push(nodeL, nodeC, kindL === OBJECT);
    }
  }

  /** Whether the bytes show that two containers are equal, without a look at what they hold. */
  #isKnownSame(nodeL: number, nodeC: number): boolean {
    const startL = this.#legacy.start(nodeL);
    const offset = this.#candidate.start(nodeC) - startL;
    if (offset === 0 && this.#legacy.end(nodeL) <= this.#prefix && this.#candidate.end(nodeC) <= this.#prefix)
      return true;
    if (offset === this.#shift && startL >= this.#suffixStartL) return true;
    return this.#depth < BYTES_FIRST_DEPTH_MAX && isSameBytes(this.#legacy, nodeL, this.#candidate, nodeC);
  }

  #push(nodeL: number, nodeC: number, isObject: boolean): void {
    const depth = ++this.#depth;
    const step = this.#path.open(depth);
    step.keyL = NOBODY;
    step.keyC = NOBODY;
    step.indexL = NOBODY;
    step.indexC = NOBODY;
    const isInOrder = isObject
      ? hasSameKeyOrder(this.#legacy, nodeL, this.#candidate, nodeC)
      : this.#legacy.count(nodeL) === this.#candidate.count(nodeC);
    const pairsStart = pairs.length;
    if (isObject) this.#bounds.deadline.spend(this.#legacy.count(nodeL));
    if (!isInOrder) {
      if (isObject)
        this.#bounds.deadline.spend(pairMembers(pairs, this.#legacy, nodeL, this.#candidate, nodeC));
      else this.#pairArrays(nodeL, nodeC);
    }
    const frame = this.#frames[depth] ?? ({} as Frame);
    this.#frames[depth] = frame;
    frame.legacy = nodeL;
    frame.candidate = nodeC;
    frame.isObject = isObject;
    frame.isInOrder = isInOrder;
    frame.nextL = isInOrder ? nodeL + STRIDE : pairsStart;
    frame.nextC = nodeC + STRIDE;
    frame.index = 0;
    frame.pairsStart = pairsStart;
    frame.pairsEnd = pairs.length;
    frame.step = step;
  }

  #pairArrays(nodeL: number, nodeC: number): void {
    const { paths } = this.#rules;
    const legacy: ArraySide = {
      tape: this.#legacy,
      array: nodeL,
      hashes: () => (this.#hashesL ??= hashValues(this.#legacy, paths)),
    };
    const candidate: ArraySide = {
      tape: this.#candidate,
      array: nodeC,
      hashes: () => (this.#hashesC ??= hashValues(this.#candidate, paths)),
    };
    if (pairElements(pairs, { legacy, candidate }, this.#depth < BYTES_FIRST_DEPTH_MAX))
      this.#arraysByIndex++;
    this.#bounds.deadline.spend(this.#legacy.count(nodeL) + this.#candidate.count(nodeC));
  }

  #pop(): void {
    pairs.length = (this.#frames[this.#depth] as Frame).pairsStart;
    this.#depth--;
  }

  /** Notes a finding at the current child, unless a rule hides it or a container around it. */
  #find(kind: DifferenceKind, legacyNodes: readonly number[], candidateNodes: readonly number[]): void {
    const accepted = this.#path.acceptedAt(this.#depth);
    if (accepted !== undefined) {
      this.#hits.add(this.#rules.pathRules[accepted.pattern] as number);
      // All else in an ignored container is ignored with it: one hit, one place.
      while (this.#depth >= accepted.depth) this.#pop();
      return;
    }
    if (this.#findings.length >= this.#bounds.differencesMax || this.#pathChars > PATH_CHARS_MAX) {
      this.#isCut = true;
      return;
    }
    const place = this.#path.placeOfChild(this.#depth);
    const path = legacyNodes.length === 0 ? place.candidate : place.legacy;
    this.#pathChars += path.length;
    this.#findings.push({ kind, path, erasedPath: place.erased, legacyNodes, candidateNodes });
  }
}

/** Compares two whole documents. Both tapes must be `ok`. */
export function compareJson(
  legacy: Tape,
  candidate: Tape,
  how: { readonly rules: CompiledRules; readonly hits: RuleHits; readonly bounds: CompareBounds },
): JsonComparison {
  return new Comparison(legacy, candidate, how.rules, how.hits, how.bounds).run();
}
