// The body of a message, by whichever framing it came: tells where the data lie in the caller's own bytes,
// and where the body ends. One interface over the three framings of RFC 9112 §6.
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END, CHUNK_MORE, ChunkedDecoder } from "./chunked.ts";
import { encodeLastChunk } from "./trailers.ts";

const LENGTH = 0;
const CHUNKED = 1;
const UNTIL_CLOSE = 2;

export class BodyReader {
  #framing = LENGTH;
  #left = 0;
  #decoder: ChunkedDecoder | undefined;
  /** After CHUNK_DATA: the data are `bytes[dataStart..dataEnd]`. */
  dataStart = 0;
  dataEnd = 0;
  /** Where the next call begins; the caller sets it at each new buffer. After CHUNK_END: behind the body. */
  position = 0;

  beginLength(length: number): void {
    this.#framing = LENGTH;
    this.#left = length;
  }

  beginChunked(): void {
    this.#framing = CHUNKED;
    this.#decoder ??= new ChunkedDecoder();
    this.#decoder.reset();
  }

  beginUntilClose(): void {
    this.#framing = UNTIL_CLOSE;
  }

  /** The trailer section of a chunked body, after CHUNK_END; undefined for other framings. */
  trailer(): Uint8Array | undefined {
    return this.#framing === CHUNKED ? this.#decoder?.trailer() : undefined;
  }

  /** CHUNK_DATA, CHUNK_MORE, CHUNK_END or CHUNK_BAD, as ChunkedDecoder.next. */
  next(bytes: Uint8Array, limit: number): number {
    if (this.#framing === CHUNKED) return this.#nextChunk(bytes, limit);
    if (this.#framing === LENGTH && this.#left === 0) return CHUNK_END;
    if (this.position === limit) return CHUNK_MORE;
    this.dataStart = this.position;
    this.dataEnd = this.#framing === LENGTH ? Math.min(limit, this.position + this.#left) : limit;
    this.#left -= this.dataEnd - this.dataStart;
    this.position = this.dataEnd;
    return CHUNK_DATA;
  }

  #nextChunk(bytes: Uint8Array, limit: number): number {
    const decoder = this.#decoder as ChunkedDecoder;
    decoder.position = this.position;
    const found = decoder.next(bytes, limit);
    this.position = decoder.position;
    this.dataStart = decoder.dataStart;
    this.dataEnd = decoder.dataEnd;
    // A trailer that cannot be passed on is bad framing: said here, before its connection is used again.
    return found === CHUNK_END && encodeLastChunk(decoder.trailer()) === undefined ? CHUNK_BAD : found;
  }
}
