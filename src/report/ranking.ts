// The first rows of many in a given order, in memory for twice as many.

export class Ranking<T> {
  readonly #order: (a: T, b: T) => number;
  readonly #rowsMax: number;
  #rows: T[] = [];
  /** Rows that were added. */
  total = 0;

  constructor(rowsMax: number, order: (a: T, b: T) => number) {
    this.#rowsMax = rowsMax;
    this.#order = order;
  }

  add(row: T): void {
    this.total++;
    this.#rows.push(row);
    if (this.#rows.length >= 2 * this.#rowsMax + 1) this.#cut();
  }

  #cut(): void {
    this.#rows = this.#rows.sort(this.#order).slice(0, this.#rowsMax);
  }

  /** In order, the first one first. */
  rows(): readonly T[] {
    this.#cut();
    return this.#rows;
  }
}
