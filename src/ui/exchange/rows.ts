// What a body's rows are, whichever form it has: a mark, a depth, and a cell for each side, made when it is seen.
import type { DifferenceKind } from "../../core/verdict.ts";
import type { ExchangeDifference } from "./exchange.ts";

/**
 * `=` the same · `≈` another text, and no difference to the judge · `~` both differ · `-` the legacy alone ·
 * `+` the candidate alone · `↕` moved · `!` against the contract · `?` not told: not listed, not judged, or cut away
 */
export type Mark = "=" | "≈" | "?" | "~" | "-" | "+" | "↕" | "!";

export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  "=": "equal",
  "≈": "equal to the judge, written otherwise or hidden by a rule",
  "?": "not told: not listed, not judged, or not stored",
  "~": "differs",
  "-": "only the legacy has it",
  "+": "only the candidate has it",
  "↕": "moved",
  "!": "breaks the contract",
};

export const MARKS: Readonly<Record<DifferenceKind, Mark>> = {
  added: "+",
  removed: "-",
  changed: "~",
  type: "~",
  moved: "↕",
  unparseable: "~",
  "duplicate-key": "~",
  violation: "!",
};

export type SideName = "legacy" | "candidate";

export interface Cell {
  /** A key as it was sent, an index, a line's number; empty where there is none. */
  readonly label: string;
  /** All of it: what is shown of a long one depends on the other side's. */
  readonly text: string;
}

export interface Row {
  readonly mark: Mark;
  readonly depth: number;
  /** Indices of the differences that are this row's own. */
  readonly differences: readonly number[];
  /** Names what Enter folds and unfolds; undefined where there is nothing to. */
  readonly fold?: string;
  readonly isOpen?: boolean;
  /** Of both sides at once: equal rows that are folded. */
  readonly note?: string;
}

export interface Rows<R extends Row = Row> {
  readonly rows: readonly R[];
  /** Undefined where the side has nothing there. */
  readonly cell: (row: R, side: SideName) => Cell | undefined;
  /** More rows were asked for than are made. */
  readonly isLimited: boolean;
}

/** What is open: folds that are not as they would be by themselves. */
export interface Folding {
  readonly isAllOpen: boolean;
  readonly toggled: ReadonlySet<string>;
}

export const AS_FOUND: Folding = { isAllOpen: false, toggled: new Set() };

/** Rows that a page makes at once: past it, what is folded has to stay so. */
export const ROWS_MAX = 100_000;
/** Characters of a key. */
export const LABEL_CHARACTERS_MAX = 200;
/** Fewer equal rows in a run are shown. */
export const EQUAL_SHOWN_MAX = 3;

export function markOf(
  indices: readonly number[],
  differences: readonly ExchangeDifference[],
): Mark | undefined {
  let mark: Mark | undefined;
  for (const index of indices) {
    const found = differences[index];
    if (found === undefined) continue;
    // What differs says more than what breaks the contract with it.
    if (mark === undefined || mark === "!") mark = MARKS[found.kind];
  }
  return mark;
}

/** Difference → the first row that is marked with it. */
export function rowsByDifference(rows: readonly Row[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const [at, row] of rows.entries())
    for (const index of row.differences) if (!found.has(index)) found.set(index, at);
  return found;
}
