// The journal of the rollouts, on disk in the data directory: an event is appended and synced before it takes effect.
// Invariants: one append at a time, in the order asked; what could not be written did not happen; what cannot be read
// is never guessed. docs/store.md tells people how to keep it.
import { join } from "node:path";
import { makeDirectory } from "../core/make-directory.ts";
import {
  type JournalDraft,
  type JournalEntry,
  type JournalStanding,
  readEntry,
  sealEntry,
  standingAfter,
  stateAt,
} from "../rollout/journal.ts";
import type { RouteState } from "../rollout/terms.ts";
import { codeOf, type JournalFile, type JournalIo, journalIo } from "./journal-file.ts";
import { beginFile, JOURNAL_ENTRY_BYTES_MAX, MEND, type OpenedFile, openOrBegin } from "./journal-open.ts";
import { archiveFile, deleteOldArchives, isAskedFor, type PageAsked, readPage } from "./journal-pages.ts";

export const JOURNAL_FILE = "rollout.journal";

/** Some thousands of entries. At it another file is begun, and this one kept under another name. */
const JOURNAL_FILE_BYTES_MAX = 8 * 1024 * 1024;
/** Entries in memory; older ones are read from the files. */
const JOURNAL_RECENT_MAX = 500;
/** Appends, and pages, that wait for their turn; one more fails. */
export const JOURNAL_QUEUED_MAX = 256;

export interface JournalOptions {
  readonly fileBytesMax?: number;
  readonly recentMax?: number;
  /** What people should know and nobody asked for, one line each. */
  readonly warn?: (message: string) => void;
  readonly io?: JournalIo;
}

export interface JournalFailure {
  readonly ok: false;
  readonly message: string;
}
export type JournalOpened =
  | { readonly ok: true; readonly journal: RolloutJournal; readonly warnings: readonly string[] }
  | JournalFailure;
export type JournalAppended = { readonly ok: true; readonly entry: JournalEntry } | JournalFailure;
export type JournalPage =
  | {
      readonly ok: true;
      /** Newest first. */
      readonly entries: readonly JournalEntry[];
      /** Ask for what is older with it; null: that was all. */
      readonly before: number | null;
    }
  | JournalFailure;

/** For people: what to do about a system's error. */
function remedyOf(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return "make room on the disk and try again";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return "let Parallax write there and try again";
  return "look at the disk and try again";
}

function failed(message: string): JournalFailure {
  return { ok: false, message };
}

/** One at a time, in the order asked, and not more than may wait. Pieces of work never reject. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  take<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#waiting >= JOURNAL_QUEUED_MAX) return undefined;
    this.#waiting += 1;
    return this.takeLast(work).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** However many wait. */
  takeLast<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn;
    return turn;
  }
}

export class RolloutJournal {
  readonly path: string;
  readonly #io: JournalIo;
  readonly #fileBytesMax: number;
  readonly #recentMax: number;
  readonly #warn: (message: string) => void;
  readonly #appends = new Turns();
  readonly #pages = new Turns();
  #file: JournalFile;
  #standing: JournalStanding;
  /** Oldest first. */
  #recent: JournalEntry[];
  #isClosed = false;

  private constructor(path: string, opened: OpenedFile, options: Required<JournalOptions>) {
    this.path = path;
    this.#io = options.io;
    this.#fileBytesMax = options.fileBytesMax;
    this.#recentMax = options.recentMax;
    this.#warn = options.warn;
    this.#file = opened.file;
    this.#standing = opened.standing;
    this.#recent = [...opened.recent];
  }

  /**
   * Of a data directory, which is made where it is missing. One process at a time: whoever opens it holds the store's
   * lock already. A failure is one line: what, where, what to do.
   */
  static async open(directory: string, options: JournalOptions = {}): Promise<JournalOpened> {
    const {
      io = journalIo,
      recentMax = JOURNAL_RECENT_MAX,
      fileBytesMax = JOURNAL_FILE_BYTES_MAX,
      warn = () => undefined,
    } = options;
    const path = join(directory, JOURNAL_FILE);
    try {
      makeDirectory(directory, 0o700);
      const opened = await openOrBegin(path, { io, recentMax });
      if (typeof opened === "string") return failed(opened);
      const journal = new RolloutJournal(path, opened, { io, recentMax, fileBytesMax, warn });
      return { ok: true, journal, warnings: opened.warnings };
    } catch (error) {
      const code = codeOf(error);
      return failed(`the rollout journal cannot be opened (${code}, ${path}): ${remedyOf(code)}`);
    }
  }

  /** After the last entry: every route that the journal knows. */
  get states(): ReadonlyMap<string, RouteState> {
    return this.#standing.states;
  }

  /** The highest that it knows; the next decision's is higher. */
  get epoch(): number {
    return this.#standing.epoch;
  }

  get sequence(): number {
    return this.#standing.sequence;
  }

  /** Of the last line: noted elsewhere, it shows a change of anything before it. */
  get hash(): string {
    return this.#standing.hash;
  }

  /** On disk when it resolves with ok; otherwise nothing happened. Never rejects. */
  append(draft: JournalDraft): Promise<JournalAppended> {
    const turn = this.#appends.take(() => this.#append(draft));
    if (turn !== undefined) return turn;
    const why = `${JOURNAL_QUEUED_MAX} entries wait for the disk already`;
    return Promise.resolve(
      failed(`the rollout journal cannot be written (${this.path}): ${why}: try again later`),
    );
  }

  async #append(draft: JournalDraft): Promise<JournalAppended> {
    if (this.#isClosed) return failed(`the rollout journal is closed (${this.path}): Parallax ends`);
    try {
      const why = await this.#holdPlace();
      if (why !== undefined) return failed(why);
      return await this.#write(draft);
    } catch (error) {
      const code = codeOf(error);
      return failed(
        `the rollout journal cannot be written (${code}, ${this.path}): nothing was done; ${remedyOf(code)}`,
      );
    }
  }

  async #holdPlace(): Promise<string | undefined> {
    const place = await this.#file.place();
    if (place === "foreign")
      return `${this.path} was changed by somebody else: nothing was done; restart Parallax to read it`;
    if (place === "gone") {
      this.#warn(`${this.path} is gone: it begins anew with the state of every route, without older entries`);
      await this.#goOn();
    }
    return undefined;
  }

  async #write(draft: JournalDraft): Promise<JournalAppended> {
    const first = this.#seal(draft);
    if (first === undefined)
      return failed(`an entry of ${draft.route} is no entry that could be read: nothing was done`);
    const isFull = this.#file.bytes + Buffer.byteLength(first.line) + 1 > this.#fileBytesMax;
    const sealed = isFull && (await this.#rotate()) ? this.#seal(draft) : first;
    const { line, entry } = sealed ?? first;
    await this.#file.append(line);
    this.#standing = standingAfter(this.#standing, entry);
    this.#recent.push(entry);
    if (this.#recent.length > this.#recentMax) this.#recent.shift();
    return { ok: true, entry };
  }

  /** Nothing is written that could not be read back. What the gate said is left out rather than the decision lost. */
  #seal(draft: JournalDraft): { readonly line: string; readonly entry: JournalEntry } | undefined {
    for (const told of [draft, { ...draft, gate: null }]) {
      const { line } = sealEntry(told, this.#standing);
      const read = readEntry(line, this.#standing);
      if (read.ok && Buffer.byteLength(line) <= JOURNAL_ENTRY_BYTES_MAX) return { line, entry: read.value };
    }
    return undefined;
  }

  /** Keeps the full file under another name. Where that fails it goes on in it, and tries again at the next entry. */
  async #rotate(): Promise<boolean> {
    const kept = archiveFile(this.path, this.sequence);
    try {
      await this.#io.copyFile(this.path, `${kept}.next`);
      await this.#io.rename(`${kept}.next`, kept);
      await this.#goOn();
      await deleteOldArchives(this.path, this.#io);
      return true;
    } catch (error) {
      this.#warn(
        `${this.path} is full and no other file could be begun (${codeOf(error)}): it goes on in it`,
      );
      return false;
    }
  }

  /** In a new file, with every route's state. */
  async #goOn(): Promise<void> {
    const before = this.#file;
    const { file, standing } = await beginFile(this.path, this.#standing, this.#io);
    this.#file = file;
    this.#standing = standing;
    // Nothing is lost by a close that fails: what it held is on disk.
    await before.close().catch(() => undefined);
  }

  /** From memory: newest first, without what is older than its last entries. */
  recent(asked: PageAsked): readonly JournalEntry[] {
    const found: JournalEntry[] = [];
    for (let index = this.#recent.length - 1; index >= 0 && found.length < asked.limit; index -= 1) {
      const entry = this.#recent[index];
      if (entry !== undefined && isAskedFor(entry, asked)) found.push(entry);
    }
    return found;
  }

  /** From memory, or from the files where that is not enough. Never rejects. */
  async page(asked: PageAsked): Promise<JournalPage> {
    // One more than asked for, to know whether there is more.
    const more = { ...asked, limit: asked.limit + 1 };
    const recent = this.recent(more);
    const isAll = recent.length > asked.limit || (this.#recent[0]?.sequence ?? this.sequence + 1) <= 1;
    const read = isAll
      ? { ok: true as const, entries: recent }
      : await this.#pages.take(() => this.#read(more));
    if (read === undefined)
      return failed("too many ask for old entries of the rollout journal: try again later");
    if (!read.ok) return failed(`the rollout journal cannot be read (${read.why}, ${this.path}): ${MEND}`);
    const entries = read.entries.slice(0, asked.limit);
    const before = read.entries.length > asked.limit ? (entries.at(-1)?.sequence ?? null) : null;
    return { ok: true, entries, before };
  }

  #read(asked: PageAsked) {
    return readPage(this.path, asked, this.#io);
  }

  /** As it was then; null: the journal does not tell, the route stood where the config said or its entries are gone. */
  async stateAt(route: string, atMs: number): Promise<RouteState | null | JournalFailure> {
    const recent = stateAt(this.#recent, route, atMs);
    if (recent !== undefined) return recent;
    const page = await this.page({ route, before: undefined, atMs, limit: 1 });
    return page.ok ? (page.entries[0]?.state ?? null) : page;
  }

  /** After what was asked for before. */
  async close(): Promise<void> {
    await this.#appends.takeLast(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      await this.#file.close().catch(() => undefined);
    });
  }
}
