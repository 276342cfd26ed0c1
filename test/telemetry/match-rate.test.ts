import { expect, test } from "vitest";
import { matchRateOf } from "../../src/telemetry/match-rate.ts";

// Reference values: table I, method 3 of Newcombe, "Two-sided confidence intervals for the single proportion" (1998).
test.each([
  [81, 182, 0.308, 0.2553, 0.3662],
  [15, 133, 0.1014, 0.0624, 0.1605],
  [0, 20, 0, 0, 0.1611],
  [1, 28, 0.0345, 0.0061, 0.1718],
  [20, 0, 1, 0.8389, 1],
])("%i matches and %i mismatches", (matches, mismatches, rate, low, high) => {
  const found = matchRateOf(matches, mismatches);
  expect(found.compared).toBe(matches + mismatches);
  expect(found.rate).toBeCloseTo(rate, 4);
  expect(found.low).toBeCloseTo(low, 3);
  expect(found.high).toBeCloseTo(high, 3);
});

test("nothing compared says nothing", () => {
  expect(matchRateOf(0, 0)).toEqual({ compared: 0, rate: undefined, low: 0, high: 1 });
});
