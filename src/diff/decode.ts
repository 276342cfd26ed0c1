// Content-Encoding undone: gzip, deflate (zlib or raw), br, zstd, several in a row. Bounded by decoded bytes,
// so that a compression bomb costs no more than the bound.
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

function undo(coding: string, bytes: Uint8Array, maxOutputLength: number): Uint8Array | undefined {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return gunzipSync(bytes, { maxOutputLength });
    case "deflate":
      return hasZlibHeader(bytes)
        ? inflateSync(bytes, { maxOutputLength })
        : inflateRawSync(bytes, { maxOutputLength });
    case "br":
      return brotliDecompressSync(bytes, { maxOutputLength });
    case "zstd":
      return zstdDecompressSync(bytes, { maxOutputLength });
    default:
      return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

function overflow(decodedBytesMax: number): Decoded {
  return { kind: "failed", reason: "decoded-overflow", detail: `over ${decodedBytesMax} bytes` };
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
  if (codings.length > CODINGS_MAX)
    return { kind: "failed", reason: "bad-encoding", detail: `more than ${CODINGS_MAX} codings` };
  for (const coding of body.length === 0 ? [] : codings.toReversed()) {
    try {
      const undone = undo(coding, bytes, decodedBytesMax);
      if (undone === undefined)
        return { kind: "failed", reason: "bad-encoding", detail: `unknown coding ${coding.slice(0, 32)}` };
      bytes = undone;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ERR_BUFFER_TOO_LARGE") return overflow(decodedBytesMax);
      return { kind: "failed", reason: "bad-encoding", detail: `${coding}: ${code}` };
    }
  }
  return bytes.length > decodedBytesMax ? overflow(decodedBytesMax) : { kind: "decoded", bytes };
}
