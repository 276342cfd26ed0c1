import { expect, test } from "vitest";
import { shortened } from "../../src/core/shortened.ts";

test.each([
  ["ab", "ab"],
  ["abc", "abc"],
  ["abcd", "abc…"],
  ["ab😀", "ab…"],
  ["a😀b", "a😀…"],
  ["", ""],
])("%j in three units is %j", (text, shown) => {
  expect(shortened(text, 3)).toBe(shown);
  expect(shown.isWellFormed()).toBe(true);
});
