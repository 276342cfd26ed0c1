import { expect, test } from "vitest";
import {
  NUMBER_APART_MAX,
  TIME_APART_MS_MAX,
  timestampMargin,
  toleranceMargin,
} from "../../src/core/rule-margins.ts";

test.each([
  [0, 1_000],
  [500, 1_000],
  [501, 2_000],
  [2_500, 5_000],
  [2_501, 10_000],
  [15_000, 30_000],
  [15_001, 60_000],
  [1_800_000, 3_600_000],
  [10_800_000, 21_600_000],
  [10_800_001, 86_400_000],
])("times %d ms apart are given %d ms: the next round one to twice as much", (apartMs, withinMs) => {
  expect(timestampMargin(apartMs)).toBe(withinMs);
});

test("the widest margin is a day, and numbers get a tenth at most", () => {
  expect([TIME_APART_MS_MAX, timestampMargin(TIME_APART_MS_MAX)]).toEqual([86_400_000, 86_400_000]);
  expect([NUMBER_APART_MAX, toleranceMargin(NUMBER_APART_MAX)]).toEqual([0.05, "0.1"]);
  expect(toleranceMargin(1)).toBe("0.1");
});

test.each([
  [0, "0.000001"],
  [0.000_000_5, "0.000001"],
  [0.000_000_6, "0.00001"],
  [0.005, "0.01"],
  [0.006, "0.02"],
  [0.011, "0.05"],
])("numbers a share of %d apart are given %s", (share, rel) => {
  expect(toleranceMargin(share)).toBe(rel);
});
