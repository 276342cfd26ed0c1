// One file of the rollout journal on disk: lines appended whole and synced, or not at all. Invariant: what follows the
// last line that was answered for is cut off before anything else is written.
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import * as files from "node:fs/promises";
import { dirname } from "node:path";

/** What a test can stand in for; node:fs/promises. */
export type JournalIo = Pick<typeof files, "open" | "rename" | "rm" | "copyFile" | "stat" | "readdir">;
export const journalIo: JournalIo = files;

const CHUNK_BYTES = 64 * 1024;
/** A first line holds every route's state. A longer one is no line of ours. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;
const LINE_FEED = 10;

export function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error);
}

/** A name is in a directory for good when the directory was synced too. */
export async function syncDirectory(directory: string, io: JournalIo): Promise<void> {
  const handle = await io.open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes `text` under another name, and gives it the right one when it is on disk: never a part of it. */
export async function writeWhole(path: string, text: string, io: JournalIo): Promise<void> {
  const next = `${path}.next`;
  const handle = await io.open(next, "w", 0o600);
  try {
    await handle.chmod(0o600);
    await writeAll(handle, Buffer.from(text), 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await io.rename(next, path);
  await syncDirectory(dirname(path), io);
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

export interface LinesRead {
  /** The end of the last line that has a line feed. */
  readonly lineBytes: number;
  readonly fileBytes: number;
  /** What `take` had against a line. */
  readonly stopped: string | undefined;
}

/** Line by line, from the beginning; a chunk at a time, so that others get their turn. `take` stops it with a text. */
export async function readLines(
  handle: FileHandle,
  bytesMax: number,
  take: (line: string) => string | undefined,
): Promise<LinesRead> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let lineBytes = 0;
  let fileBytes = 0;
  while (fileBytes < bytesMax) {
    const length = Math.min(CHUNK_BYTES, bytesMax - fileBytes);
    const { bytesRead } = await handle.read(chunk, 0, length, fileBytes);
    if (bytesRead === 0) break;
    fileBytes += bytesRead;
    let from = 0;
    for (
      let end = chunk.indexOf(LINE_FEED);
      end !== -1 && end < bytesRead;
      end = chunk.indexOf(LINE_FEED, from)
    ) {
      const line = Buffer.concat([...pieces, chunk.subarray(from, end)]);
      pieces = [];
      pieceBytes = 0;
      const stopped = take(line.toString());
      if (stopped !== undefined) return { lineBytes, fileBytes, stopped };
      lineBytes += line.length + 1;
      from = end + 1;
    }
    pieceBytes += bytesRead - from;
    if (pieceBytes > LINE_BYTES_MAX)
      return { lineBytes, fileBytes, stopped: `is longer than ${LINE_BYTES_MAX} bytes` };
    pieces.push(Buffer.from(chunk.subarray(from, bytesRead)));
  }
  return { lineBytes, fileBytes, stopped: undefined };
}

/** Where the file is by now: `foreign`, when it is another one, or somebody else wrote to it. */
export type FilePlace = "ours" | "gone" | "foreign";

export class JournalFile {
  readonly path: string;
  readonly #io: JournalIo;
  #handle: FileHandle;
  /** Bytes that are whole lines, all of them answered for. */
  #bytes: number;
  /** There may be something behind them, or a sync failed: the file is cut and opened anew before the next line. */
  #isInDoubt: boolean;

  private constructor(path: string, handle: FileHandle, { bytes, io }: { bytes: number; io: JournalIo }) {
    this.path = path;
    this.#handle = handle;
    this.#bytes = bytes;
    this.#io = io;
    this.#isInDoubt = false;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws the system's error. `readHead` sees the file before anything of it is believed. */
  static async open(path: string, io: JournalIo): Promise<{ file: JournalFile; handle: FileHandle }> {
    const handle = await io.open(path, constants.O_RDWR);
    return { file: new JournalFile(path, handle, { bytes: (await handle.stat()).size, io }), handle };
  }

  /** Cuts off what follows `bytes`, durably. Throws the system's error. */
  async cutTo(bytes: number): Promise<void> {
    this.#bytes = bytes;
    await this.#handle.truncate(bytes);
    await this.#handle.datasync();
  }

  /** Looked at before each line: a line in a file that has no name any more would be lost. */
  async place(): Promise<FilePlace> {
    const own = await this.#handle.stat();
    const there = await this.#io.stat(this.path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (there === undefined) return "gone";
    const isSame = there.ino === own.ino && there.dev === own.dev;
    return isSame && (there.size === this.#bytes || this.#isInDoubt) ? "ours" : "foreign";
  }

  /** Durable when it resolves. Throws the system's error; the file is as before then, or will be before the next. */
  async append(line: string): Promise<void> {
    if (this.#isInDoubt) await this.#openAnew();
    const bytes = Buffer.from(`${line}\n`);
    this.#isInDoubt = true;
    try {
      await writeAll(this.#handle, bytes, this.#bytes);
      await this.#handle.datasync();
    } catch (error) {
      // What was not answered for must not be found at the next start. Where it cannot be cut now, it is cut later.
      await this.cutTo(this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#bytes += bytes.length;
    this.#isInDoubt = false;
  }

  /** After a sync that failed, what the old handle says of the file is not to be relied on. */
  async #openAnew(): Promise<void> {
    const handle = await this.#io.open(this.path, constants.O_RDWR);
    await this.#handle.close().catch(() => undefined);
    this.#handle = handle;
    await this.cutTo(this.#bytes);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
