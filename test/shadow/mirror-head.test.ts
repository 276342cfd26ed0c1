// The head on the shadow leg, as bytes: what goes, what is replaced, what stays as it was.
import { describe, expect, test } from "vitest";
import type { Limits, MirrorSettings } from "../../src/core/snapshot.ts";
import { prepareMirrorEdits, writeMirrorHead } from "../../src/shadow/mirror-head.ts";
import { HeadWriter } from "../../src/wire/head-writer.ts";
import { RequestHead } from "../../src/wire/request-head.ts";

const LIMITS = { headBytesMax: 32_768, targetBytesMax: 8192, headerLinesMax: 128 } as Limits;
const SETTINGS: MirrorSettings = {
  methods: ["GET"],
  samplePercent: 100,
  requestBytesMax: 1,
  answerBytesMax: 1,
  deadlineMs: 1,
  setHeaders: [],
  removeHeaders: [],
  credentials: "keep",
  hostHeader: "candidate.test:8080",
  pathRewrite: undefined,
};

function mirrorOf(lines: readonly string[], over: Partial<MirrorSettings> = {}, bodyBytes = 0): string[] {
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const head = new RequestHead(LIMITS);
  expect(head.parse(bytes, 0, bytes.length)).toBe(bytes.length);
  const writer = new HeadWriter();
  writeMirrorHead(writer, head, { edits: prepareMirrorEdits({ ...SETTINGS, ...over }), bodyBytes });
  const text = writer.take(0).toString("latin1");
  expect(text.endsWith("\r\n\r\n")).toBe(true);
  const written = text.slice(0, -4).split("\r\n");
  // A second strict parser reads the same.
  const again = new RequestHead(LIMITS);
  expect(again.parse(Buffer.from(text, "latin1"), 0, text.length)).toBe(text.length);
  return written;
}

describe("the mirror's head", () => {
  test("keeps end-to-end lines byte for byte, in their order, duplicates included", () => {
    const kept = [
      "X-One: 1",
      "x-two:\t2 ",
      "X-ONE: 1b",
      "Authorization: Bearer t",
      "cookie: a=1",
      "x-\u00e9: no",
    ];
    const lines = kept.slice(0, 5);
    expect(mirrorOf(["GET //a%2F?q HTTP/1.1", "host: shop.test", ...lines])).toEqual([
      "GET //a%2F?q HTTP/1.1",
      "host: candidate.test:8080",
      ...lines,
      "x-parallax-role: shadow",
    ]);
  });

  test("does without 100-continue, and keeps every other expectation", () => {
    const head = ["GET / HTTP/1.1", "host: shop.test"];
    expect(mirrorOf([...head, "Expect: 100-Continue"])).not.toContain("Expect: 100-Continue");
    expect(mirrorOf([...head, "Expect: 200-ok"])).toContain("Expect: 200-ok");
  });

  test("keeps the client's Host where it is to be preserved, and its place", () => {
    expect(
      mirrorOf(["GET / HTTP/1.1", "a: 1", "HOST: shop.test", "b: 2"], { hostHeader: "preserve" }),
    ).toEqual(["GET / HTTP/1.1", "a: 1", "HOST: shop.test", "b: 2", "x-parallax-role: shadow"]);
  });

  test("says its role once, whatever the client said", () => {
    const written = mirrorOf(["GET / HTTP/1.1", "host: a", "X-Parallax-Role: primary"]);
    expect(written.filter((line) => /role/i.test(line))).toEqual(["x-parallax-role: shadow"]);
  });

  for (const [what, lines, bodyBytes, length] of [
    ["no body and none was named", ["GET / HTTP/1.1", "host: a"], 0, []],
    [
      "a body of a known length",
      ["POST / HTTP/1.1", "host: a", "Content-Length: 5"],
      5,
      ["content-length: 5"],
    ],
    ["a length of zero", ["POST / HTTP/1.1", "host: a", "content-length: 0"], 0, ["content-length: 0"]],
    [
      "a chunked body",
      ["POST / HTTP/1.1", "host: a", "transfer-encoding: chunked", "trailer: x"],
      7,
      ["content-length: 7"],
    ],
    [
      "an empty chunked body",
      ["POST / HTTP/1.1", "host: a", "transfer-encoding: chunked"],
      0,
      ["content-length: 0"],
    ],
    [
      "a length that was waited for",
      ["POST / HTTP/1.1", "host: a", "expect: 100-continue", "content-length: 5"],
      5,
      ["content-length: 5"],
    ],
  ] as const) {
    test(`frames ${what} by a length, once`, () => {
      const framing = mirrorOf(lines, {}, bodyBytes).filter((line) =>
        /^(content-length|transfer|expect|trailer)/i.test(line),
      );
      expect(framing).toEqual(length);
    });
  }

  test("strips credentials only where it is told to", () => {
    const lines = [
      "GET / HTTP/1.1",
      "host: a",
      "AUTHORIZATION: x",
      "Cookie: y",
      "Cookie: z",
      "cookies: kept",
    ];
    expect(mirrorOf(lines, { credentials: "strip" }).slice(2)).toEqual([
      "cookies: kept",
      "x-parallax-role: shadow",
    ]);
  });

  test("removes and sets headers whatever their case, and leaves longer names alone", () => {
    const lines = ["GET / HTTP/1.1", "host: a", "X-Gone: 1", "x-gone-not: 2", "x-SET: 3", "last: 4"];
    const edits = { removeHeaders: ["x-gone"], setHeaders: [["x-set", "new"]] as const };
    expect(mirrorOf(lines, edits).slice(2)).toEqual([
      "x-gone-not: 2",
      "last: 4",
      "x-set: new",
      "x-parallax-role: shadow",
    ]);
  });
});
