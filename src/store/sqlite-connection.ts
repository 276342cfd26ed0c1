// The open file and what works on it; and what concerns the file as a whole.
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Actor, PurgeCounts, PurgeQuery, VacuumedBytes } from "./review-store.ts";
import { SqliteCallers } from "./sqlite-callers.ts";
import { SqliteReader } from "./sqlite-reader.ts";
import { SqliteReview } from "./sqlite-review.ts";
import type { FileMark } from "./sqlite-schema.ts";
import { SqliteSignatures } from "./sqlite-signatures.ts";
import { SqliteWindows } from "./sqlite-window.ts";
import { SqliteWriter } from "./sqlite-writer.ts";
import type { StoreLimits } from "./store.ts";

export interface Connection {
  readonly database: DatabaseSync;
  readonly writer: SqliteWriter;
  readonly reader: SqliteReader;
  readonly signatures: SqliteSignatures;
  readonly review: SqliteReview;
  readonly callers: SqliteCallers;
  /** The file as our last write left it. */
  mark: FileMark | undefined;
}

/** Throws what SQLite throws. */
export function connectionOf(
  database: DatabaseSync,
  { clock, limits }: { readonly clock: Clock; readonly limits: StoreLimits },
): Connection {
  const review = new SqliteReview(database, clock, limits);
  const writer = new SqliteWriter(database, review, { limits, clock });
  const windows = new SqliteWindows(database, writer.trends);
  return {
    database,
    review,
    writer,
    callers: new SqliteCallers(database, limits),
    reader: new SqliteReader(database, { clock, windows }),
    signatures: new SqliteSignatures(database, { clock, windows }),
    mark: undefined,
  };
}

/** Throws what SQLite throws. */
export function purgeFile({ database, writer }: Connection, query: PurgeQuery & Actor): PurgeCounts {
  const counts = writer.purge(query);
  if (!query.isDryRun) emptyLog(database);
  return counts;
}

/** Writes the whole file anew; throws what SQLite throws. Takes the time and the room of a copy of it. */
export function vacuumFile({ database, review }: Connection, actor: Actor): VacuumedBytes {
  const bytesBefore = fileBytesOf(database);
  database.exec("VACUUM");
  emptyLog(database);
  const bytes = { bytesBefore, bytesAfter: fileBytesOf(database) };
  // After it, as there is no VACUUM in a transaction: it changed nothing that anybody sees.
  review.appendAudit({ ...actor, action: "vacuumed", subject: "", detail: bytes });
  return bytes;
}

/** The log holds what was deleted from the file, until the file has it all and the log is cut. */
function emptyLog(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Without its log. */
function fileBytesOf(database: DatabaseSync): number {
  const row = database
    .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    .get();
  return Number(row?.["bytes"]);
}
