// Reads a small text file that a user named; what is wrong with it is a value that says what is allowed.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "a file that exists",
  ENOTDIR: "a file that exists",
  EACCES: "a file that this user may read",
  EPERM: "a file that this user may read",
  ELOOP: "a path without a loop of links",
  ENAMETOOLONG: "a shorter path",
};

export type FileResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly allowed: string };

/** A regular UTF-8 file of at most `bytesMax` bytes. Opened without blocking, so that a pipe cannot hang a reload. */
export function readTextFile(path: string, bytesMax: number): FileResult {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) return { ok: false, allowed: "a regular file, not a directory, pipe or device" };
    const buffer = Buffer.alloc(Math.min(facts.size, bytesMax) + 1);
    let length = 0;
    for (;;) {
      const got = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += got;
      if (got === 0 || length === buffer.length) break;
    }
    if (length > bytesMax) return { ok: false, allowed: `a file of at most ${bytesMax} bytes` };
    const text = new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length));
    if (text.includes("\0")) return { ok: false, allowed: "text without NUL bytes" };
    return { ok: true, text };
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return { ok: false, allowed: "UTF-8 text" };
    return { ok: false, allowed: FILE_FAULTS[code] ?? `a readable file (${code})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
