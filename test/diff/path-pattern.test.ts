import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPointer, parsePointer } from "../../src/diff/pointer.ts";
import { compilePathPatterns, parsePathPattern } from "../../src/diff/rules/path-pattern.ts";
import { diceFrom } from "./support/model.ts";

function firstMatch(patterns: readonly string[], pointer: string): number {
  const matcher = compilePathPatterns(patterns);
  let state = matcher.start;
  for (const token of parsePointer(pointer) ?? []) state = matcher.step(state, token);
  return state.accept;
}

test("any tokens survive a pointer", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom("~", "/", "~1", "~01", ""))), (tokens) => {
      expect(parsePointer(formatPointer(tokens))).toEqual(tokens);
    }),
  );
});

test.each(["a", "a/b", "/~", "/a~2b", "/~~0"])("%s is no pointer", (text) => {
  expect(parsePointer(text)).toBeUndefined();
  expect(parsePathPattern(text)).toBeUndefined();
});

test.each([
  ["", "", true],
  ["", "/a", false],
  ["/a", "/a", true],
  ["/a", "/a/b", false],
  ["/a", "/ab", false],
  ["/*", "/a", true],
  ["/*", "", false],
  ["/*", "/a/b", false],
  ["/a/*/c", "/a/0/c", true],
  ["/a/*/c", "/a/c", false],
  ["/**", "", true],
  ["/**/t", "/t", true],
  ["/**/t", "/a/0/t", true],
  ["/**/t", "/a/0/t/x", false],
  ["/a/**", "/a", true],
  ["/a/**", "/a/b/c", true],
  ["/a/**/b/**/c", "/a/x/b/b/c", true],
  ["/a/**/b/**/c", "/a/x/c/b", false],
  ["/**/**/t", "/t", true],
  ["/a~1b/~0", "/a~1b/~0", true],
  ["/__proto__", "/__proto__", true],
  ["/constructor", "/toString", false],
])("%s on %s: %s", (pattern, pointer, isMatch) => {
  expect(firstMatch([pattern], pointer)).toBe(isMatch ? 0 : -1);
});

/** The obvious way: try every length for `**`. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return path.length === 0;
  if (head === "**") return matches(rest, path) || (path.length > 0 && matches(pattern, path.slice(1)));
  return path.length > 0 && (head === "*" || head === path[0]) && matches(rest, path.slice(1));
}

test("many patterns at once: the first that matches wins", () => {
  const pattern = fc.array(fc.constantFrom("a", "b", "*", "**"), { maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 5 }),
      fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 }),
      (patterns, path) => {
        const texts = patterns.map(formatPointer);
        expect(firstMatch(texts, formatPointer(path))).toBe(patterns.findIndex((one) => matches(one, path)));
      },
    ),
    { numRuns: 1000 },
  );
});

test("patterns that need more states than are kept still match, and step by step", () => {
  // "a" 17 segments ago: 2^17 states if all were made.
  const matcher = compilePathPatterns([`/**/a${"/*".repeat(16)}`]);
  const dice = diceFrom(7);
  const tokens = Array.from({ length: 20_000 }, () => (dice() < 0.5 ? "a" : "b"));
  let state = matcher.start;
  for (const [at, token] of tokens.entries()) {
    state = matcher.step(state, token);
    expect(state.accept).toBe(tokens[at - 16] === "a" ? 0 : -1);
  }
  expect(state.isKept).toBe(false);
  const reachable = new Set([matcher.start]);
  for (const one of reachable)
    for (const next of [...one.byName.values(), one.other]) if (next !== undefined) reachable.add(next);
  expect(reachable.size).toBeLessThanOrEqual(4096);
});
