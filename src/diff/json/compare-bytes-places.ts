// The scalars in which two texts of one structure differ, in document order: where they stand in the bytes, and by
// which steps they are reached. Flat and reused; text is made of a place only when asked.
import type { DifferenceKind } from "../../core/verdict.ts";
import { FALSE, TRUE } from "./tape.ts";

/** More places than this are left to the compare of tapes. */
export const PLACES_MAX = 4096;
/** Steps of all places together: as much for deep documents. */
const STEPS_MAX = 1 << 16;
/** A store that grew past this is given back after use. */
const STEPS_KEPT = 1 << 12;

/** Cells per place: legacy kind, candidate kind, legacy start and end, candidate start and end, end of its steps. */
const CELLS = 7;

function grown(cells: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  if (needed <= cells.length) return cells;
  const larger = new Int32Array(Math.max(needed, cells.length * 2));
  larger.set(cells);
  return larger;
}

export class ScalarPlaces {
  #cells = new Int32Array(64 * CELLS);
  #steps = new Int32Array(1024);
  count = 0;

  clear(): void {
    this.count = 0;
    if (this.#steps.length <= STEPS_KEPT) return;
    this.#cells = new Int32Array(64 * CELLS);
    this.#steps = new Int32Array(1024);
  }

  /** Notes a place that steps 1 to `depth` lead to; false where there is no room. */
  add(
    { steps, depth }: { readonly steps: Int32Array; readonly depth: number },
    kinds: readonly [number, number],
    spans: readonly number[],
  ): boolean {
    const from = this.stepsEnd(this.count - 1);
    const end = from + depth;
    if (this.count === PLACES_MAX || end > STEPS_MAX) return false;
    this.#steps = grown(this.#steps, end);
    for (let level = 0; level < depth; level++) this.#steps[from + level] = steps[level + 1] as number;
    const at = this.count * CELLS;
    this.#cells = grown(this.#cells, at + CELLS);
    this.#cells[at] = kinds[0];
    this.#cells[at + 1] = kinds[1];
    for (let span = 0; span < 4; span++) this.#cells[at + 2 + span] = spans[span] as number;
    this.#cells[at + 6] = end;
    this.count++;
    return true;
  }

  kindL(place: number): number {
    return this.#cells[place * CELLS] as number;
  }

  kindC(place: number): number {
    return this.#cells[place * CELLS + 1] as number;
  }

  /** Legacy start and end, candidate start and end. */
  span(place: number, which: 0 | 1 | 2 | 3): number {
    return this.#cells[place * CELLS + 2 + which] as number;
  }

  stepsEnd(place: number): number {
    return place < 0 ? 0 : (this.#cells[place * CELLS + 6] as number);
  }

  depth(place: number): number {
    return this.stepsEnd(place) - this.stepsEnd(place - 1);
  }

  /** A step from the root: a key's place in the legacy's text, or an index as -1, -2, … */
  step(place: number, level: number): number {
    return this.#steps[this.stepsEnd(place - 1) + level] as number;
  }

  /** How many steps two places share. */
  sharedSteps(first: number, second: number): number {
    const most = Math.min(this.depth(first), this.depth(second));
    let shared = 0;
    while (shared < most && this.step(first, shared) === this.step(second, shared)) shared++;
    return shared;
  }

  differenceKind(place: number): DifferenceKind {
    const kindL = this.kindL(place);
    const kindC = this.kindC(place);
    const areBooleans = (kindL === TRUE || kindL === FALSE) && (kindC === TRUE || kindC === FALSE);
    return kindL === kindC || areBooleans ? "changed" : "type";
  }
}
