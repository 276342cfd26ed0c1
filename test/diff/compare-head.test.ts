import { describe, expect, test } from "vitest";
import type { Rule } from "../../src/core/rule.ts";
import type { CompareSettings } from "../../src/core/snapshot.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { compileRedaction, REDACTED } from "../../src/diff/redact.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";

type Header = readonly [string, string];

function verdictOf(
  legacy: readonly Header[],
  candidate: readonly Header[],
  changes: Partial<CompareSettings> = {},
) {
  const headers = [...new Set([...legacy, ...candidate].map(([name]) => name.toLowerCase()))];
  const compiled = compileCompare(makeSettings({ headers, ...changes }));
  return judge(makeAnswer("", { headers: legacy }), makeAnswer("", { headers: candidate }), compiled);
}

function differencesOf({ verdict }: ReturnType<typeof judge>) {
  return verdict.kind === "mismatch" ? verdict.differences : [];
}

describe("status", () => {
  const statusOf = (legacy: number, candidate: number, changes: Partial<CompareSettings>) =>
    judge(
      makeAnswer("", { status: legacy }),
      makeAnswer("", { status: candidate }),
      compileCompare(makeSettings(changes)),
    );
  const rules: Rule[] = [
    { kind: "status", legacy: 200, candidate: 204 },
    { kind: "status", legacy: "4xx", candidate: 404 },
    { kind: "status", legacy: 500, candidate: "5xx" },
  ];
  test.each([
    [200, 204, { 0: 1 }],
    [204, 200, undefined],
    [400, 404, { 1: 1 }],
    [399, 404, undefined],
    [500, 404, undefined],
    [500, 503, { 2: 1 }],
    [500, 600, undefined],
    [503, 500, undefined],
  ])("legacy %d, candidate %d → %j", (legacy, candidate, hits) => {
    const { verdict, ruleHits } = statusOf(legacy, candidate, { rules });
    expect(verdict.kind).toBe(hits === undefined ? "mismatch" : "match");
    expect(Object.fromEntries(ruleHits)).toEqual(hits ?? {});
  });

  test.each([
    [200, 204, "match"],
    [299, 300, "mismatch"],
    [404, 410, "match"],
    [404, 500, "mismatch"],
  ])("by class, %d against %d is a %s", (legacy, candidate, kind) => {
    expect(statusOf(legacy, candidate, { status: "class" }).verdict.kind).toBe(kind);
  });
});

describe("headers", () => {
  test("one that only the candidate has is additive, one that it lost is not", () => {
    expect(differencesOf(verdictOf([["x-old", "1"]], [["x-new", "1"]]))).toEqual([
      { part: "header", path: "x-old", kind: "removed", legacy: "1", candidate: undefined },
      { part: "header", path: "x-new", kind: "added", legacy: undefined, candidate: "1", class: "additive" },
    ]);
  });

  test.each([
    [
      "shape",
      { kind: "shape", header: "X", class: "uuid" },
      "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
      "00000000-0000-0000-0000-000000000000",
      true,
    ],
    [
      "shape that one side has not",
      { kind: "shape", header: "x", class: "uuid" },
      "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
      "",
      false,
    ],
    [
      "timestamp of HTTP-dates",
      { kind: "timestamp", header: "x", withinMs: 1000 },
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:38 GMT",
      true,
    ],
    ["case", { kind: "case", header: "x" }, "No-Cache", "no-cache", true],
    ["a rule of another header", { kind: "case", header: "y" }, "No-Cache", "no-cache", false],
    ["tolerance of text", { kind: "tolerance", header: "x", abs: "1" }, "1", "2", false],
  ] as const)("%s", (_, rule, legacy, candidate, isHidden) => {
    const { verdict, ruleHits } = verdictOf([["x", legacy]], [["x", candidate]], { rules: [rule] });
    expect(verdict.kind).toBe(isHidden ? "match" : "mismatch");
    expect([...ruleHits]).toEqual(isHidden ? [[0, 1]] : []);
  });

  test("a number in a header is within, coerced first: both rules had a part", () => {
    const rules: Rule[] = [
      { kind: "tolerance", header: "age", abs: "1" },
      { kind: "coerce", header: "age" },
    ];
    const { verdict, ruleHits } = verdictOf([["age", "1"]], [["age", "2"]], { rules });
    expect(verdict.kind).toBe("match");
    expect(Object.fromEntries(ruleHits)).toEqual({ 0: 1, 1: 1 });
  });
});

describe("Set-Cookie", () => {
  const cookies = (lines: readonly string[]): Header[] => lines.map((line) => ["set-cookie", line]);
  const compare = (legacy: readonly string[], candidate: readonly string[], rules: readonly Rule[] = []) =>
    verdictOf(cookies(legacy), cookies(candidate), { rules });

  test.each([
    ["cookies in another order", ["a=1", "b=2; Path=/"], ["b=2; Path=/", "a=1"]],
    ["attributes in another order and case", ["a=1; Path=/; HttpOnly"], ["a=1;httponly;  path=/"]],
    [
      "SameSite and Domain in another case",
      ["a=1; SameSite=Lax; Domain=.A.test"],
      ["a=1; samesite=LAX; domain=a.test"],
    ],
    ["the last of two attributes", ["a=1; Path=/x; Path=/"], ["a=1; Path=/"]],
    ["a value with commas and equals", ["a=x,y=z; Path=/"], ["a=x,y=z; Path=/"]],
    ["two of one name", ["a=1", "a=2; Path=/x"], ["a=1", "a=2; Path=/x"]],
    ["space around a name", ["a = 1"], ["a=1"]],
  ])("%s are the same", (_, legacy, candidate) => {
    expect(compare(legacy, candidate).verdict.kind).toBe("match");
  });

  test.each([
    ["a value", ["a=1; Path=/"], ["a=2; Path=/"], [["set-cookie/a", "changed", "1", "2"]]],
    ["the case of a value", ["a=x"], ["a=X"], [["set-cookie/a", "changed", "x", "X"]]],
    [
      "the case of a name",
      ["a=x"],
      ["A=x"],
      [
        ["set-cookie/a", "removed", "a=x", undefined],
        ["set-cookie/A", "added", undefined, "A=x"],
      ],
    ],
    [
      "an attribute's value",
      ["a=1; Path=/"],
      ["a=1; Path=/X"],
      [["set-cookie/a/path", "changed", "/", "/X"]],
    ],
    ["a flag that is lost", ["a=1; Secure"], ["a=1"], [["set-cookie/a/secure", "removed", "", undefined]]],
    ["a flag that is new", ["a=1"], ["a=1; HttpOnly"], [["set-cookie/a/httponly", "added", undefined, ""]]],
    [
      "Max-Age as it is written",
      ["a=1; Max-Age=60"],
      ["a=1; Max-Age=060"],
      [["set-cookie/a/max-age", "changed", "60", "060"]],
    ],
    ["the second of one name", ["a=1", "a=2"], ["a=1"], [["set-cookie/a", "removed", "a=2", undefined]]],
    ["a name with a slash", ["a/b=1"], ["a/b=2"], [["set-cookie/a~1b", "changed", "1", "2"]]],
    ["a value without a name", ["secret"], ["other"], [["set-cookie/", "changed", "secret", "other"]]],
    [
      "__proto__ as a name",
      ["__proto__=1"],
      ["__proto__=2"],
      [["set-cookie/__proto__", "changed", "1", "2"]],
    ],
  ])("%s is a difference", (_, legacy, candidate, expected) => {
    const found = differencesOf(compare(legacy, candidate));
    expect(found.map(({ path, kind, legacy: l, candidate: c }) => [path, kind, l, c])).toEqual(expected);
  });

  test("a new cookie is additive, a new attribute is not", () => {
    const found = differencesOf(compare(["a=1"], ["a=1; Secure", "b=1"]));
    expect(found.map((difference) => difference.class)).toEqual([undefined, "additive"]);
  });

  test("a rule about set-cookie is about every cookie and attribute", () => {
    const { verdict, ruleHits } = compare(
      ["a=1; Path=/", "b=1"],
      ["a=2; Path=/x", "c=1"],
      [{ kind: "ignore", header: "set-cookie" }],
    );
    expect(verdict.kind).toBe("match");
    expect([...ruleHits]).toEqual([[0, 4]]);
  });

  test("values of a redacted header are hidden below its name, too", () => {
    const redaction = compileRedaction({
      headers: ["Set-Cookie"],
      queryParameters: [],
      detectors: [],
      pointers: [],
    });
    const found = differencesOf(compare(["sid=secret; Path=/secret"], ["sid=hidden; Path=/", "new=secret"]));
    expect(found).toHaveLength(3);
    const shown = JSON.stringify(found.map((difference) => redaction.difference(difference)));
    expect(shown).not.toMatch(/secret|hidden/);
    expect(shown).toContain(REDACTED);
  });
});
