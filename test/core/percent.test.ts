import { expect, test } from "vitest";
import { flooredPercent } from "../../src/core/percent.ts";

test("is rounded down, however close to the next it is", () => {
  expect([1, 1 - 1e-12, 0.999_99, 0.123_45, 0].map(flooredPercent)).toEqual([
    "100.00",
    "99.99",
    "99.99",
    "12.34",
    "0.00",
  ]);
});

test("a share of whole hundredths is what it is, also where a double is a little less", () => {
  const shares = Array.from({ length: 10_001 }, (_, hundredths) => hundredths);
  expect(
    shares.filter((hundredths) => flooredPercent(hundredths / 10_000) !== (hundredths / 100).toFixed(2)),
  ).toEqual([]);
});
