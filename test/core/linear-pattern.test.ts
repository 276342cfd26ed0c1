import { expect, test } from "vitest";
import {
  compileLinearPattern,
  linearPatternProblem,
  PATTERN_CHARACTERS_MAX,
} from "../../src/core/linear-pattern.ts";

test.each(["a+", "(a+)+", "[A-Z]{3}-\\d+", "(?i)ok|fine", "\\p{L}*"])("%s is a pattern", (source) => {
  expect(linearPatternProblem(source)).toBeUndefined();
});

test.each([
  ["", "between the slashes"],
  ["(", "missing closing )"],
  ["[", "missing closing ]"],
  ["(a)\\1", "no backreferences"],
  ["(?=a)", "no look-around"],
  ["a{1001}", "invalid repeat count"],
  ["((a{100}){100}){100}", "invalid repeat count"],
])("%s is none: %s", (source, why) => {
  expect(linearPatternProblem(source)).toContain(why);
});

test("a pattern has at most so many characters", () => {
  expect(linearPatternProblem("a".repeat(PATTERN_CHARACTERS_MAX - 1))).toBeUndefined();
  expect(linearPatternProblem("a".repeat(PATTERN_CHARACTERS_MAX))).toBeUndefined();
  expect(linearPatternProblem("a".repeat(PATTERN_CHARACTERS_MAX + 1))).toContain("at most 500");
});

test.each([
  [997, true],
  [998, true],
  [999, false],
])("a thousand repeats and %i more, with the two around them: %s", (count, isGood) => {
  const problem = linearPatternProblem(`a{1000}b{${count}}`);
  expect(problem?.includes("at most 2000 steps") ?? false).toBe(!isGood);
});

test("matches the whole text, also where JavaScript's engine would not come back", () => {
  const pattern = compileLinearPattern("(a+)+");
  expect(pattern.matches("aaa")).toBe(true);
  expect(pattern.matches("aaab")).toBe(false);
  expect(pattern.matches(`${"a".repeat(50_000)}!`)).toBe(false);
});
