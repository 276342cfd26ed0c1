// Which entries are counted, in whatever order they end, and the sums over exactly these: what a checkpoint holds.
// Invariant: an entry is in the sums once, or it is not done.
import { type EntryOutcome, emptySums, Sums, type SumsState } from "./sums.ts";

export interface LedgerState {
  /** Every entry below it is counted. */
  readonly next: number;
  /** Those at or above it that are counted, too. */
  readonly beyond: readonly number[];
  readonly sums: SumsState;
}

export class Ledger {
  readonly #sums: Sums;
  readonly #beyond: Set<number>;
  #next: number;

  constructor(state: LedgerState = { next: 0, beyond: [], sums: emptySums() }) {
    this.#sums = new Sums(structuredClone(state.sums));
    this.#beyond = new Set(state.beyond);
    this.#next = state.next;
  }

  get sums(): SumsState {
    return this.#sums.state;
  }

  /** Entries that lie between the first that is not counted and `index`. */
  ahead(index: number): number {
    return index - this.#next;
  }

  has(index: number): boolean {
    return index < this.#next || this.#beyond.has(index);
  }

  count(index: number, outcome: EntryOutcome): void {
    this.#sums.add(outcome);
    this.#beyond.add(index);
    while (this.#beyond.delete(this.#next)) this.#next++;
  }

  get state(): LedgerState {
    return { next: this.#next, beyond: [...this.#beyond].sort((a, b) => a - b), sums: this.#sums.state };
  }
}
