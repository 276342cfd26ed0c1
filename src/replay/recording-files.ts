// The files of a replay: found, fingerprinted, told apart (recording or HAR). Reads only their beginnings.
import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, constants as zlib } from "node:zlib";
import { CommandError } from "../core/errors.ts";

/** What tells two files of one size apart. */
const FINGERPRINT_BYTES = 64 * 1024;
/** `.part` is still written, or was when its process was killed. */
const NAMED_LIKE_TRAFFIC = /\.(ndjson|jsonl|har)(\.gz)?(\.part)?$/i;
/** Of a document's beginning. */
const BEGINS_LIKE_HAR = /^\uFEFF?\s*\{\s*"log"\s*:/;

export interface RecordingFile {
  /** As it was named; `-` is standard input. */
  readonly name: string;
  /** 0 for standard input. */
  readonly bytes: number;
  /** Of its first bytes; empty for standard input. */
  readonly sha256: string;
  /** Undefined where only reading it tells: standard input. */
  readonly isHar: boolean | undefined;
}

export const STANDARD_INPUT: RecordingFile = { name: "-", bytes: 0, sha256: "", isHar: undefined };

/** Files as they are; directories as the recordings and HAR files in them, by name. Throws CommandError 2. */
export function findRecordings(names: readonly string[]): readonly RecordingFile[] {
  return names.flatMap((name) => {
    if (name === "-") return [STANDARD_INPUT];
    const facts = attempt(name, () => statSync(name));
    if (!facts.isDirectory()) return [openRecording(name, facts.size)];
    const inside = attempt(name, () => readdirSync(name, { withFileTypes: true }))
      .filter((entry) => entry.isFile() && NAMED_LIKE_TRAFFIC.test(entry.name))
      .map((entry) => join(name, entry.name))
      .sort();
    if (inside.length === 0)
      throw new CommandError(
        2,
        `${name} holds no recordings: no file in it ends in .ndjson, .jsonl or .har (or these with .gz)`,
      );
    return inside.map((file) => openRecording(file, attempt(file, () => statSync(file)).size));
  });
}

export function beginsLikeHar(text: string): boolean {
  return BEGINS_LIKE_HAR.test(text);
}

function openRecording(name: string, bytes: number): RecordingFile {
  const head = attempt(name, () => firstBytes(name));
  return {
    name,
    bytes,
    sha256: createHash("sha256").update(head).digest("hex"),
    isHar: /\.har(\.gz)?$/i.test(name) || beginsLikeHar(textOf(head)),
  };
}

function firstBytes(name: string): Buffer {
  const descriptor = openSync(name, "r");
  try {
    const buffer = Buffer.alloc(FINGERPRINT_BYTES);
    let length = 0;
    for (;;) {
      const got = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += got;
      if (got === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

function textOf(head: Buffer): string {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return head.toString("utf8");
  try {
    // Of the beginning alone: it need not be whole.
    return gunzipSync(head, { finishFlush: zlib.Z_SYNC_FLUSH }).toString("utf8");
  } catch {
    return ""; // whoever reads it says what is wrong with it
  }
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(2, `cannot read ${name}: ${code}`);
  }
}
