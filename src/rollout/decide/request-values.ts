// The texts that a route's units and cohorts ask of a request, as byte ranges: each read at most once per request, and
// only when asked for (HOT). No string is made. What a request says twice is AMBIGUOUS, never guessed.
import { Buffer } from "node:buffer";
import { assertNever } from "../../core/assert.ts";
import type { RequestValue } from "../../core/snapshot.ts";
import {
  AMPERSAND,
  EQUALS,
  escapedByte,
  isEncoded,
  isField,
  isFormName,
  isName,
  PERCENT,
  PLUS,
  QUOTE,
  SEMICOLON,
  SLASH,
  SPACE,
  TAB,
} from "./request-bytes.ts";
import type { RequestView } from "./request-view.ts";
import { MISSING, PRESENT, Source, UNREAD } from "./source.ts";
import type { TokenReader } from "./token-reader.ts";

const EMPTY = Buffer.alloc(0);

export class RequestValues {
  readonly #sources: Source[] = [];
  readonly #tokens: TokenReader | undefined;
  #request: RequestView | undefined;
  /** Percent-encoded values of the request under way, decoded: together no longer than its target. */
  #decoded = EMPTY;
  #decodedBytes = 0;

  constructor(tokens: TokenReader | undefined) {
    this.#tokens = tokens;
  }

  /** The same source for the same value. */
  sourceOf(from: RequestValue): Source {
    const known = this.#sources.find((source) => isSameValue(source.from, from));
    if (known !== undefined) return known;
    const source = new Source(from);
    this.#sources.push(source);
    return source;
  }

  begin(request: RequestView): void {
    this.#request = request;
    this.#decodedBytes = 0;
    for (const source of this.#sources) source.state = UNREAD;
  }

  /** Of the request under way: MISSING, AMBIGUOUS, or PRESENT and then the source says where. */
  read(source: Source): number {
    if (source.state === UNREAD) {
      this.#find(source, this.#request as RequestView);
      if (source.state === UNREAD) source.state = MISSING;
    }
    return source.state;
  }

  #find(source: Source, request: RequestView): void {
    const { from } = source;
    switch (from.kind) {
      case "header":
        findHeader(source, request);
        break;
      case "cookie":
        findCookie(source, request);
        break;
      case "query":
        this.#findParameter(source, request);
        break;
      case "path":
        this.#findSegment(source, request, from.segment);
        break;
      case "claim":
        this.#tokens?.find(source, request);
        break;
      default:
        assertNever(from);
    }
  }

  /** As forms write it (WHATWG URL): `&` between pairs, `+` for a space, names and values percent-encoded. */
  #findParameter(source: Source, request: RequestView): void {
    const { bytes, pathEnd, targetEnd } = request;
    let at = pathEnd + 1;
    while (at < targetEnd) {
      let nameEnd = -1;
      let end = at;
      for (; end < targetEnd && bytes[end] !== AMPERSAND; end++)
        if (nameEnd < 0 && bytes[end] === EQUALS) nameEnd = end;
      if (nameEnd < 0) nameEnd = end;
      if (isFormName(bytes, at, nameEnd, source.name)) source.note(bytes, Math.min(nameEnd + 1, end), end);
      at = end + 1;
    }
    if (source.state === PRESENT) this.#decode(source, request, true);
  }

  #findSegment(source: Source, request: RequestView, segment: number): void {
    const { bytes, pathEnd } = request;
    let at = request.targetStart;
    for (let index = 0; at < pathEnd; index++) {
      const start = bytes[at] === SLASH ? at + 1 : at;
      at = start;
      while (at < pathEnd && bytes[at] !== SLASH) at++;
      if (index !== segment) continue;
      source.note(bytes, start, at);
      if (source.state === PRESENT) this.#decode(source, request, false);
      return;
    }
  }

  /** Points `source` at its bytes decoded. A `%` without two digits behind it stands for itself (WHATWG URL). */
  #decode(source: Source, { targetStart, targetEnd }: RequestView, isForm: boolean): void {
    const { bytes, end } = source;
    if (!isEncoded(bytes, source.start, end)) return;
    if (this.#decoded.length < targetEnd - targetStart) this.#decoded = Buffer.alloc(targetEnd - targetStart);
    const start = this.#decodedBytes;
    let to = start;
    for (let from = source.start; from < end; from++) {
      let byte = bytes[from] as number;
      const escaped = byte === PERCENT ? escapedByte(bytes, from, end) : -1;
      if (escaped >= 0) {
        byte = escaped;
        from += 2;
      } else if (byte === PLUS && isForm) byte = SPACE;
      this.#decoded[to++] = byte;
    }
    this.#decodedBytes = to;
    source.bytes = this.#decoded;
    source.start = start;
    source.end = to;
  }
}

function isSameValue(a: RequestValue, b: RequestValue): boolean {
  if (a.kind === "path" && b.kind === "path") return a.segment === b.segment;
  return a.kind === b.kind && a.name === b.name;
}

function findHeader(source: Source, { bytes, lines }: RequestView): void {
  const { name } = source.from;
  for (let line = 0; line < lines.count; line++)
    if (isField(bytes, lines.nameStart(line), lines.nameEnd(line), name))
      source.note(bytes, lines.valueStart(line), lines.valueEnd(line));
}

/** In all lines called Cookie: who turns HTTP/2 into HTTP/1.1 may have left them apart. */
function findCookie(source: Source, { bytes, lines }: RequestView): void {
  for (let line = 0; line < lines.count; line++)
    if (isField(bytes, lines.nameStart(line), lines.nameEnd(line), "cookie"))
      findPair(source, bytes, { start: lines.valueStart(line), end: lines.valueEnd(line) });
}

function findPair(
  source: Source,
  bytes: Buffer,
  line: { readonly start: number; readonly end: number },
): void {
  const { name } = source;
  let at = line.start;
  while (at < line.end) {
    while (at < line.end && isBlank(bytes[at])) at++;
    let end = at;
    while (end < line.end && bytes[end] !== SEMICOLON) end++;
    const equals = at + name.length;
    if (equals < end && bytes[equals] === EQUALS && isName(bytes, at, equals, name))
      noteCookie(source, bytes, { start: equals + 1, end });
    at = end + 1;
  }
}

/** Without white space around it, and without one pair of quotes: servers read both as the same (RFC 6265 §4.1.1). */
function noteCookie(
  source: Source,
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
): void {
  let { start, end } = range;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  const isQuoted = end - start >= 2 && bytes[start] === QUOTE && bytes[end - 1] === QUOTE;
  source.note(bytes, isQuoted ? start + 1 : start, isQuoted ? end - 1 : end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
