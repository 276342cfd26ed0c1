import { expect, test } from "vitest";
import { POINTS_MAX, readTrend, trendAnswer } from "../../src/admin/trends.ts";
import { STORE_LIMITS } from "../../src/store/store.ts";

const NOW_MS = Date.parse("2026-06-15T12:00:00Z");
const iso = (ms: number) => new Date(ms).toISOString();
const asked = (changes: object) => readTrend({ scope: "all", resolution: "auto", ...changes }, NOW_MS);
const HOUR_MS = 3_600_000;

test("without times it is the six hours until now, by the minute", () => {
  expect(asked({})).toEqual({
    kind: "ok",
    query: { scope: { kind: "all" }, resolution: "minute", fromMs: NOW_MS - 6 * HOUR_MS, toMs: NOW_MS },
  });
});

test.each([
  [STORE_LIMITS.trendMinutesAgeMsMax, "minute"],
  [STORE_LIMITS.trendMinutesAgeMsMax + 1, "hour"],
  [STORE_LIMITS.trendHoursAgeMsMax, "hour"],
  [STORE_LIMITS.trendHoursAgeMsMax + 1, "day"],
])("auto takes the finest that the store keeps for %d ms: %s", (ageMs, resolution) => {
  expect(asked({ from: iso(NOW_MS - ageMs) })).toMatchObject({ query: { resolution } });
});

test("a trend has at most 4,000 points, at n - 1, n and n + 1", () => {
  const minutes = (count: number) => asked({ resolution: "minute", from: iso(NOW_MS - count * 60_000) }).kind;
  expect([POINTS_MAX - 1, POINTS_MAX, POINTS_MAX + 1].map(minutes)).toEqual(["ok", "ok", "refused"]);
});

test.each([
  [{ scope: "route" }, "id: the route; scope route needs it"],
  [{ id: "x" }, "id: not with scope all"],
  [{ from: iso(NOW_MS) }, "from: a time before to"],
])("%j is refused", (changes, message) => {
  expect(asked(changes)).toEqual({ kind: "refused", message });
});

test("a point without latency has none, which is not zero", () => {
  const sums = { atMs: 0, exchanges: 1, match: 1, mismatch: 0, noise: 0, incomparable: 0, skipped: 0 };
  const point = { ...sums, legacyLatency: new Map([[10, 1]]), candidateLatency: new Map() };
  expect(trendAnswer("hour", [point]).points).toEqual([
    {
      ...sums,
      legacyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      candidateMs: null,
    },
  ]);
});
