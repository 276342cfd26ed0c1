// The head of a request (RFC 9112 §3, §5, §6), parsed and validated once, as bytes, into offsets.
// Strict by rule: what two parsers could read in two ways is refused. Reused from request to request;
// it points into the bytes it was parsed from and must not outlive them.
import type { Buffer } from "node:buffer";
import type { ErrorCode } from "../core/errors.ts";
import {
  ASTERISK,
  AT,
  CR,
  equalsIgnoringCase,
  LF,
  latin1,
  NINE,
  QUESTION,
  SLASH,
  SPACE,
  TARGET,
  TOKEN,
  ZERO,
} from "./bytes.ts";
import { BAD_LENGTH, parseContentLength } from "./content-length.ts";
import { INCOMPLETE, REFUSED } from "./field-lines.ts";
import { Head } from "./head.ts";
import {
  H_CONNECTION,
  H_CONTENT_LENGTH,
  H_HOST,
  H_TE,
  H_TRANSFER_ENCODING,
  H_UPGRADE,
  H_X_PARALLAX_ROLE,
} from "./header-id.ts";
import { isHost } from "./host.ts";
import { isChunkedCoding } from "./transfer-encoding.ts";

/** Methods the proxy treats by name; any other token is M_OTHER and passed on as it is. */
export const M_OTHER = 0;
export const M_GET = 1;
export const M_HEAD = 2;
export const M_OPTIONS = 3;
export const M_TRACE = 4;
export const M_PUT = 5;
export const M_DELETE = 6;
export const M_POST = 7;
export const M_PATCH = 8;
export const M_CONNECT = 9;

export const METHOD_NAMES = [
  "",
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
  "POST",
  "PATCH",
  "CONNECT",
] as const;

/** Longest method token; the registry's longest has 17 letters. */
const METHOD_BYTES_MAX = 32;

/** No body (0), Content-Length bytes, or chunks. */
export const NO_BODY = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;

function methodOf(bytes: Uint8Array, start: number, end: number): number {
  for (let id = 1; id < METHOD_NAMES.length; id++) {
    const name = METHOD_NAMES[id] as string;
    if (name.length !== end - start) continue;
    let i = 0;
    while (i < name.length && bytes[start + i] === name.charCodeAt(i)) i++;
    if (i === name.length) return id;
  }
  return M_OTHER;
}

export class RequestHead extends Head {
  error: ErrorCode = "internal";

  method = M_OTHER;
  methodEnd = 0;
  /** What goes upstream: origin-form or `*`. For an absolute-form target, the part behind the authority. */
  targetStart = 0;
  targetEnd = 0;
  /** What goes before the target: `/` for `GET http://host?q`, `*` for `OPTIONS http://host`, else nothing. */
  pathPrefix: "" | "/" | "*" = "";
  /** End of the path: the `?`, or targetEnd. */
  pathEnd = 0;
  /** The authority: of an absolute-form target, else the Host value. Empty for HTTP/1.0 without Host. */
  hostStart = 0;
  hostEnd = 0;
  isAbsoluteForm = false;
  bodyKind = NO_BODY;
  contentLength = 0;
  /** An Upgrade that is passed on; `h2c` is not. */
  isUpgrade = false;
  /** `TE: trailers`. */
  takesTrailers = false;
  /** `x-parallax-role: shadow`: the request is itself a mirror. */
  isShadow = false;

  #refuse(error: ErrorCode): typeof REFUSED {
    this.error = error;
    return REFUSED;
  }

  /**
   * Parses the head that begins at `at`. Answers the index behind it, INCOMPLETE when more bytes are
   * needed, or REFUSED with `error` set. An empty line before the head is the caller's to skip.
   */
  parse(bytes: Buffer, at: number, limit: number): number {
    this.bytes = bytes;
    this.start = at;
    // One byte over the limit is enough to know; what lies behind may be the body's.
    const tooLong = limit - at > this.limits.headBytesMax;
    const bound = tooLong ? at + this.limits.headBytesMax : limit;
    const lineEnd = this.#parseRequestLine(bytes, at, bound);
    if (lineEnd === REFUSED) return REFUSED;
    if (lineEnd === INCOMPLETE) return tooLong ? this.#refuse("head-too-large") : INCOMPLETE;
    const end = this.lines.parse(bytes, lineEnd, bound);
    if (end === REFUSED) return this.#refuse(this.lines.error);
    if (end === INCOMPLETE) return tooLong ? this.#refuse("head-too-large") : INCOMPLETE;
    this.end = end;
    return this.#readFields() ? end : REFUSED;
  }

  #parseRequestLine(bytes: Uint8Array, at: number, limit: number): number {
    let i = at;
    while (i < limit && TOKEN[bytes[i] as number] === 1) i++;
    if (i - at > METHOD_BYTES_MAX) return this.#refuse("bad-method");
    if (i >= limit) return INCOMPLETE;
    if (bytes[i] !== SPACE || i === at) return this.#refuse("bad-method");
    this.methodEnd = i;
    this.method = methodOf(bytes, at, i);
    if (this.method === M_CONNECT) return this.#refuse("method-refused");

    const targetStart = ++i;
    let query = -1;
    while (i < limit && TARGET[bytes[i] as number] === 1) {
      if (query < 0 && bytes[i] === QUESTION) query = i;
      i++;
    }
    if (i - targetStart > this.limits.targetBytesMax) return this.#refuse("target-too-long");
    if (i >= limit) return INCOMPLETE;
    // `GET /path` CR LF is HTTP/0.9: no version follows.
    if (bytes[i] === CR || bytes[i] === LF) return this.#refuse("bad-version");
    if (bytes[i] !== SPACE || i === targetStart) return this.#refuse("bad-target");
    this.targetStart = targetStart;
    this.targetEnd = i;
    this.pathEnd = query < 0 ? i : query;

    const versionStart = i + 1;
    const version = this.#parseVersion(bytes, versionStart, limit);
    if (version <= 0) return version;
    return this.#parseTargetForm(bytes) ? version : REFUSED;
  }

  /** Answers the index behind the CR LF of the request line. */
  #parseVersion(bytes: Uint8Array, start: number, limit: number): number {
    if (limit - start < 10) {
      // Say what is wrong with what there is, so that garbage does not wait for a timeout; but whether it is
      // another version or no version is known only at its end, however the bytes arrive.
      for (let at = start; at < limit; at++) {
        if (!isVersionByte(bytes[at] as number, at - start)) return this.#refuse("bad-version");
      }
      return INCOMPLETE;
    }
    const isHttp1 =
      bytes[start] === 0x48 &&
      bytes[start + 1] === 0x54 &&
      bytes[start + 2] === 0x54 &&
      bytes[start + 3] === 0x50 &&
      bytes[start + 4] === SLASH &&
      bytes[start + 5] === 0x31 &&
      bytes[start + 6] === 0x2e;
    const minor = bytes[start + 7] as number;
    if (!isHttp1 || (minor !== ZERO && minor !== ZERO + 1)) return this.#refuseVersion(bytes, start);
    if (bytes[start + 8] === LF) return this.#refuse("bad-line-ending");
    if (bytes[start + 8] !== CR) return this.#refuse("bad-version");
    if (bytes[start + 9] !== LF) return this.#refuse("bad-line-ending");
    this.isHttp10 = minor === ZERO;
    return start + 10;
  }

  #refuseVersion(bytes: Uint8Array, start: number): typeof REFUSED {
    for (let offset = 0; offset < 9; offset++) {
      if (!isVersionByte(bytes[start + offset] as number, offset)) return this.#refuse("bad-version");
    }
    return this.#refuse(bytes[start + 8] === CR ? "version-refused" : "bad-line-ending");
  }

  /** Origin-form, `*` with OPTIONS, or absolute-form, which is taken apart (RFC 9112 §3.2). */
  #parseTargetForm(bytes: Uint8Array): boolean {
    this.isAbsoluteForm = false;
    this.pathPrefix = "";
    const first = bytes[this.targetStart];
    if (first === SLASH) return true;
    if (first === ASTERISK && this.targetEnd === this.targetStart + 1) {
      if (this.method === M_OPTIONS) return true;
      this.error = "bad-target";
      return false;
    }
    const schemeBytes = equalsIgnoringCase(bytes, this.targetStart, this.targetStart + 7, "http://")
      ? 7
      : equalsIgnoringCase(bytes, this.targetStart, this.targetStart + 8, "https://")
        ? 8
        : 0;
    if (schemeBytes === 0 || this.targetStart + schemeBytes >= this.targetEnd) {
      this.error = "bad-target";
      return false;
    }
    let i = this.targetStart + schemeBytes;
    this.hostStart = i;
    while (i < this.targetEnd && bytes[i] !== SLASH && bytes[i] !== QUESTION) {
      if (bytes[i] === AT) {
        this.error = "target-userinfo";
        return false;
      }
      i++;
    }
    this.hostEnd = i;
    if (this.hostStart === this.hostEnd || !isHost(bytes, this.hostStart, this.hostEnd)) {
      this.error = "bad-target";
      return false;
    }
    this.isAbsoluteForm = true;
    if (i === this.targetEnd) this.pathPrefix = this.method === M_OPTIONS ? "*" : "/";
    else if (bytes[i] === QUESTION) this.pathPrefix = "/";
    this.targetStart = i;
    return true;
  }

  /** What the fields mean for this hop: Host, Connection, framing, Upgrade, Expect. */
  #readFields(): boolean {
    const { bytes, lines, connection } = this;
    connection.reset();
    let hostCount = 0;
    let contentLength = BAD_LENGTH;
    let transferEncodings = 0;
    let upgradeLine = -1;
    this.isShadow = false;
    this.takesTrailers = false;
    for (let line = 0; line < lines.count; line++) {
      const id = lines.id(line);
      if (id === 0) continue;
      const start = lines.valueStart(line);
      const end = lines.valueEnd(line);
      switch (id) {
        case H_HOST:
          if (++hostCount > 1 || !isHost(bytes, start, end)) return this.#fail("bad-host");
          if (!this.isAbsoluteForm) {
            this.hostStart = start;
            this.hostEnd = end;
          }
          break;
        case H_CONNECTION:
          if (!connection.add(bytes, start, end)) return this.#fail("bad-connection");
          break;
        case H_CONTENT_LENGTH: {
          const length = parseContentLength(bytes, start, end);
          if (length === BAD_LENGTH) return this.#fail("bad-content-length");
          // Even the same value twice: the next parser may not be as patient (RFC 9112 §6.3).
          if (contentLength !== BAD_LENGTH) return this.#fail("bad-content-length");
          contentLength = length;
          break;
        }
        case H_TRANSFER_ENCODING:
          if (++transferEncodings > 1 || this.isHttp10) return this.#fail("bad-transfer-encoding");
          if (!isChunkedCoding(bytes, start, end)) return this.#fail("bad-transfer-encoding");
          break;
        case H_UPGRADE:
          if (upgradeLine >= 0) return this.#fail("bad-upgrade");
          upgradeLine = line;
          break;
        case H_TE:
          this.takesTrailers ||= equalsIgnoringCase(bytes, start, end, "trailers");
          break;
        case H_X_PARALLAX_ROLE:
          this.isShadow ||= equalsIgnoringCase(bytes, start, end, "shadow");
          break;
        default:
          break;
      }
    }
    if (hostCount === 0) {
      if (!this.isHttp10) return this.#fail("bad-host");
      if (!this.isAbsoluteForm) this.hostStart = this.hostEnd = 0;
    }
    if (transferEncodings > 0 && contentLength !== BAD_LENGTH) return this.#fail("ambiguous-length");
    this.bodyKind = transferEncodings > 0 ? BODY_CHUNKED : contentLength > 0 ? BODY_LENGTH : NO_BODY;
    this.contentLength = contentLength;
    this.decideKeepAlive();
    return this.#readUpgrade(upgradeLine);
  }

  /** An Upgrade counts when Connection names it; `h2c` is left out, as a proxy may (RFC 9110 §7.8). */
  #readUpgrade(line: number): boolean {
    const { bytes, lines } = this;
    this.isUpgrade =
      line >= 0 &&
      this.connection.isUpgrade &&
      !this.isHttp10 &&
      this.bodyKind === NO_BODY &&
      TOKEN[bytes[lines.valueStart(line)] as number] === 1 &&
      !latin1(bytes, lines.valueStart(line), lines.valueEnd(line)).toLowerCase().includes("h2c");
    return true;
  }

  #fail(error: ErrorCode): false {
    this.error = error;
    return false;
  }

  /** True when the method asks for no change (RFC 9110 §9.2.1). */
  get isSafe(): boolean {
    return this.method >= M_GET && this.method <= M_TRACE;
  }

  /** True when the method may be repeated without harm (RFC 9110 §9.2.2). */
  get isIdempotent(): boolean {
    return this.method >= M_GET && this.method <= M_DELETE;
  }

  methodText(): string {
    return METHOD_NAMES[this.method] || latin1(this.bytes, this.start, this.methodEnd);
  }

  targetText(): string {
    return this.pathPrefix + latin1(this.bytes, this.targetStart, this.targetEnd);
  }
}

/** True for what may stand at `offset` of `HTTP/<digit>.<digit>` and its line ending. */
function isVersionByte(byte: number, offset: number): boolean {
  if (offset === 5 || offset === 7) return byte >= ZERO && byte <= NINE;
  if (offset === 8) return byte === CR || byte === LF;
  if (offset === 9) return true;
  return byte === "HTTP/ .".charCodeAt(offset);
}
