import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { type AnswerFacts, makeAnswer, makeSettings } from "./support/answers.ts";

const compiled = compileCompare(makeSettings());
const JSON_TYPE = ["content-type", "application/json"] as const;

function typed(contentType: string | undefined, more: AnswerFacts = {}): AnswerFacts {
  return { ...more, headers: contentType === undefined ? [] : [["content-type", contentType]] };
}

describe("heads", () => {
  test("another status is a difference beside those of the body", () => {
    const { verdict } = judge(makeAnswer("{}"), makeAnswer('{"e":1}', { status: 500 }), compiled);
    expect(verdict).toEqual({
      kind: "mismatch",
      differences: [
        { part: "status", path: "", kind: "changed", legacy: "200", candidate: "500" },
        { part: "body", path: "/e", kind: "added", class: "additive", legacy: undefined, candidate: "1" },
      ],
      isCut: false,
    });
  });

  test.each([
    ["application/json; charset=utf-8", 'Application/JSON;Charset="UTF-8"'],
    ["text/plain;a=b; charset=UTF-8", "text/plain; charset=utf-8; a=b"],
  ])("%s means the same as %s", (legacy, candidate) => {
    expect(
      judge(makeAnswer("1", typed(legacy)), makeAnswer("1", typed(candidate)), compiled).verdict.kind,
    ).toBe("match");
  });

  test.each([
    ["application/json", "application/problem+json"],
    ["text/html; charset=utf-8", "text/html; charset=latin1"],
    ["text/x; a=B", "text/x; a=b"],
  ])("%s differs from %s", (legacy, candidate) => {
    const { verdict } = judge(makeAnswer("1", typed(legacy)), makeAnswer("1", typed(candidate)), compiled);
    expect(verdict).toMatchObject({
      differences: [{ part: "header", path: "content-type", kind: "changed", legacy, candidate }],
    });
  });

  test("a header that only one side has, and the second value of one, are differences", () => {
    const watching = compileCompare(makeSettings({ headers: ["etag", "vary"] }));
    const legacy = makeAnswer("", {
      headers: [
        ["ETag", "1"],
        ["vary", "a"],
        ["vary", "b"],
      ],
    });
    const candidate = makeAnswer("", {
      headers: [
        ["vary", "a"],
        ["x-other", "1"],
      ],
    });
    expect(judge(legacy, candidate, watching).verdict).toMatchObject({
      differences: [
        { path: "etag", kind: "removed", legacy: "1" },
        { path: "vary", kind: "changed", legacy: "a, b", candidate: "a" },
      ],
    });
  });

  test("an ignored header is counted and hides nothing else", () => {
    const ignoring = compileCompare(makeSettings({ rules: [{ kind: "ignore", header: "Content-Type" }] }));
    const judgement = judge(makeAnswer("{}", typed("text/json")), makeAnswer("{}"), ignoring);
    expect(judgement.verdict.kind).toBe("match");
    expect([...judgement.ruleHits]).toEqual([[0, 1]]);
    const other = judge(makeAnswer("{}", typed("text/json")), makeAnswer("[]"), ignoring);
    expect(other.verdict).toMatchObject({ kind: "mismatch", differences: [{ part: "body" }] });
  });
});

describe("captures", () => {
  test.each(["legacy", "candidate"])(
    "a body of the %s over its limit is never equal, even with the same bytes",
    (side) => {
      const whole = makeAnswer("{}");
      const over = makeAnswer("{}", { capture: "overflow" });
      const [l, c] = side === "legacy" ? [over, whole] : [whole, over];
      expect(judge(l, c, compiled).verdict).toMatchObject({ kind: "incomparable", reason: "overflow" });
    },
  );

  test("another status stands although the body was not kept", () => {
    const over = makeAnswer("", { status: 404, capture: "overflow" });
    expect(judge(makeAnswer("{}"), over, compiled).verdict).toMatchObject({
      kind: "mismatch",
      isCut: true,
      differences: [{ part: "status" }],
    });
  });

  test("a candidate that broke off is incomparable", () => {
    const broken = makeAnswer("{}", { capture: "aborted" });
    expect(judge(makeAnswer("{}"), broken, compiled).verdict).toMatchObject({ reason: "candidate-broken" });
    expect(judge(broken, makeAnswer("{}"), compiled).verdict).toMatchObject({ reason: "internal" });
  });

  test("absent bodies are equal, and an absent one is empty", () => {
    const absent = makeAnswer("", { capture: "absent" });
    expect(judge(absent, absent, compiled).verdict).toEqual({ kind: "match", how: "bytes" });
    expect(judge(absent, makeAnswer(""), compiled).verdict.kind).toBe("match");
    expect(judge(absent, makeAnswer("{}"), compiled).verdict).toMatchObject({
      differences: [{ kind: "unparseable" }],
    });
  });
});

test("the same bytes share one judgement: nothing is made per match", () => {
  expect(judge(makeAnswer("{}"), makeAnswer("{}"), compiled)).toBe(
    judge(makeAnswer("1"), makeAnswer("1"), compiled),
  );
});

describe("content codings", () => {
  const text = Buffer.from(JSON.stringify({ a: [1, 2, 3], text: "x".repeat(200) }));
  const coded = {
    gzip: gzipSync(text),
    "x-gzip": gzipSync(text),
    deflate: deflateSync(text),
    "Deflate ": deflateRawSync(text),
    br: brotliCompressSync(text),
    zstd: zstdCompressSync(text),
    "gzip, br": brotliCompressSync(gzipSync(text)),
    identity: text,
  };
  const under = (coding: string, body: Uint8Array, facts: AnswerFacts = {}) =>
    makeAnswer(body, { ...facts, headers: [JSON_TYPE, ["content-encoding", coding]] });

  test.each(Object.entries(coded))("%s is undone before comparing", (coding, body) => {
    expect(judge(makeAnswer(text), under(coding, body), compiled).verdict).toEqual({
      kind: "match",
      how: "values",
    });
    const changed = Buffer.from(text.toString().replace("[1", "[7"));
    expect(judge(makeAnswer(changed), under(coding, body), compiled).verdict).toMatchObject({
      differences: [{ path: "/a/0", legacy: "7", candidate: "1" }],
    });
  });

  test("the same bytes under another coding are not the same", () => {
    expect(judge(makeAnswer(coded.gzip), under("gzip", coded.gzip), compiled).verdict.kind).toBe("mismatch");
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ] as const)("a bomb in %s is incomparable, one byte less is not", (coding, compress) => {
    const size = 1 << 20;
    const bomb = compress(Buffer.alloc(size, "0"));
    const verdictAt = (decodedBytesMax: number) =>
      judge(makeAnswer("1"), under(coding, bomb), compileCompare(makeSettings({ decodedBytesMax }))).verdict;
    expect(verdictAt(size - 1)).toMatchObject({ kind: "incomparable", reason: "decoded-overflow" });
    expect(verdictAt(size).kind).toBe("mismatch");
    expect(verdictAt(size + 1).kind).toBe("mismatch");
  });

  test("a plain body over the decoded limit is incomparable, too", () => {
    const small = compileCompare(makeSettings({ decodedBytesMax: 4 }));
    expect(judge(makeAnswer("1234"), makeAnswer("1235"), small).verdict.kind).toBe("mismatch");
    expect(judge(makeAnswer("12345"), makeAnswer("1234"), small).verdict).toMatchObject({
      reason: "decoded-overflow",
    });
  });

  test.each([
    ["gzip", Buffer.from("not gzip")],
    ["gzip", coded.gzip.subarray(0, -6)],
    ["deflate", Buffer.concat([coded.deflate, Buffer.from("x")])],
    ["br", Buffer.concat([coded.br, Buffer.from("x")])],
    ["zstd", Buffer.concat([coded.zstd, Buffer.from("x")])],
    ["br", Buffer.from("not brotli")],
    ["zstd", Buffer.from("not zstd")],
    ["compress", text],
    ["gzip, gzip, gzip, gzip, gzip", text],
  ])("broken or unknown %s is incomparable", (coding, body) => {
    expect(judge(makeAnswer(text), under(coding, body), compiled).verdict).toMatchObject({
      kind: "incomparable",
      reason: "bad-encoding",
    });
  });

  test("an empty body is empty under any coding", () => {
    const plain = makeAnswer("", { status: 304 });
    expect(judge(plain, under("gzip", Buffer.alloc(0), { status: 304 }), compiled).verdict.kind).toBe(
      "match",
    );
  });
});

describe("media types", () => {
  const anyHeaders = compileCompare(makeSettings({ headers: [] }));
  const verdictOf = (legacy: [string, string?], candidate: [string, string?]) =>
    judge(makeAnswer(legacy[0], typed(legacy[1])), makeAnswer(candidate[0], typed(candidate[1])), anyHeaders)
      .verdict;

  test("a +json type is JSON", () => {
    expect(
      verdictOf(["[1]", "application/hal+json"], ["[ 1.0 ]", "Application/Problem+JSON; x=y"]).kind,
    ).toBe("match");
  });

  test("what has no form is compared by bytes and told by length and hash", () => {
    expect(verdictOf(["1e2", "image/png"], ["100", "image/png"])).toMatchObject({
      differences: [
        { path: "", kind: "changed", legacy: expect.stringMatching(/^3 bytes, sha256 [0-9a-f]{16}$/) },
      ],
    });
  });

  test("JSON against what is not is a difference on the root", () => {
    expect(verdictOf(["{}", "application/json"], ["Not Found", "text/plain"])).toMatchObject({
      differences: [{ path: "", kind: "unparseable", legacy: "{}", candidate: "Not Found" }],
    });
  });

  test("without any Content-Type, bodies are JSON if both are", () => {
    expect(verdictOf(["[1]"], ["[ 1 ]"]).kind).toBe("match");
    expect(verdictOf(["[1]"], ["[1"])).toMatchObject({ differences: [{ kind: "changed" }] });
  });

  test.each(["text/event-stream", "multipart/form-data; boundary=x"])(
    "%s is not compared, unless bytes are equal",
    (type) => {
      expect(verdictOf(["a", type], ["b", type])).toMatchObject({
        kind: "incomparable",
        reason: "not-compared",
      });
      expect(verdictOf(["a", type], ["a", type]).kind).toBe("match");
    },
  );

  test("a rule on the root hides bodies that are not JSON", () => {
    const rules = compileCompare(makeSettings({ headers: [], rules: [{ kind: "ignore", path: "/**" }] }));
    const judgement = judge(
      makeAnswer("a", typed("text/plain")),
      makeAnswer("b", typed("text/plain")),
      rules,
    );
    expect(judgement.verdict.kind).toBe("match");
    expect([...judgement.ruleHits]).toEqual([[0, 1]]);
  });
});
