// Content-Encoding undone: gzip, deflate (zlib or raw), br, zstd, several in a row. Bounded by decoded bytes,
// so that a compression bomb costs no more than the bound. And charsets: text as UTF-8, whatever it came in.
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

/** More codings than this in one header are not meant seriously. */
const CODINGS_MAX = 4;

export type Decoded =
  | { readonly kind: "decoded"; readonly bytes: Uint8Array }
  | {
      readonly kind: "failed";
      readonly reason: "decoded-overflow" | "bad-encoding";
      readonly detail: string;
    };

/** Codings in the order they were applied; `identity` left out. */
export function codingsOf(contentEncoding: readonly string[]): readonly string[] {
  return contentEncoding
    .flatMap((value) => value.split(","))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
}

/** A zlib header (RFC 1950 §2.2); some servers send `deflate` without one. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return (first & 0x0f) === 8 && ((first << 8) | (bytes[1] ?? 0)) % 31 === 0;
}

type Decompress = (bytes: Uint8Array, options: { maxOutputLength: number; info: true }) => unknown;

function decompressOf(coding: string, bytes: Uint8Array): Decompress | undefined {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return gunzipSync;
    case "deflate":
      return hasZlibHeader(bytes) ? inflateSync : inflateRawSync;
    case "br":
      return brotliDecompressSync;
    case "zstd":
      return zstdDecompressSync;
    default:
      return undefined;
  }
}

/** What `info: true` makes the synchronous functions of node:zlib return. */
interface WithEngine {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** Undoes one coding; undefined when bytes are left over: they were not seen, so nothing can be said of them. */
function undo(decompress: Decompress, bytes: Uint8Array, maxOutputLength: number): Uint8Array | undefined {
  const { buffer, engine } = decompress(bytes, { maxOutputLength, info: true }) as WithEngine;
  return engine.bytesWritten === bytes.length ? buffer : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

function overflow(decodedBytesMax: number): Decoded {
  return { kind: "failed", reason: "decoded-overflow", detail: `over ${decodedBytesMax} bytes` };
}

function badEncoding(detail: string): Decoded {
  return { kind: "failed", reason: "bad-encoding", detail };
}

/**
 * The bytes that `body` stands for. An empty body stands for itself under any coding (answers to HEAD, 304).
 * `decodedBytesMax` holds for a body without codings, too.
 */
export function decodeBody(
  body: Uint8Array,
  contentEncoding: readonly string[],
  decodedBytesMax: number,
): Decoded {
  const codings = codingsOf(contentEncoding);
  let bytes = body;
  if (codings.length > CODINGS_MAX) return badEncoding(`more than ${CODINGS_MAX} codings`);
  for (const coding of body.length === 0 ? [] : codings.toReversed()) {
    const decompress = decompressOf(coding, bytes);
    if (decompress === undefined) return badEncoding(`unknown coding ${coding.slice(0, 32)}`);
    try {
      const undone = undo(decompress, bytes, decodedBytesMax);
      if (undone === undefined) return badEncoding(`${coding}: bytes after its end`);
      bytes = undone;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ERR_BUFFER_TOO_LARGE") return overflow(decodedBytesMax);
      return badEncoding(`${coding}: ${code}`);
    }
  }
  return bytes.length > decodedBytesMax ? overflow(decodedBytesMax) : { kind: "decoded", bytes };
}

const UTF8_NAMES: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

/** What a byte order mark says. UTF-8's own is left to the reader. */
function charsetByMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

/**
 * Text in UTF-8. `bytes` as they are where the charset is UTF-8 or not said; undefined where it is unknown, or
 * the bytes are not in it. A byte order mark of UTF-16 tells the order of bytes, and where it is believed, the charset.
 */
export function toUtf8(
  bytes: Uint8Array,
  charset: string | undefined,
  isMarkBelieved: boolean,
): Uint8Array | undefined {
  const actual =
    isMarkBelieved || charset?.startsWith("utf-16") ? (charsetByMark(bytes) ?? charset) : charset;
  if (actual === undefined || UTF8_NAMES.has(actual)) return bytes;
  try {
    return Buffer.from(new TextDecoder(actual, { fatal: true }).decode(bytes));
  } catch {
    // The charset is not known, or the bytes are not in it: the caller is told.
    return undefined;
  }
}
