import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import { INCOMPLETE, REFUSED } from "../../src/wire/field-lines.ts";
import { BODY_CHUNKED, BODY_LENGTH, NO_BODY, RequestHead } from "../../src/wire/request-head.ts";

const LIMITS = { headBytesMax: 512, targetBytesMax: 64, headerLinesMax: 8 };

function parse(text: string): { head: RequestHead; end: number } {
  const head = new RequestHead(LIMITS);
  const bytes = Buffer.from(text, "latin1");
  return { head, end: head.parse(bytes, 0, bytes.length) };
}

/** The head of `text`, which must be accepted. */
function accepted(text: string): RequestHead {
  const { head, end } = parse(text);
  expect(end === REFUSED ? head.error : end).toBe(text.indexOf("\r\n\r\n") + 4);
  return head;
}

function refusal(text: string): ErrorCode | "accepted" | "incomplete" {
  const { head, end } = parse(text);
  return end === REFUSED ? head.error : end === INCOMPLETE ? "incomplete" : "accepted";
}

const withLines = (...lines: string[]): string =>
  `GET / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

describe("the request line", () => {
  test.each<[string, ErrorCode | "incomplete"]>([
    [" / HTTP/1.1\r\n", "bad-method"],
    ["G(T / HTTP/1.1\r\n", "bad-method"],
    ["GET\t/ HTTP/1.1\r\n", "bad-method"],
    ["\x16\x03\x01", "bad-method"],
    [`${"M".repeat(33)} / HTTP/1.1\r\n`, "bad-method"],
    ["CONNECT a:1 HTTP/1.1\r\n", "method-refused"],
    ["GET  / HTTP/1.1\r\n", "bad-target"],
    ["GET a HTTP/1.1\r\n", "bad-target"],
    ["GET * HTTP/1.1\r\n", "bad-target"],
    ["GET /a\tb HTTP/1.1\r\n", "bad-target"],
    ["GET /\x00 HTTP/1.1\r\n", "bad-target"],
    ["GET /\xe9 HTTP/1.1\r\n", "bad-target"],
    ["GET /#f HTTP/1.1\r\n", "bad-target"],
    ["GET ftp://a/ HTTP/1.1\r\n", "bad-target"],
    ["GET http:// HTTP/1.1\r\n", "bad-target"],
    ["GET http:///a HTTP/1.1\r\n", "bad-target"],
    ["GET http://a:x/ HTTP/1.1\r\n", "bad-target"],
    ["GET http://u@a/ HTTP/1.1\r\n", "target-userinfo"],
    ["GET http://u:p@a HTTP/1.1\r\n", "target-userinfo"],
    ["GET /\r\n", "bad-version"],
    ["GET /\n", "bad-version"],
    ["GET / HTTX/1.1\r\n", "bad-version"],
    ["GET / http/1.1\r\n", "bad-version"],
    ["GET / HTTP/1.1 \r\n", "bad-version"],
    ["GET / HTTP/1.10\r\n", "bad-version"],
    ["GET / HTTP/11\r\n", "bad-version"],
    ["GET / b HTTP/1.1\r\n", "bad-version"],
    ["GET / HTTP/1.2\r\n", "version-refused"],
    ["GET / HTTP/0.9\r\n", "version-refused"],
    ["GET / HTTP/2.0\r\n", "version-refused"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version-refused"],
    ["GET / HTTP/1.1\nHost: a\n\n", "bad-line-ending"],
    ["GET / HTTP/1.1\rHost: a\r\r", "bad-line-ending"],
    ["GET / HTTP/2.0\nHost: a\n\n", "bad-line-ending"],
    ["GET / HTTP/2", "incomplete"],
    ["GET / HTTP/2.0\r", "incomplete"],
    ["GET / HTTP", "incomplete"],
    ["GET ", "incomplete"],
    ["GE", "incomplete"],
  ])("%j is %s", (text, expected) => expect(refusal(text)).toBe(expected));

  test.each(["bad-version", "version-refused"])("says %s of the version however its bytes arrive", (code) => {
    const text = code === "bad-version" ? "GET / HTTP/9;1\r\n" : "GET / HTTP/9.1\r\n";
    for (let length = 1; length < text.length; length++) {
      expect([code, "incomplete"]).toContain(refusal(text.slice(0, length)));
    }
    expect(refusal(text)).toBe(code);
  });

  test.each([
    [31, "accepted"],
    [32, "accepted"],
    [33, "bad-method"],
  ])("with a method of %i bytes: %s", (length, expected) => {
    expect(refusal(`${"M".repeat(length)} / HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(expected);
  });

  test.each([
    [63, "accepted"],
    [64, "accepted"],
    [65, "target-too-long"],
  ])("with a target of %i bytes: %s", (length, expected) => {
    expect(refusal(`GET /${"a".repeat(length - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(expected);
  });

  test.each(["/", "//a", "/%2F%00;b=c?d=/?e&f='()*+,!$", "/a?", "/.."])("passes %s on as it is", (target) => {
    expect(accepted(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).targetText()).toBe(target);
  });

  test.each([
    ["GET http://b/c?d", "/c?d"],
    ["GET http://b", "/"],
    ["GET http://b?d", "/?d"],
    ["GET HTTPS://b:1/", "/"],
    ["OPTIONS http://b", "*"],
    ["OPTIONS *", "*"],
  ])("of %s has the target %s", (line, target) => {
    expect(accepted(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`).targetText()).toBe(target);
  });

  test.each([
    [259, undefined],
    [260, undefined],
    [261, "bad-host"],
  ])("a Host of %i bytes", (length, error) => {
    const text = `GET / HTTP/1.1\r\nHost: ${"a".repeat(length)}\r\n\r\n`;
    if (error === undefined) expect(accepted(text).hostEnd - accepted(text).hostStart).toBe(length);
    else expect(refusal(text)).toBe(error);
  });

  test("takes the host of an absolute target, whatever Host says", () => {
    const head = accepted("GET http://b:8/c HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(head.bytes.subarray(head.hostStart, head.hostEnd).toString()).toBe("b:8");
  });
});

describe("Host", () => {
  test.each([
    "a",
    "a.example:80",
    "127.0.0.1",
    "[::1]",
    "[::1]:8080",
    "[::ffff:1.2.3.4]",
    "",
    "a_b-c~%20",
    "a:",
  ])("%j is accepted", (host) => expect(refusal(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBe("accepted"));

  test.each([
    "a b",
    "a,b",
    "u@a",
    "a/b",
    "a:b",
    "a:1:2",
    "a:123456",
    "[",
    "[]",
    "[::1",
    "::1]",
    "[::1]a",
    "[zz]",
    "a[::1]",
    ":80",
    "é",
    "a\\b",
  ])("%j is refused", (host) => expect(refusal(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBe("bad-host"));

  test("is needed once in HTTP/1.1, and at most once in HTTP/1.0", () => {
    expect(refusal("GET / HTTP/1.1\r\n\r\n")).toBe("bad-host");
    expect(refusal("GET http://a/ HTTP/1.1\r\n\r\n")).toBe("bad-host");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n")).toBe("bad-host");
    expect(refusal("GET / HTTP/1.0\r\n\r\n")).toBe("accepted");
    expect(refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n")).toBe("bad-host");
  });

  test("of the request before is forgotten", () => {
    const head = new RequestHead(LIMITS);
    const first = Buffer.from("GET http://evil/ HTTP/1.1\r\nHost: a\r\n\r\n");
    const second = Buffer.from("GET / HTTP/1.0\r\n\r\n");
    head.parse(first, 0, first.length);
    head.parse(second, 0, second.length);
    expect(head.hostEnd - head.hostStart).toBe(0);
    expect(head.isAbsoluteForm).toBe(false);
  });
});

describe("the framing", () => {
  test("is none, a length or chunks", () => {
    expect(accepted(withLines()).bodyKind).toBe(NO_BODY);
    expect(accepted(withLines("Content-Length: 0")).bodyKind).toBe(NO_BODY);
    expect(accepted(withLines("Content-Length: 7")).bodyKind).toBe(BODY_LENGTH);
    expect(accepted(withLines("Content-Length: 7")).contentLength).toBe(7);
    expect(accepted(withLines("Transfer-Encoding: Chunked")).bodyKind).toBe(BODY_CHUNKED);
    expect(accepted(withLines("Transfer-Encoding:chunked  ")).bodyKind).toBe(BODY_CHUNKED);
  });

  test.each(["", "+1", "-1", "0x1", "1 1", "1,1", "1.0", "1e3", "a", "1\t1", "1234567890123456"])(
    "is refused with Content-Length %j",
    (length) => expect(refusal(withLines(`Content-Length: ${length}`))).toBe("bad-content-length"),
  );

  test("is refused with Content-Length twice, alike or not", () => {
    expect(refusal(withLines("Content-Length: 1", "content-length: 1"))).toBe("bad-content-length");
    expect(refusal(withLines("Content-Length: 1", "Content-Length: 2"))).toBe("bad-content-length");
    expect(refusal(withLines("Content-Length: 0", "Content-Length: 0"))).toBe("bad-content-length");
  });

  test.each([
    "",
    "identity",
    "gzip, chunked",
    "chunked, chunked",
    "chunked, gzip",
    "chunked,",
    ",chunked",
    "xchunked",
    "chunked;q=1",
    "chunked\t",
    "chunked \t ",
    '"chunked"',
    "chunke",
  ])("is refused with Transfer-Encoding %j", (coding) =>
    expect(refusal(withLines(`Transfer-Encoding: ${coding}`))).toBe("bad-transfer-encoding"),
  );

  test("is refused with Transfer-Encoding twice, in HTTP/1.0, or beside Content-Length", () => {
    expect(refusal(withLines("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"))).toBe(
      "bad-transfer-encoding",
    );
    expect(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")).toBe("bad-transfer-encoding");
    expect(refusal(withLines("Content-Length: 1", "Transfer-Encoding: chunked"))).toBe("ambiguous-length");
    expect(refusal(withLines("Transfer-Encoding: chunked", "Content-Length: 0"))).toBe("ambiguous-length");
  });
});

describe("the connection", () => {
  test.each([
    ["1.1", "", true],
    ["1.1", "close", false],
    ["1.1", "keep-alive, CLOSE", false],
    ["1.0", "", false],
    ["1.0", "Keep-Alive", true],
    ["1.0", "keep-alive, close", false],
  ])("of HTTP/%s with Connection %j is kept: %s", (version, options, isKept) => {
    const line = options === "" ? "" : `Connection: ${options}\r\n`;
    expect(accepted(`GET / HTTP/${version}\r\nHost: a\r\n${line}\r\n`).isKeepAlive).toBe(isKept);
  });

  test.each(["Host", "content-length", "close, Transfer-Encoding", "a b", "a;b", '"a"'])(
    "is refused with Connection: %s",
    (options) => expect(refusal(withLines(`Connection: ${options}`))).toBe("bad-connection"),
  );
});

describe("Upgrade", () => {
  const upgrades = (...lines: string[]): boolean => accepted(withLines(...lines)).isUpgrade;

  test("counts where Connection names it, without a body, in HTTP/1.1", () => {
    expect(upgrades("Upgrade: websocket", "Connection: Upgrade")).toBe(true);
    expect(upgrades("Upgrade: websocket")).toBe(false);
    expect(upgrades("Connection: Upgrade")).toBe(false);
    expect(upgrades("Upgrade:", "Connection: Upgrade")).toBe(false);
    expect(upgrades("Upgrade: websocket", "Connection: Upgrade", "Content-Length: 1")).toBe(false);
    expect(accepted("GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n").isUpgrade).toBe(
      false,
    );
  });

  test.each(["h2c", "H2C", "websocket, h2c", "h2c,websocket"])("to %s does not count", (protocol) => {
    expect(
      upgrades(`Upgrade: ${protocol}`, "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAA"),
    ).toBe(false);
  });

  test("twice is refused", () => {
    expect(refusal(withLines("Upgrade: a", "Upgrade: b"))).toBe("bad-upgrade");
  });
});

describe("the limits", () => {
  const OVERHEAD = withLines("X: ").length;

  test.each([
    [511, "accepted"],
    [512, "accepted"],
    [513, "head-too-large"],
  ])("a head of %i bytes: %s", (length, expected) => {
    const text = withLines(`X: ${"x".repeat(length - OVERHEAD)}`);
    expect(text.length).toBe(length);
    expect(refusal(text)).toBe(expected);
    // What lies behind is not the head's.
    expect(refusal(`${text}${"body".repeat(200)}`)).toBe(expected);
  });

  test("an unfinished head waits up to the limit and not beyond", () => {
    const text = `GET / HTTP/1.1\r\nX: ${"x".repeat(600)}`;
    expect(refusal(text.slice(0, 512))).toBe("incomplete");
    expect(refusal(text.slice(0, 513))).toBe("head-too-large");
  });

  test.each([
    [7, "accepted"],
    [8, "accepted"],
    [9, "too-many-headers"],
  ])("%i header lines: %s", (count, expected) => {
    expect(refusal(withLines(...Array.from({ length: count - 1 }, (_, index) => `X-${index}: y`)))).toBe(
      expected,
    );
  });
});

describe("what the proxy asks of a head", () => {
  test("which methods may be repeated", () => {
    const idempotent = [
      "GET",
      "HEAD",
      "OPTIONS",
      "TRACE",
      "PUT",
      "DELETE",
      "POST",
      "PATCH",
      "PURGE",
      "get",
    ].filter((method) => accepted(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).isIdempotent);
    expect(idempotent).toEqual(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
  });

  test("the method by its text, known or not", () => {
    expect(accepted("PURGE / HTTP/1.1\r\nHost: a\r\n\r\n").methodText()).toBe("PURGE");
    expect(accepted("get / HTTP/1.1\r\nHost: a\r\n\r\n").methodText()).toBe("get");
    expect(accepted("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n").methodText()).toBe("DELETE");
  });

  test("the role header", () => {
    expect(accepted(withLines("X-Parallax-Role: SHADOW")).isShadow).toBe(true);
    expect(accepted(withLines("X-Parallax-Role: primary")).isShadow).toBe(false);
  });

  test("where the path ends", () => {
    const head = accepted("GET /a?b?c HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(head.bytes.subarray(head.targetStart, head.pathEnd).toString()).toBe("/a");
  });

  test("its lines by name, in order", () => {
    const head = accepted(withLines("X: 1", "x:\t2 ", "Y: \xe9"));
    expect(head.get("x")).toBe("1");
    expect(head.getAll("x")).toEqual(["1", "2"]);
    expect(head.get("z")).toBeUndefined();
    expect(head.entries()).toEqual([
      ["host", "a"],
      ["x", "1"],
      ["x", "2"],
      ["y", "\xe9"],
    ]);
  });
});
