import { expect, test } from "vitest";
import { median, percentile, ratio, spread } from "../../bench/statistics.ts";

test("the median of odd, even and no values", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9, 100])).toBe(10);
  expect(median([])).toBeUndefined();
});

test("a percentile is a value that was seen, by nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile(hundred, 0)).toBe(1);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeUndefined();
});

test("a ratio needs both sides and a base above 0", () => {
  expect(ratio(15, 10)).toBe(1.5);
  expect(ratio(0, 10)).toBe(0);
  expect(ratio(15, 0)).toBeUndefined();
  expect(ratio(undefined, 10)).toBeUndefined();
  expect(ratio(15, undefined)).toBeUndefined();
});

test("the spread is half the quartile distance over the median", () => {
  expect(spread([10, 10, 10])).toBe(0);
  expect(spread([8, 9, 10, 11, 12])).toBeCloseTo(0.1);
  expect(spread([10, 11])).toBeUndefined();
});
