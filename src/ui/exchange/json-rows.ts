// Two JSON bodies as rows: a tree, aligned by the judge's findings, folded where nothing differs. What differs is the
// judge's word, never this file's: values that differ without a difference are marked as just that.
import { type Aligning, alignElements, alignMembers, type Pair, type Side } from "./align-children.ts";
import type { ExchangeDifference } from "./exchange.ts";
import { ARRAY, childrenOf, type JsonTape, NOBODY, OBJECT, STRIDE } from "./json-tape.ts";
import { type Places, placesOf } from "./places.ts";
import {
  type Cell,
  EQUAL_SHOWN_MAX,
  type Folding,
  LABEL_CHARACTERS_MAX,
  type Mark,
  markOf,
  ROWS_MAX,
  type Row,
  type Rows,
  type SideName,
} from "./rows.ts";

/** What differs as a whole is open by itself up to so many nodes. */
const WHOLE_NODES_OPEN_MAX = 40;
const NO_DIFFERENCES: readonly number[] = [];
const NO_PLACES: Places = { exact: new Map(), above: new Set(), missing: [] };

export interface JsonRow extends Row {
  readonly shape: "value" | "open" | "close" | "run";
  readonly pair: Pair;
  /** Are the labels indices, not keys? */
  readonly isElement: boolean;
}

export interface JsonBodies {
  /** Undefined where the side has no body, or none that is stored. */
  readonly legacy: JsonTape | undefined;
  readonly candidate: JsonTape | undefined;
  readonly differences: readonly ExchangeDifference[];
  /** Was everything judged, and is every difference listed? */
  readonly isAllListed: boolean;
}

/** Where each difference of the bodies stands. */
export interface Located {
  readonly legacy: Side;
  readonly candidate: Side;
  /** Differences that lead to nothing that is stored. */
  readonly missing: readonly number[];
}

function sideOf(tape: JsonTape | undefined, empty: JsonTape, places: Places): Side {
  return { tape: tape ?? empty, places };
}

/** A path leads into the legacy's body; where the legacy has nothing, and against a contract, into the candidate's. */
export function locate({ legacy, candidate, differences }: JsonBodies, empty: JsonTape): Located {
  const ofBodies = differences.flatMap((found, index) =>
    found.part === "body" ? [{ ...found, index }] : [],
  );
  const leadsToCandidate = ({ kind, legacy: text }: ExchangeDifference) =>
    kind === "violation" || text === undefined;
  const inLegacy = ofBodies.filter((found) => !leadsToCandidate(found));
  const inCandidate = ofBodies.filter(leadsToCandidate);
  const places = (tape: JsonTape | undefined, pointed: typeof ofBodies): Places =>
    tape === undefined
      ? { ...NO_PLACES, missing: pointed.map(({ index }) => index) }
      : placesOf(tape, pointed);
  const placesL = places(legacy, inLegacy);
  const placesR = places(candidate, inCandidate);
  return {
    legacy: sideOf(legacy, empty, placesL),
    candidate: sideOf(candidate, empty, placesR),
    missing: [...placesL.missing, ...placesR.missing].sort((a, b) => a - b),
  };
}

interface Frame {
  readonly pairs: readonly Pair[];
  at: number;
  /** Pairs before it need no look for a run of equal ones. */
  lookedUntil: number;
  readonly depth: number;
  readonly isElements: boolean;
  /** What holds of all that is in a value that differs as a whole. */
  readonly inherited: Mark | undefined;
  readonly close: JsonRow;
}

class RowMaker {
  readonly #aligning: Aligning;
  readonly #bodies: JsonBodies;
  readonly #folding: Folding;
  readonly #frames: Frame[] = [];
  readonly rows: JsonRow[] = [];
  isLimited = false;

  constructor(bodies: JsonBodies, { legacy, candidate }: Located, folding: Folding) {
    const { differences } = bodies;
    const hasKind = (side: Side, kind: ExchangeDifference["kind"]) => (node: number) =>
      side.places.exact.get(node)?.some((index) => differences[index]?.kind === kind) === true;
    this.#bodies = bodies;
    this.#folding = folding;
    this.#aligning = {
      legacy,
      candidate,
      lonely: { legacy: hasKind(legacy, "removed"), candidate: hasKind(candidate, "added") },
    };
  }

  make(root: Pair): void {
    this.#addPair(root, { depth: 0, isElement: true, inherited: undefined });
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (this.rows.length >= ROWS_MAX) {
        this.isLimited = true;
        return;
      }
      this.#step(frame);
    }
  }

  #step(frame: Frame): void {
    if (frame.at >= frame.pairs.length) {
      this.#frames.pop();
      this.rows.push(frame.close);
      return;
    }
    if (frame.at >= frame.lookedUntil && this.#foldRun(frame)) return;
    const pair = frame.pairs[frame.at++] as Pair;
    this.#addPair(pair, { depth: frame.depth, isElement: frame.isElements, inherited: frame.inherited });
  }

  /** Equal rows in a run become one, unless they are few or asked for. */
  #foldRun(frame: Frame): boolean {
    const start = frame.at;
    let end = start;
    let unlike = 0;
    for (; end < frame.pairs.length; end++) {
      const pair = frame.pairs[end] as Pair;
      if (this.#isAbove(pair) || frame.inherited !== undefined) break;
      const mark = this.#markOf(pair, undefined);
      if (mark !== "=" && mark !== "≈") break;
      if (mark === "≈") unlike++;
    }
    frame.lookedUntil = Math.max(end, start + 1);
    if (end - start <= EQUAL_SHOWN_MAX || this.#folding.isAllOpen) return false;
    const first = frame.pairs[start] as Pair;
    const fold = `run ${first.left} ${first.right}`;
    const isOpen = this.#folding.toggled.has(fold);
    this.rows.push({
      shape: "run",
      mark: unlike > 0 ? "≈" : "=",
      depth: frame.depth,
      differences: NO_DIFFERENCES,
      pair: first,
      isElement: frame.isElements,
      fold,
      isOpen,
      note: runNote(end - start, unlike, frame.isElements),
    });
    if (!isOpen) frame.at = end;
    return true;
  }

  #addPair(
    pair: Pair,
    {
      depth,
      isElement,
      inherited,
    }: { readonly depth: number; readonly isElement: boolean; readonly inherited: Mark | undefined },
  ): void {
    const mark = this.#markOf(pair, inherited);
    const row = { mark, depth, pair, isElement, differences: this.#ownOf(pair) };
    const { legacy, candidate } = this.#aligning;
    const isOpenable =
      (pair.left !== NOBODY && legacy.tape.isContainer(pair.left) && legacy.tape.count(pair.left) > 0) ||
      (pair.right !== NOBODY &&
        candidate.tape.isContainer(pair.right) &&
        candidate.tape.count(pair.right) > 0);
    if (!isOpenable) {
      this.rows.push({ ...row, shape: "value" });
      return;
    }
    const fold = `${pair.left} ${pair.right}`;
    const isOpen = this.#isOpenAtFirst(pair, mark, depth) !== this.#folding.toggled.has(fold);
    const isAbove = this.#isAbove(pair);
    if (!isOpen) {
      this.rows.push({ ...row, mark: mark === "=" && isAbove ? "~" : mark, shape: "value", fold, isOpen });
      return;
    }
    this.rows.push({
      ...row,
      mark: isAbove && mark !== "!" && row.differences.length === 0 ? "=" : mark,
      shape: "open",
      fold,
      isOpen,
    });
    this.#frames.push({
      ...this.#childrenOf(pair, mark, inherited),
      at: 0,
      lookedUntil: 0,
      depth: depth + 1,
      close: { ...row, mark: this.#closeMarkOf(pair, mark), differences: NO_DIFFERENCES, shape: "close" },
    });
  }

  /** A bracket that closes on both sides differs in nothing. */
  #closeMarkOf({ left, right }: Pair, mark: Mark): Mark {
    const { legacy, candidate } = this.#aligning;
    const isInLegacy = left !== NOBODY && legacy.tape.isContainer(left);
    const isInCandidate = right !== NOBODY && candidate.tape.isContainer(right);
    if (isInLegacy && isInCandidate) return "=";
    if (left === NOBODY || right === NOBODY) return mark;
    return isInLegacy ? "-" : "+";
  }

  #isOpenAtFirst(pair: Pair, mark: Mark, depth: number): boolean {
    if (this.#folding.isAllOpen || depth === 0 || this.#isAbove(pair)) return true;
    if (mark === "=" || mark === "≈") return false;
    if (mark === "?" && pair.left !== NOBODY && pair.right !== NOBODY) return true;
    return this.#nodesOf(pair) <= WHOLE_NODES_OPEN_MAX;
  }

  #nodesOf({ left, right }: Pair): number {
    const { legacy, candidate } = this.#aligning;
    const size = (tape: JsonTape, node: number) => (node === NOBODY ? 0 : tape.next(node) - node);
    return (size(legacy.tape, left) + size(candidate.tape, right)) / STRIDE;
  }

  #childrenOf(
    pair: Pair,
    mark: Mark,
    inherited: Mark | undefined,
  ): Pick<Frame, "pairs" | "isElements" | "inherited"> {
    const { legacy, candidate } = this.#aligning;
    const { left, right } = pair;
    const kindL = left === NOBODY ? undefined : legacy.tape.kind(left);
    const kindR = right === NOBODY ? undefined : candidate.tape.kind(right);
    if (kindL === kindR && kindL === OBJECT)
      return { pairs: alignMembers(left, right, this.#aligning), isElements: false, inherited: undefined };
    if (kindL === kindR && kindL === ARRAY)
      return {
        pairs: alignElements(left, right, this.#aligning),
        isElements: true,
        inherited: mark === "↕" ? "↕" : undefined,
      };
    const lonely = [
      ...lonelyChildren(legacy.tape, left, true),
      ...lonelyChildren(candidate.tape, right, false),
    ];
    const isElements = (kindL ?? kindR) === ARRAY;
    return { pairs: lonely, isElements, inherited: mark === "=" ? inherited : mark };
  }

  #isAbove({ left, right }: Pair): boolean {
    const { legacy, candidate } = this.#aligning;
    return legacy.places.above.has(left) || candidate.places.above.has(right);
  }

  #ownOf({ left, right }: Pair): readonly number[] {
    const { legacy, candidate } = this.#aligning;
    const ownL = legacy.places.exact.get(left);
    const ownR = candidate.places.exact.get(right);
    if (ownL === undefined) return ownR ?? NO_DIFFERENCES;
    return ownR === undefined ? ownL : [...ownL, ...ownR];
  }

  #markOf(pair: Pair, inherited: Mark | undefined): Mark {
    const own = markOf(this.#ownOf(pair), this.#bodies.differences);
    if (own !== undefined) return own;
    const { left, right, leftLabel, rightLabel } = pair;
    if (inherited === "↕" && left !== NOBODY && right !== NOBODY) return leftLabel === rightLabel ? "=" : "↕";
    if (inherited === "~") return left === NOBODY ? "+" : "-";
    if (inherited !== undefined && inherited !== "!") return inherited;
    const { legacy, candidate } = this.#aligning;
    if (left !== NOBODY && right !== NOBODY && legacy.tape.isSame(left, candidate.tape, right)) return "=";
    return this.#isToldOf(pair) ? "≈" : "?";
  }

  /** Would the judge have listed it, and is it stored? */
  #isToldOf({ left, right }: Pair): boolean {
    const { legacy, candidate } = this.#aligning;
    const { isAllListed } = this.#bodies;
    if (!isAllListed) return false;
    if (left === NOBODY) return !legacy.tape.isCut(0);
    if (right === NOBODY) return !candidate.tape.isCut(0);
    return !legacy.tape.isCut(left) && !candidate.tape.isCut(right);
  }
}

function lonelyChildren(tape: JsonTape, node: number, isLegacy: boolean): readonly Pair[] {
  if (node === NOBODY || !tape.isContainer(node)) return [];
  const { values, keys } = childrenOf(tape, node);
  return values.map((value, at) => {
    const label = keys[at] ?? at;
    return isLegacy
      ? { left: value, right: NOBODY, leftLabel: label, rightLabel: NOBODY }
      : { left: NOBODY, right: value, leftLabel: NOBODY, rightLabel: label };
  });
}

function runNote(count: number, unlike: number, isElements: boolean): string {
  const what = `${count.toLocaleString("en-US")} equal ${isElements ? "elements" : "members"}`;
  return unlike === 0
    ? what
    : `${what}, ${unlike.toLocaleString("en-US")} of them written otherwise or hidden by a rule`;
}

/** `{ 3 members }`: a container that is folded. */
function foldedText(tape: JsonTape, node: number): string {
  const count = tape.count(node);
  const isObject = tape.kind(node) === OBJECT;
  const more = tape.isCut(node) ? " stored" : "";
  const noun = isObject ? "member" : "element";
  const text = `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}${more}`;
  if (count === 0) return tape.isCut(node) ? `${isObject ? "{" : "["} …` : isObject ? "{}" : "[]";
  return isObject ? `{ ${text} }` : `[ ${text} ]`;
}

function cellText(tape: JsonTape, node: number, shape: JsonRow["shape"]): string {
  if (!tape.isContainer(node)) return `${tape.raw(node)}${tape.isCut(node) ? "…" : ""}`;
  const isObject = tape.kind(node) === OBJECT;
  if (shape === "open") return isObject ? "{" : "[";
  if (shape === "close") return tape.isCut(node) ? "… cut here" : isObject ? "}" : "]";
  return foldedText(tape, node);
}

/** The rows of two JSON bodies as `folding` says. */
export function jsonRows(bodies: JsonBodies, located: Located, folding: Folding): Rows<JsonRow> {
  const maker = new RowMaker(bodies, located, folding);
  const { legacy, candidate } = located;
  maker.make({
    left: bodies.legacy === undefined ? NOBODY : 0,
    right: bodies.candidate === undefined ? NOBODY : 0,
    leftLabel: NOBODY,
    rightLabel: NOBODY,
  });
  const cell = (row: JsonRow, side: SideName): Cell | undefined => {
    const { tape } = side === "legacy" ? legacy : candidate;
    const node = side === "legacy" ? row.pair.left : row.pair.right;
    const label = side === "legacy" ? row.pair.leftLabel : row.pair.rightLabel;
    if (node === NOBODY || (row.shape === "close" && !tape.isContainer(node))) return undefined;
    const text = cellText(tape, node, row.shape);
    if (label === NOBODY || row.shape === "close") return { label: "", text };
    return { label: row.isElement ? String(label) : tape.raw(label, LABEL_CHARACTERS_MAX), text };
  };
  return { rows: maker.rows, cell, isLimited: maker.isLimited };
}
