// Older entries of the rollout journal, read from its files: the one in use, then those that it went on from, newest
// first. They were held against their hashes when they were written and opened; here they are read as they are.
import { basename, dirname, join } from "node:path";
import type { JournalEntry } from "../rollout/journal.ts";
import { codeOf, type JournalIo, readLines } from "./journal-file.ts";

/** Files that are kept beside the one in use; the oldest goes. */
export const JOURNAL_ARCHIVES_MAX = 8;

/** Its name tells the last entry that it holds. */
export function archiveFile(path: string, sequence: number): string {
  return `${path}.${String(sequence).padStart(12, "0")}`;
}

/** Newest first. Throws the system's error. */
export async function archivesOf(path: string, io: JournalIo): Promise<readonly string[]> {
  const names = await io.readdir(dirname(path));
  const begin = `${basename(path)}.`;
  return names
    .filter((name) => name.startsWith(begin) && /^\d{12}$/.test(name.slice(begin.length)))
    .sort()
    .reverse()
    .map((name) => join(dirname(path), name));
}

/** Throws the system's error. */
export async function deleteOldArchives(path: string, io: JournalIo): Promise<void> {
  for (const file of (await archivesOf(path, io)).slice(JOURNAL_ARCHIVES_MAX))
    await io.rm(file, { force: true });
}

export interface PageAsked {
  /** Undefined: of all. */
  readonly route: string | undefined;
  /** Entries before this one; undefined: from the newest on. */
  readonly before: number | undefined;
  /** Entries of that time or earlier; undefined: of any. */
  readonly atMs?: number | undefined;
  readonly limit: number;
}

export function isAskedFor(entry: JournalEntry, { route, before, atMs }: PageAsked): boolean {
  return (
    (route === undefined || entry.route === route) &&
    (before === undefined || entry.sequence < before) &&
    (atMs === undefined || entry.atMs <= atMs)
  );
}

/** The last `asked.limit` of one file, in their order, and the first entry that it holds. */
async function lastOf(file: string, asked: PageAsked, io: JournalIo) {
  const kept: JournalEntry[] = [];
  let first = Number.POSITIVE_INFINITY;
  let isHead = true;
  const handle = await io.open(file, "r");
  try {
    const { size } = await handle.stat();
    await readLines(handle, size, (line) => {
      if (!isHead) {
        const entry = JSON.parse(line) as JournalEntry;
        first = Math.min(first, entry.sequence);
        if (isAskedFor(entry, asked)) kept.push(entry);
        if (kept.length > asked.limit) kept.shift();
      }
      isHead = false;
      return undefined;
    });
  } finally {
    await handle.close();
  }
  return { kept, first };
}

export type PageRead =
  /** Newest first. */
  | { readonly ok: true; readonly entries: readonly JournalEntry[] }
  | { readonly ok: false; readonly why: string };

/** From the files, the newest of them first, until there are enough. */
export async function readPage(path: string, asked: PageAsked, io: JournalIo): Promise<PageRead> {
  const entries: JournalEntry[] = [];
  let { before } = asked;
  try {
    for (const file of [path, ...(await archivesOf(path, io))]) {
      const { kept, first } = await lastOf(
        file,
        { ...asked, before, limit: asked.limit - entries.length },
        io,
      );
      entries.push(...kept.reverse());
      if (entries.length >= asked.limit) break;
      // Two files hold the same entries where a process ended between the copy and what follows it.
      before = Math.min(before ?? first, first);
    }
  } catch (error) {
    return { ok: false, why: error instanceof SyntaxError ? "a line is broken" : codeOf(error) };
  }
  return { ok: true, entries };
}
