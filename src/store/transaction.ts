// One change of the file: all of it, or none.
import type { DatabaseSync } from "node:sqlite";

/** Throws what `work` or SQLite throws; the file is then as it was. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk rolls back by itself; a locked file does not.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
