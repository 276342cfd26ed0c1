// The rollout journal as it is found at the start: every line held against its hash, what a dying process left of a
// line cut off, and a file begun where there is none. What is broken elsewhere is left alone, and told.
import type { FileHandle } from "node:fs/promises";
import {
  EMPTY_STANDING,
  type JournalEntry,
  JournalReplay,
  type JournalStanding,
  sealHead,
} from "../rollout/journal.ts";
import { codeOf, JournalFile, type JournalIo, readLines, writeWhole } from "./journal-file.ts";
import { archivesOf } from "./journal-pages.ts";

/** Of one entry. A larger one is written without what the gate said. */
export const JOURNAL_ENTRY_BYTES_MAX = 256 * 1024;

/** For people: of a journal that cannot be read. */
export const MEND =
  "restore it from a backup, or move it and its older files away to begin again where the config says (docs/store.md)";

export interface OpenedFile {
  readonly file: JournalFile;
  readonly standing: JournalStanding;
  readonly recent: readonly JournalEntry[];
  readonly warnings: readonly string[];
}

type OpenParts = { readonly io: JournalIo; readonly recentMax: number };

async function readJournal(path: string, parts: OpenParts): Promise<OpenedFile | string> {
  const { file, handle } = await JournalFile.open(path, parts.io);
  try {
    const read = await readOpened(file, handle, parts.recentMax);
    if (typeof read === "string") await file.close();
    return read;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Holds every line against its hash, and cuts off what a dying process left of a line. */
async function readOpened(
  file: JournalFile,
  handle: FileHandle,
  recentMax: number,
): Promise<OpenedFile | string> {
  const { path } = file;
  const { mode, size } = await handle.stat();
  const warnings: string[] = [];
  const journal = new JournalReplay();
  const recent: JournalEntry[] = [];
  let line = 0;
  const read = await readLines(handle, size, (text) => {
    line += 1;
    const taken = journal.take(text);
    if (!taken.ok) return taken.why;
    if (taken.value !== undefined) recent.push(taken.value);
    if (recent.length > recentMax) recent.shift();
    return undefined;
  });
  const { standing } = journal;
  const isTorn = read.stopped === undefined || (await isTornTail(handle, read.lineBytes, size));
  if (standing === undefined || !isTorn) {
    const why = read.stopped ?? "is not whole";
    return `${path}: line ${Math.max(1, line)} ${why}: nothing was changed; ${MEND}`;
  }
  if (read.lineBytes < size) {
    await file.cutTo(read.lineBytes);
    const cut = `${size - read.lineBytes} bytes of a line that was never finished were cut off`;
    warnings.push(`${path}: ${cut}: what they tell never took effect`);
  }
  if ((mode & 0o077) !== 0) {
    await handle.chmod(0o600);
    warnings.push(`${path}: others could read it: its mode is 0600 now`);
  }
  return { file, standing, recent, warnings };
}

/** A power cut can leave zeros in the last line's place, which nothing here writes. */
async function isTornTail(handle: FileHandle, from: number, size: number): Promise<boolean> {
  if (size - from > JOURNAL_ENTRY_BYTES_MAX) return false;
  const tail = Buffer.alloc(size - from);
  await handle.read(tail, 0, tail.length, from);
  const end = tail.indexOf(10);
  return tail.includes(0) && (end === -1 || end === tail.length - 1);
}

/** A file whose first line has all that is known. Throws the system's error. */
export async function beginFile(path: string, standing: JournalStanding, io: JournalIo) {
  const head = sealHead(standing);
  await writeWhole(path, `${head.line}\n`, io);
  return { file: (await JournalFile.open(path, io)).file, standing: head.standing };
}

async function exists(path: string, io: JournalIo): Promise<boolean> {
  return io.stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    },
  );
}

/** A text is why not, for people. Throws the system's error. */
export async function openOrBegin(path: string, parts: OpenParts): Promise<OpenedFile | string> {
  if (await exists(path, parts.io)) return readJournal(path, parts);
  const [older] = await archivesOf(path, parts.io);
  if (older !== undefined)
    return `${path}: it is missing, and ${older} is there: nothing was changed; ${MEND}`;
  return { ...(await beginFile(path, EMPTY_STANDING, parts.io)), recent: [], warnings: [] };
}
