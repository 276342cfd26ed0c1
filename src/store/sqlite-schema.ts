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
import { OTHER } from "../core/other.ts";
import { faultCodeOf, faultMessage } from "./sqlite-faults.ts";
import type { StoreFault } from "./store.ts";

export const DATABASE_NAME = "parallax.db";
/** "PLLX": tells our files from those of other programs. */
const APPLICATION_ID = 0x504c4c58;
/** A flush runs on the control thread: a locked file may hold it this long, twice a second. */
const BUSY_TIMEOUT_MS = 50;
/** Samples are customers' traffic, redacted or not: for the owner alone. */
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
const WAL_BYTES_MAX = 16 * 1024 * 1024;
/** Older ones are removed, so that a bad disk does not fill itself with damaged files. */
export const CORRUPT_FILES_MAX = 5;

/** What paired answers and second looks say, and the endpoint templates that were learnt. */
const NOISE_TABLES = `
  ALTER TABLE endpoints ADD COLUMN noise INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE endpoints ADD COLUMN paired INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE signatures ADD COLUMN rechecked INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE signatures ADD COLUMN transient INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE paths (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    part TEXT NOT NULL,
    path TEXT NOT NULL,
    candidate_only INTEGER NOT NULL,
    baseline_only INTEGER NOT NULL,
    both_sides INTEGER NOT NULL,
    shape_pairs INTEGER NOT NULL,
    shape_broken INTEGER NOT NULL,
    time_apart_ms REAL, -- NULL where the legacy's two values never were times
    number_apart REAL,
    last_seen_ms INTEGER NOT NULL,
    UNIQUE (endpoint, part, path)
  ) STRICT;

  CREATE TABLE path_shapes (
    path_id INTEGER NOT NULL REFERENCES paths (id) ON DELETE CASCADE,
    shape TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    PRIMARY KEY (path_id, shape)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE learned_templates (template TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  -- What a signature was called before its endpoint was absorbed by a template.
  CREATE TABLE signature_aliases (id TEXT PRIMARY KEY, signature_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX signature_aliases_by_target ON signature_aliases (signature_id);
`;

/**
 * How many of a signature's differences are breaking. What was counted before is not known of each: `added` members
 * and headers were additive, array elements were not, and of a violation or a root nothing is taken for granted.
 */
const BREAKING_COUNTS = `
  ALTER TABLE signatures ADD COLUMN breaking INTEGER NOT NULL DEFAULT 0;
  UPDATE signatures SET breaking = count WHERE kind <> 'added' OR path LIKE '%/*' OR path IN ('', '${OTHER}');
`;

/** Index i brings version i to i + 1. Never edited once released: a change is a new entry. */
const MIGRATIONS = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE endpoints (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    route TEXT NOT NULL,
    exchanges INTEGER NOT NULL,
    matches INTEGER NOT NULL,
    mismatches INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    UNIQUE (endpoint, route)
  ) STRICT;

  CREATE TABLE endpoint_counts (
    endpoint_id INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, kind, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE signatures (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    part TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'new'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signatures_by_endpoint ON signatures (endpoint, count);
  CREATE INDEX signatures_by_count ON signatures (count);

  CREATE TABLE samples (
    id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX samples_by_time ON samples (at_ms, bytes);

  CREATE TABLE sample_signatures (
    signature_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    sample_id TEXT NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    path TEXT, -- NULL where the sample's cut list does not hold a difference of this signature
    legacy TEXT,
    candidate TEXT,
    PRIMARY KEY (signature_id, at_ms, sample_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sample_signatures_by_sample ON sample_signatures (sample_id);

  CREATE TABLE rule_hits (
    route TEXT NOT NULL,
    rule_index INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    last_hit_ms INTEGER NOT NULL,
    PRIMARY KEY (route, rule_index)
  ) STRICT, WITHOUT ROWID;
  `,
  // A place in a list told nothing of the rule that had stood there: those hits cannot be carried over.
  `
  DROP TABLE rule_hits;
  CREATE TABLE rule_hits (
    rule_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    route TEXT NOT NULL,
    hits INTEGER NOT NULL,
    last_hit_ms INTEGER NOT NULL,
    examples TEXT NOT NULL, -- a JSON list, newest first
    PRIMARY KEY (rule_id, endpoint, route)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rule_hits_by_time ON rule_hits (last_hit_ms);
  `,
  NOISE_TABLES,
  BREAKING_COUNTS,
] as const;

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
    database.exec(`PRAGMA max_page_count = ${Math.ceil(fileBytesMax / readPragma(database, "page_size"))}`);
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
