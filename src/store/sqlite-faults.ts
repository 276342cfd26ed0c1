// What an error of SQLite or of the file system means to the store. Matched on codes, never on messages.
import type { StoreFaultCode } from "./store.ts";

/** https://sqlite.org/rescode.html: the low byte of an extended code is its primary one. */
const FAULT_OF_RESULT = new Map<number, StoreFaultCode>([
  [3, "not-writable"], // SQLITE_PERM
  [5, "locked"], // SQLITE_BUSY
  [6, "locked"], // SQLITE_LOCKED
  [8, "not-writable"], // SQLITE_READONLY
  [10, "io"], // SQLITE_IOERR
  [11, "corrupt"], // SQLITE_CORRUPT
  [13, "disk-full"], // SQLITE_FULL
  [14, "not-writable"], // SQLITE_CANTOPEN
  [26, "corrupt"], // SQLITE_NOTADB
]);

const FAULT_OF_ERRNO = new Map<string, StoreFaultCode>([
  ["ENOSPC", "disk-full"],
  ["EDQUOT", "disk-full"],
  ["EACCES", "not-writable"],
  ["EPERM", "not-writable"],
  ["EROFS", "not-writable"],
  ["ENOTDIR", "not-writable"],
  ["EEXIST", "not-writable"], // the data directory's name is a file
  ["ENOENT", "not-writable"],
  ["EIO", "io"],
]);

export function faultCodeOf(error: unknown): StoreFaultCode {
  if (!(error instanceof Error)) return "internal";
  if ("errcode" in error && typeof error.errcode === "number")
    return FAULT_OF_RESULT.get(error.errcode & 0xff) ?? "internal";
  if ("code" in error && typeof error.code === "string") return FAULT_OF_ERRNO.get(error.code) ?? "internal";
  return "internal";
}

const ADVICE: Record<StoreFaultCode, string> = {
  "disk-full": "the disk is full; free some room, or move --data",
  locked:
    "another process holds the file; one Parallax per data directory: stop the other, or choose another --data",
  corrupt: "the file is damaged and could not be set aside; move it away",
  "not-writable":
    "the directory or the file cannot be written; check its owner and mode, or choose another --data",
  io: "the disk reports an error; check it, or move --data",
  "newer-version": "a newer Parallax wrote this file; run that version, or choose another --data",
  "foreign-file": "the file belongs to another program; choose another --data",
  busy: "a long query or a slow disk holds its thread; what waits is kept, ask again",
  closed: "the store is closed",
  internal: "an unexpected failure; please report it",
};

export const FAULT_CODES = Object.keys(ADVICE) as readonly StoreFaultCode[];

/** One line: what, where, what to do. */
export function faultMessage(code: StoreFaultCode, file: string, error: unknown): string {
  const detail = error instanceof Error ? ` (${error.message})` : "";
  return `the store ${file} cannot be used: ${ADVICE[code]}${detail}`;
}
