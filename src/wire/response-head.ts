// The head of an answer (RFC 9112 §4, §6), parsed and validated once, as bytes, into offsets.
// As strict as the request's: what could be framed in two ways is a bad answer, never passed on.
// Reused from answer to answer; it must not outlive the bytes it was parsed from.
import type { Buffer } from "node:buffer";
import type { ErrorCode } from "../core/errors.ts";
import { CR, FIELD_VALUE, LF, NINE, SPACE, ZERO } from "./bytes.ts";
import { BAD_LENGTH, parseContentLength } from "./content-length.ts";
import { INCOMPLETE, REFUSED } from "./field-lines.ts";
import { Head } from "./head.ts";
import { H_CONNECTION, H_CONTENT_LENGTH, H_TRANSFER_ENCODING } from "./header-id.ts";
import { isChunkedCoding } from "./transfer-encoding.ts";

/** How the body of an answer ends. */
export const ANSWER_NO_BODY = 0;
export const ANSWER_LENGTH = 1;
export const ANSWER_CHUNKED = 2;
export const ANSWER_UNTIL_CLOSE = 3;

export class ResponseHead extends Head {
  error: ErrorCode = "upstream-bad-answer";
  /** What is wrong, for the log. */
  detail = "";
  status = 0;
  /** `reasonStart..reasonEnd` of the status line; may be empty. */
  reasonStart = 0;
  reasonEnd = 0;
  /** -1 where the answer names none. */
  contentLength = BAD_LENGTH;
  isChunked = false;

  #refuse(detail: string): typeof REFUSED {
    this.detail = detail;
    return REFUSED;
  }

  /** As RequestHead.parse; REFUSED sets `detail`, the code is always `upstream-bad-answer`. */
  parse(bytes: Buffer, at: number, limit: number): number {
    this.bytes = bytes;
    this.start = at;
    const tooLong = limit - at > this.limits.headBytesMax;
    const bound = tooLong ? at + this.limits.headBytesMax : limit;
    const lineEnd = this.#parseStatusLine(bytes, at, bound);
    if (lineEnd === REFUSED) return REFUSED;
    if (lineEnd === INCOMPLETE) return tooLong ? this.#refuse("head-too-large") : INCOMPLETE;
    const end = this.lines.parse(bytes, lineEnd, bound);
    if (end === REFUSED) return this.#refuse(this.lines.error);
    if (end === INCOMPLETE) return tooLong ? this.#refuse("head-too-large") : INCOMPLETE;
    this.end = end;
    return this.#readFields() ? end : REFUSED;
  }

  #parseStatusLine(bytes: Uint8Array, at: number, limit: number): number {
    const expected = "HTTP/1.";
    for (let k = 0; k < expected.length; k++) {
      if (at + k >= limit) return INCOMPLETE;
      if (bytes[at + k] !== expected.charCodeAt(k)) return this.#refuse("status line");
    }
    if (limit - at < 13) return INCOMPLETE;
    const minor = bytes[at + 7] as number;
    if (minor !== ZERO && minor !== ZERO + 1) return this.#refuse("version");
    this.isHttp10 = minor === ZERO;
    if (bytes[at + 8] !== SPACE) return this.#refuse("status line");
    let status = 0;
    for (let k = 9; k < 12; k++) {
      const digit = bytes[at + k] as number;
      if (digit < ZERO || digit > NINE) return this.#refuse("status code");
      status = status * 10 + (digit - ZERO);
    }
    if (status < 100) return this.#refuse("status code");
    this.status = status;
    let i = at + 12;
    // The space before an empty reason is required by the grammar and left out by many servers.
    if (bytes[i] === SPACE) i++;
    else if (bytes[i] !== CR) return this.#refuse("status line");
    this.reasonStart = i;
    while (i < limit && FIELD_VALUE[bytes[i] as number] === 1) i++;
    this.reasonEnd = i;
    if (i >= limit) return INCOMPLETE;
    if (bytes[i] !== CR) return this.#refuse("line ending");
    if (i + 1 >= limit) return INCOMPLETE;
    if (bytes[i + 1] !== LF) return this.#refuse("line ending");
    return i + 2;
  }

  #readFields(): boolean {
    const { bytes, lines, connection } = this;
    connection.reset();
    this.contentLength = BAD_LENGTH;
    this.isChunked = false;
    for (let line = 0; line < lines.count; line++) {
      const id = lines.id(line);
      if (id === 0) continue;
      const start = lines.valueStart(line);
      const end = lines.valueEnd(line);
      if (id === H_CONNECTION) {
        if (!connection.add(bytes, start, end)) return this.#fail("Connection");
      } else if (id === H_CONTENT_LENGTH) {
        const length = parseContentLength(bytes, start, end);
        if (length === BAD_LENGTH || this.contentLength !== BAD_LENGTH) return this.#fail("Content-Length");
        this.contentLength = length;
      } else if (id === H_TRANSFER_ENCODING) {
        if (this.isChunked || this.isHttp10 || !isChunkedCoding(bytes, start, end)) {
          return this.#fail("Transfer-Encoding");
        }
        // An interim answer has no body; parsers that believe the header wait for one (RFC 9112 §6.1).
        if (this.status < 200) return this.#fail("Transfer-Encoding");
        this.isChunked = true;
      }
    }
    if (this.isChunked && this.contentLength !== BAD_LENGTH) {
      return this.#fail("Content-Length together with Transfer-Encoding");
    }
    this.decideKeepAlive();
    return true;
  }

  #fail(detail: string): false {
    this.detail = detail;
    return false;
  }

  /** How the body ends, given what was asked (RFC 9112 §6.3). */
  bodyKind(isHeadRequest: boolean): number {
    if (isHeadRequest || this.status < 200 || this.status === 204 || this.status === 304)
      return ANSWER_NO_BODY;
    if (this.isChunked) return ANSWER_CHUNKED;
    if (this.contentLength === 0) return ANSWER_NO_BODY;
    return this.contentLength > 0 ? ANSWER_LENGTH : ANSWER_UNTIL_CLOSE;
  }
}
