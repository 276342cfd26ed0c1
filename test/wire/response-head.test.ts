import { describe, expect, test } from "vitest";
import { INCOMPLETE, REFUSED } from "../../src/wire/field-lines.ts";
import {
  ANSWER_CHUNKED,
  ANSWER_LENGTH,
  ANSWER_NO_BODY,
  ANSWER_UNTIL_CLOSE,
  ResponseHead,
} from "../../src/wire/response-head.ts";

const LIMITS = { headBytesMax: 256, targetBytesMax: 64, headerLinesMax: 4 };

function parse(text: string): { head: ResponseHead; found: string } {
  const head = new ResponseHead(LIMITS);
  const bytes = Buffer.from(text, "latin1");
  const end = head.parse(bytes, 0, bytes.length);
  if (end === REFUSED) return { head, found: head.detail };
  return { head, found: end === INCOMPLETE ? "incomplete" : "accepted" };
}

const found = (text: string): string => parse(text).found;
const withLines = (...lines: string[]): string =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

describe("the status line", () => {
  test.each([
    ["HTTP/1.1 200 OK", "accepted"],
    ["HTTP/1.0 200 OK", "accepted"],
    ["HTTP/1.1 200 ", "accepted"],
    ["HTTP/1.1 200", "accepted"],
    ["HTTP/1.1 999 \xe9\t!", "accepted"],
    ["HTTP/1.1 100 Continue", "accepted"],
    ["HTTP/1.1 099 OK", "status code"],
    ["HTTP/1.1 20 OK", "status code"],
    ["HTTP/1.1 2000 OK", "status line"],
    ["HTTP/1.1 2x0 OK", "status code"],
    ["HTTP/1.1  200 OK", "status code"],
    ["HTTP/1.1\t200 OK", "status line"],
    ["HTTP/1.2 200 OK", "version"],
    ["HTTP/2.0 200 OK", "status line"],
    ["http/1.1 200 OK", "status line"],
    ["ICY 200 OK", "status line"],
    [" HTTP/1.1 200 OK", "status line"],
    ["HTTP/1.1 200 a\0b", "line ending"],
    ["HTTP/1.1 200 a\x7fb", "line ending"],
    ["HTTP/1.1 200 a\rb", "line ending"],
    ["HTTP/1.1 200 a\nb", "line ending"],
  ])("%j is %s", (line, expected) => expect(found(`${line}\r\n\r\n`)).toBe(expected));

  test("waits for its end, and says at once what is surely wrong", () => {
    const text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    for (let length = 0; length < text.length; length++)
      expect(found(text.slice(0, length))).toBe("incomplete");
    expect(found("<")).toBe("status line");
  });

  test("is known by its parts", () => {
    const { head } = parse("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n");
    expect([head.status, head.isHttp10, head.isKeepAlive]).toEqual([404, true, false]);
    expect(head.bytes.subarray(head.reasonStart, head.reasonEnd).toString()).toBe("Not Found");
    expect(head.entries()).toEqual([["a", "b"]]);
  });
});

describe("the framing", () => {
  const kindOf = (text: string, isHead = false): number => parse(text).head.bodyKind(isHead);

  test("is by chunks, length or close, or there is no body", () => {
    expect(kindOf(withLines("Transfer-Encoding: chunked"))).toBe(ANSWER_CHUNKED);
    expect(kindOf(withLines("Content-Length: 1"))).toBe(ANSWER_LENGTH);
    expect(kindOf(withLines("Content-Length: 0"))).toBe(ANSWER_NO_BODY);
    expect(kindOf(withLines())).toBe(ANSWER_UNTIL_CLOSE);
    expect(kindOf(withLines("Content-Length: 1"), true)).toBe(ANSWER_NO_BODY);
    for (const status of ["100", "103", "204", "304"])
      expect(kindOf(`HTTP/1.1 ${status} x\r\nContent-Length: 1\r\n\r\n`)).toBe(ANSWER_NO_BODY);
  });

  test.each([
    [["Content-Length: 1", "Content-Length: 1"], "Content-Length"],
    [["Content-Length: 1, 1"], "Content-Length"],
    [["Content-Length: +1"], "Content-Length"],
    [["Content-Length:"], "Content-Length"],
    [["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], "Transfer-Encoding"],
    [["Transfer-Encoding: gzip, chunked"], "Transfer-Encoding"],
    [["Transfer-Encoding: chunked\t"], "Transfer-Encoding"],
    [["Transfer-Encoding: chunked", "Content-Length: 1"], "Content-Length together with Transfer-Encoding"],
    [["Connection: Content-Length", "Content-Length: 1"], "Connection"],
    [["A : b"], "bad-header-name"],
    [["A: b\0"], "bad-header-value"],
    [["A: b", " c"], "obs-fold"],
    [["A: b\nC: d"], "bad-line-ending"],
  ])("is refused with %j", (lines, detail) => expect(found(withLines(...lines))).toBe(detail));

  test("is refused in chunks of an interim answer", () => {
    for (const status of ["100", "109", "199"])
      expect(found(`HTTP/1.1 ${status} x\r\nTransfer-Encoding: chunked\r\n\r\n`)).toBe("Transfer-Encoding");
  });

  test("is refused in chunks from HTTP/1.0", () => {
    expect(found("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")).toBe("Transfer-Encoding");
  });

  test("of the answer before is forgotten", () => {
    const head = new ResponseHead(LIMITS);
    const first = Buffer.from(withLines("Content-Length: 9", "Connection: close"));
    const second = Buffer.from(withLines());
    head.parse(first, 0, first.length);
    head.parse(second, 0, second.length);
    expect([head.contentLength, head.isChunked, head.isKeepAlive]).toEqual([-1, false, true]);
  });
});

describe("the limits", () => {
  test.each([
    [255, "accepted"],
    [256, "accepted"],
    [257, "head-too-large"],
  ])("a head of %i bytes: %s", (length, expected) => {
    const text = withLines(`X: ${"x".repeat(length - withLines("X: ").length)}`);
    expect(text.length).toBe(length);
    expect(found(`${text}body`)).toBe(expected);
  });

  test.each([
    [3, "accepted"],
    [4, "accepted"],
    [5, "too-many-headers"],
  ])("%i header lines: %s", (count, expected) => {
    expect(found(withLines(...Array.from({ length: count }, () => "A: b")))).toBe(expected);
  });
});
