// Opens the database file and brings its tables up to date; sets a corrupt file aside.
// Invariant: a file of a newer version, or of another program, is never written to.
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeDirectory } from "../core/make-directory.ts";
import { MIGRATIONS } from "./migrations.ts";
import { faultCodeOf, faultMessage } from "./sqlite-faults.ts";
import { registerFunctions } from "./sqlite-functions.ts";
import type { StoreFault } from "./store.ts";

export const DATABASE_NAME = "parallax.db";
/** "PLLX": tells our files from those of other programs. */
const APPLICATION_ID = 0x504c4c58;
/** A locked file may hold the store's thread, and who waits for a read, this long, twice a second. */
const BUSY_TIMEOUT_MS = 50;
/** Samples are customers' traffic, redacted or not: for the owner alone. */
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
/** Holds the indices that lists are searched by, at 100,000 signatures; SQLite's own 2 MiB reads them anew each time. */
const CACHE_KIB = 32 * 1024;
const WAL_BYTES_MAX = 16 * 1024 * 1024;
/** Older ones are removed, so that a bad disk does not fill itself with damaged files. */
export const CORRUPT_FILES_MAX = 5;

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Whether others than the owner could read the file: `closed` when its mode was tightened, `open` when it could not. */
export type Exposure = "none" | "closed" | "open";

export type OpenedDatabase =
  | { readonly kind: "opened"; readonly database: DatabaseSync; readonly exposure: Exposure }
  | ({ readonly kind: "failed" } & StoreFault);

function readPragma(database: DatabaseSync, name: "user_version" | "application_id" | "page_size"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function refusalOf(database: DatabaseSync): StoreFault["code"] | undefined {
  const version = readPragma(database, "user_version");
  const applicationId = readPragma(database, "application_id");
  const tables = Number(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"]);
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || tables > 0)) return "foreign-file";
  return version > SCHEMA_VERSION ? "newer-version" : undefined;
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    for (let version = readPragma(database, "user_version"); version < SCHEMA_VERSION; version++)
      database.exec(`${MIGRATIONS[version]}; PRAGMA user_version = ${version + 1}`);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Makes the file for its owner alone before SQLite would make it by the umask; its -wal gets the same mode. */
function makeFile(file: string): void {
  try {
    // Never opens a file that is there: closing it would drop a lock that this process holds on it.
    closeSync(openSync(file, "wx", OWNER_ONLY));
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
}

/** Takes the file and its log from everybody but the owner: older versions left the mode to the umask. */
function closeToOthers(file: string): Exposure {
  let exposure: Exposure = "none";
  for (const path of [file, `${file}-wal`]) {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isFile() !== true || (status.mode & OTHERS) === 0) continue;
    try {
      chmodSync(path, OWNER_ONLY);
      if (exposure === "none") exposure = "closed";
    } catch {
      // Another owner, or a file system without modes: no reason not to serve, but one to say so.
      exposure = "open";
    }
  }
  return exposure;
}

/** Opens `<directory>/parallax.db`, making directory, file and tables where they are missing. Never throws. */
export function openDatabase(directory: string, fileBytesMax: number): OpenedDatabase {
  const file = join(directory, DATABASE_NAME);
  let database: DatabaseSync | undefined;
  try {
    makeDirectory(directory, 0o700);
    makeFile(file);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    // Without it SQLite maps `parallax.db-shm` into memory, and whoever cuts that file kills the process by SIGBUS,
    // serving threads and all. WAL works without it where the lock is exclusive before the first access:
    // https://sqlite.org/wal.html#noshm. The lock is held until the file is closed, and dies with the process.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const refusal = refusalOf(database);
    if (refusal !== undefined) {
      database.close();
      return { kind: "failed", code: refusal, message: faultMessage(refusal, file, undefined) };
    }
    // NORMAL in WAL mode: a commit is a write without an fsync. A killed process loses nothing that was
    // committed, a power cut may lose the last commits; neither harms the file. FULL would fsync twice a second.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`,
    );
    // What is deleted is overwritten with zeros: an answered data-protection request leaves nothing in free pages.
    database.exec(`PRAGMA secure_delete = ON; PRAGMA cache_size = -${CACHE_KIB}`);
    database.exec(`PRAGMA max_page_count = ${Math.ceil(fileBytesMax / readPragma(database, "page_size"))}`);
    registerFunctions(database);
    if (readPragma(database, "user_version") < SCHEMA_VERSION) migrate(database);
    // A file that opens but cannot be written is found now, not at the first flush.
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    return { kind: "opened", database, exposure: closeToOthers(file) };
  } catch (error) {
    if (database?.isOpen) database.close();
    const code = faultCodeOf(error);
    return { kind: "failed", code, message: faultMessage(code, file, error) };
  }
}

/** What tells a file that another hand touched from the one we left. */
export interface FileMark {
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * The mark of the database file, or undefined where it is gone. By stat alone: a file descriptor of our own, once
 * closed, would take this process's lock on the file with it (https://sqlite.org/howtocorrupt.html §2.2).
 */
export function fileMarkOf(directory: string): FileMark | undefined {
  const status = statSync(join(directory, DATABASE_NAME), { throwIfNoEntry: false });
  return status && { inode: status.ino, bytes: status.size, modifiedMs: status.mtimeMs };
}

/**
 * Renames the file and its -wal and -shm to `parallax.db.corrupt-<time>…`; nobody may have it open.
 * The new path, or the fault that stopped it.
 */
export function setCorruptFileAside(
  directory: string,
  nowMs: number,
): { readonly kind: "moved"; readonly path: string } | ({ readonly kind: "failed" } & StoreFault) {
  const file = join(directory, DATABASE_NAME);
  try {
    const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, "-");
    let path = `${file}.corrupt-${stamp}`;
    for (let next = 2; existsSync(path); next++) path = `${file}.corrupt-${stamp}-${next}`;
    for (const suffix of ["", "-wal", "-shm"])
      if (existsSync(file + suffix)) renameSync(file + suffix, path + suffix);
    closeToOthers(path);
    removeOldCorruptFiles(directory);
    return { kind: "moved", path };
  } catch (error) {
    return { kind: "failed", code: "corrupt", message: faultMessage("corrupt", file, error) };
  }
}

function removeOldCorruptFiles(directory: string): void {
  const kept = readdirSync(directory)
    .filter((name) => name.startsWith(`${DATABASE_NAME}.corrupt-`) && !/-(wal|shm)$/.test(name))
    .sort();
  for (const name of kept.slice(0, Math.max(0, kept.length - CORRUPT_FILES_MAX)))
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(directory, name + suffix), { force: true });
}
