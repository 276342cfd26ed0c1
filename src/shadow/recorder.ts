// Recorded traffic as files: lines gather in memory, bounded, and go to disk every second as one gzip member, so that
// a killed process leaves whole members to read. Invariant: nothing here waits, throws or changes what is served; what
// does not fit, or cannot be written, is counted as lost.
import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { RecordSettings } from "../core/snapshot.ts";

/** Lines that wait for the disk. */
export const QUEUED_BYTES_MAX = 8 * 1024 * 1024;
export const FLUSH_MS = 1000;
/** After a failure, so that a full disk is neither hammered nor logged without end. */
export const RETRY_MS = 10_000;

const PART = ".part";
const LINE_FEED = Buffer.from("\n");
/** Of our own making: nothing else in the directory is ever deleted. */
const OWN_FILE = /^\d{8}T\d{9}Z-\d+-\d+\.ndjson(?:\.gz)?$/;
const compress = promisify(gzip);

export interface RecorderParts {
  readonly threadId: number;
  readonly now: () => number;
  /** Lines that are on disk, and such that never will be. */
  readonly onWritten: (lines: number) => void;
  readonly onLost: (lines: number) => void;
  readonly reportFailure: (code: string, detail: string) => void;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  /** Bytes that are whole members; past them there may be rest of a failed write. */
  bytes: number;
}

function stampOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(/[-:.]/g, "");
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
    this.#flushing = this.#flushing.then(() => this.#flushNow());
    return this.#flushing;
  }

  /** The last lines, and the file under its final name. */
  async close(): Promise<void> {
    await this.flush();
    await this.#finish().catch((error: unknown) => this.#fail(error, 0));
  }

  async #flushNow(): Promise<void> {
    const lines = this.#queued;
    if (lines.length === 0 || this.#parts.now() < this.#retryAtMs) return;
    this.#queued = [];
    this.#queuedBytes = 0;
    try {
      const text = Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]));
      const bytes = this.#settings.compress ? await compress(text) : text;
      await this.#write(bytes);
      this.#parts.onWritten(lines.length);
    } catch (error) {
      await this.#fail(error, lines.length);
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const { fileBytesMax } = this.#settings;
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
    const { threadId, now } = this.#parts;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const name = `${stampOf(now())}-${threadId}-${this.#files++}.ndjson${isCompressed ? ".gz" : ""}`;
    const path = join(dir, name);
    return { handle: await open(path + PART, "wx", 0o600), path, bytes: 0 };
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    await file.handle.truncate(file.bytes).finally(() => file.handle.close());
    if (file.bytes === 0) await unlink(file.path + PART);
    else await rename(file.path + PART, file.path);
    await this.#deleteOldest();
  }

  /** Names begin with the time: in their order the oldest is first. */
  async #deleteOldest(): Promise<void> {
    const { dir, filesMax } = this.#settings;
    const own = (await readdir(dir)).filter((name) => OWN_FILE.test(name)).sort();
    for (const name of own.slice(0, Math.max(0, own.length - filesMax))) await unlink(join(dir, name));
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
    await (file.bytes === 0 ? unlink(file.path + PART) : rename(file.path + PART, file.path)).catch(
      () => undefined,
    );
  }
}
