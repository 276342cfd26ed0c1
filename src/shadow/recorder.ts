// Recorded traffic as files: lines gather in memory, bounded, and go to disk every second as one gzip member, so that
// a killed process leaves whole members to read. Invariant: nothing here waits, throws or changes what is served; what
// does not fit, or cannot be written, is counted as lost.
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { RecordSettings } from "../core/snapshot.ts";
import {
  deleteOldest,
  giveLastName,
  makeRecordingDirectory,
  partOf,
  recordingName,
  takeOver,
} from "./recording-directory.ts";

/** Lines that wait for the disk. */
export const QUEUED_BYTES_MAX = 8 * 1024 * 1024;
export const FLUSH_MS = 1000;
/** After a failure, so that a full disk is neither hammered nor logged without end. */
export const RETRY_MS = 10_000;

const LINE_FEED = Buffer.from("\n");
const compress = promisify(gzip);

export interface RecorderParts {
  readonly threadId: number;
  readonly now: () => number;
  /** Lines that are on disk, and the bytes they take there; a file that was begun; lines that never will be there. */
  readonly onWritten: (lines: number, bytes: number) => void;
  readonly onFile: () => void;
  readonly onLost: (lines: number) => void;
  readonly reportFailure: (code: string, detail: string) => void;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  /** Bytes that are whole members; past them there may be rest of a failed write. */
  bytes: number;
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error);
}

export class Recorder {
  readonly #settings: RecordSettings;
  readonly #parts: RecorderParts;
  #queued: Buffer[] = [];
  #queuedBytes = 0;
  #file: OpenFile | undefined;
  #files = 0;
  #retryAtMs = 0;
  /** One flush at a time; each begins when the one before is over. */
  #flushing: Promise<void> = Promise.resolve();

  constructor(settings: RecordSettings, parts: RecorderParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Takes one exchange as JSON, without a line feed. */
  add(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#queuedBytes + bytes.length + 1 > QUEUED_BYTES_MAX) {
      this.#parts.onLost(1);
      return;
    }
    this.#queued.push(bytes);
    this.#queuedBytes += bytes.length + 1;
  }

  /** Whether a line of so many bytes would be taken: to make it costs more than to ask. */
  get hasRoom(): boolean {
    return this.#queuedBytes < QUEUED_BYTES_MAX;
  }

  /** What waits goes to disk. Resolves when it is there or lost; never rejects. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(async () => {
      if (this.#parts.now() >= this.#retryAtMs) await this.#flushNow();
    });
    return this.#flushing;
  }

  /** The last lines, tried even soon after a failure, and the file under its last name. Never rejects. */
  async close(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushNow());
    await this.#flushing;
    await this.#finish().catch((error: unknown) => this.#fail(error, 0));
  }

  async #flushNow(): Promise<void> {
    const lines = this.#queued;
    if (lines.length === 0) return;
    this.#queued = [];
    this.#queuedBytes = 0;
    try {
      const text = Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]));
      const bytes = this.#settings.compress ? await compress(text) : text;
      await this.#write(bytes);
      this.#parts.onWritten(lines.length, bytes.length);
    } catch (error) {
      await this.#fail(error, lines.length);
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const { fileBytesMax } = this.#settings;
    await this.#leaveDeleted();
    if (this.#file !== undefined && this.#file.bytes + bytes.length > fileBytesMax) await this.#finish();
    this.#file ??= await this.#begin();
    const file = this.#file;
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await file.handle.write(bytes, at, bytes.length - at, file.bytes + at);
      at += bytesWritten;
    }
    file.bytes += bytes.length;
  }

  async #begin(): Promise<OpenFile> {
    const { dir, compress: isCompressed } = this.#settings;
    const { threadId, now, onFile } = this.#parts;
    makeRecordingDirectory(dir);
    // A thread that was lost had the same id.
    if (this.#files === 0) takeOver(dir, threadId);
    const path = join(dir, recordingName({ nowMs: now(), threadId, number: this.#files++, isCompressed }));
    const handle = await open(partOf(path), "wx", 0o600);
    onFile();
    return { handle, path, bytes: 0 };
  }

  /** Somebody deleted the file, or its directory: what was written to it from now on would be nowhere. */
  async #leaveDeleted(): Promise<void> {
    const file = this.#file;
    if (file === undefined || (await file.handle.stat()).nlink > 0) return;
    this.#file = undefined;
    await file.handle.close();
    this.#parts.reportFailure(
      "record-failed",
      `${file.path}: deleted while it was written; a new one begins`,
    );
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    await file.handle.truncate(file.bytes).finally(() => file.handle.close());
    if (file.bytes === 0) await unlink(partOf(file.path));
    else await giveLastName(file.path);
    await deleteOldest(this.#settings.dir, this.#settings.filesMax);
  }

  /** What was written of the lines is cut off; the next try is a while from now. */
  async #fail(error: unknown, lines: number): Promise<void> {
    if (lines > 0) this.#parts.onLost(lines);
    this.#retryAtMs = this.#parts.now() + RETRY_MS;
    this.#parts.reportFailure("record-failed", `${this.#settings.dir}: ${codeOf(error)}`);
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    // Reported above: here only what is whole is kept, where that can be done.
    await file.handle.truncate(file.bytes).catch(() => undefined);
    await file.handle.close().catch(() => undefined);
    await (file.bytes === 0 ? unlink(partOf(file.path)) : giveLastName(file.path)).catch(() => undefined);
  }
}
