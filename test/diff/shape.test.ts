import { describe, expect, test } from "vitest";
import { parseRules } from "../../src/config/rules.ts";
import { compileShape, SHAPE_CHARS_MAX } from "../../src/diff/rules/shape.ts";

/** What config says of a rule; undefined for a good one. */
function problemOf(rule: Record<string, unknown>): string | undefined {
  const parsed = parseRules([{ path: "/a", ...rule }], { folder: "/" });
  return parsed.ok ? undefined : parsed.problems[0]?.allowed;
}
const shapeProblem = (text: string) => problemOf({ kind: "shape", class: text });
const toleranceProblem = (text: string) => problemOf({ kind: "tolerance", abs: text });

describe("classes that config may name", () => {
  test.each([
    "uuid",
    "iso-time",
    "epoch",
    "integer",
    "number",
    "hex",
    "token",
    "/a/",
    "/(a+)+$/",
    "/(?i)a|b/",
  ])("%s is one", (text) => expect(shapeProblem(text)).toBeUndefined());

  test.each([
    ["UUID", "one of uuid"],
    ["toString", "one of uuid"],
    ["", "one of uuid"],
    ["/", "one of uuid"],
    ["//", "between the slashes"],
    ["/[/", "RE2"],
    ["/(a)\\1/", "no backreferences"],
    ["/(?=a)b/", "no look-around"],
    ["/(?<!a)b/", "no look-around"],
    ["/(?>a)/", "RE2"],
    ["/((a{100}){100}){100}/", "RE2"],
  ])("%s is none", (text, why) => expect(shapeProblem(text)).toContain(why));

  test.each([
    [`/${"a".repeat(500)}/`, true],
    [`/${"a".repeat(501)}/`, false],
    ["/a{990}b{990}/", true],
    ["/a{1000}b{1000}/", false],
  ])("%s is small enough: %s", (text, isFine) => expect(shapeProblem(text) === undefined).toBe(isFine));
});

describe("patterns that make a backtracking engine run for ever", () => {
  // With JavaScript's engine the first of these takes longer than the universe has.
  test.each([
    "/(a+)+b/",
    "/(a|a)*b/",
    "/(a|aa)+b/",
    "/(.*)*b/",
    "/(?:a?){300}a{300}b/",
    "/(x+x+)+y/",
    "/(\\w+\\s?)*$b/",
  ])("%s ends", (text) => {
    expect(shapeProblem(text)).toBeUndefined();
    expect(compileShape(text as `/${string}/`)("a".repeat(SHAPE_CHARS_MAX))).toBeUndefined();
  });
});

describe("texts of tolerances", () => {
  test.each(["0", "1", "0.01", "1e-9", "10E+3"])("%s is one", (text) =>
    expect(toleranceProblem(text)).toBeUndefined(),
  );
  test.each([
    "",
    "-1",
    "-0",
    ".5",
    "1.",
    "01",
    "+1",
    "NaN",
    "Infinity",
    "1e5000",
    " 1",
    "1%",
    "1".repeat(65),
  ])("%j is none", (text) => expect(toleranceProblem(text)).toContain("a decimal"));
});
