// The spread of latencies: each answer in one step, shares of its own side, from the first step with any to the last.
import { expect, test } from "vitest";
import type { LatencyAnswer } from "../../src/admin/review-schemas.ts";
import { distributionOf } from "../../src/ui/overview/distribution.ts";

type Buckets = LatencyAnswer["legacy"]["buckets"];

const spread = (legacy: Buckets, candidate: Buckets) =>
  distributionOf({
    legacy: { p50: null, p95: null, p99: null, buckets: legacy },
    candidate: { p50: null, p95: null, p99: null, buckets: candidate },
  });

test("shares are of each side alone", () => {
  const rows = spread(
    [
      { upToMs: 1.5, count: 3 },
      { upToMs: 4, count: 1 },
    ],
    [{ upToMs: 2, count: 40 }],
  );
  expect(rows).toEqual([
    { text: "≤ 2\u00a0ms", legacy: 0.75, candidate: 1 },
    { text: "≤ 5\u00a0ms", legacy: 0.25, candidate: 0 },
  ]);
});

test.each([
  [0.999, "≤ 1\u00a0ms"],
  [1, "≤ 1\u00a0ms"],
  [1.001, "≤ 2\u00a0ms"],
  [1000, "≤ 1\u00a0s"],
  [10_000, "≤ 10\u00a0s"],
  [10_001, "over 10\u00a0s"],
  [null, "over 10\u00a0s"],
])("a bucket up to %s ms is in the step %s", (upToMs, text) => {
  expect(spread([{ upToMs, count: 1 }], [])).toEqual([{ text, legacy: 1, candidate: 0 }]);
});

test("steps between two that have any are there, those around them are not", () => {
  const rows = spread([{ upToMs: 5, count: 1 }], [{ upToMs: 50, count: 1 }]);
  expect(rows.map(({ text }) => text)).toEqual([
    "≤ 5\u00a0ms",
    "≤ 10\u00a0ms",
    "≤ 20\u00a0ms",
    "≤ 50\u00a0ms",
  ]);
  expect(rows.map(({ legacy, candidate }) => legacy + candidate)).toEqual([1, 0, 0, 1]);
});

test("of no answers there is no row", () => {
  expect(spread([], [])).toEqual([]);
});
