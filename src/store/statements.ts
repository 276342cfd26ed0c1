// Prepared statements by their text: making one costs more than most of them do.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

export type Row = Record<string, unknown>;

export class Statements {
  readonly #database: DatabaseSync;
  /** Filters and orders vary in a few hundred ways at most. */
  readonly #known = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  #of(sql: string): StatementSync {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(sql);
    this.#known.set(sql, prepared);
    return prepared;
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#of(sql).all(...values);
  }

  one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#of(sql).get(...values);
  }
}
