// Points of a trend as slots and sentences: gaps stay gaps, and what was not compared is no share.
import { expect, test } from "vitest";
import type { TrendAnswer } from "../../src/admin/review-schemas.ts";
import {
  latencySentence,
  matchPercent,
  matchSentence,
  slotsOf,
  trafficSentence,
} from "../../src/ui/overview/trend.ts";

type Point = TrendAnswer["points"][number];

const MINUTE_MS = 60_000;
const START_MS = Date.parse("2026-06-15T12:00:00Z");
const point = (minute: number, changes: Partial<Point> = {}): Point => ({
  atMs: START_MS + minute * MINUTE_MS,
  exchanges: 10,
  match: 8,
  mismatch: 2,
  noise: 0,
  incomparable: 0,
  skipped: 0,
  legacyMs: null,
  candidateMs: null,
  ...changes,
});
const trend = (points: readonly Point[], resolution: TrendAnswer["resolution"] = "minute"): TrendAnswer => ({
  resolution,
  points: [...points],
});
/** In the time zone of whoever looks. */
const clockEnd = (minute: number) =>
  `:${`${new Date(START_MS + minute * MINUTE_MS).getMinutes()}`.padStart(2, "0")}`;
const spanTo = (minute: number, startedMs = START_MS) => ({
  fromMs: START_MS,
  toMs: START_MS + minute * MINUTE_MS,
  startedMs,
});
const quantiles = (ms: number) => ({ p50: ms, p95: ms * 2, p99: ms * 3 });

test("a minute in which nothing came has a slot without a point, also at both ends", () => {
  const slots = slotsOf(trend([point(1), point(3)]), spanTo(4));
  expect(slots.map(({ atMs, point: at }) => [(atMs - START_MS) / MINUTE_MS, at?.exchanges])).toEqual([
    [0, undefined],
    [1, 10],
    [2, undefined],
    [3, 10],
    [4, undefined],
  ]);
});

test.each([
  ["minute", 61],
  ["hour", 2],
  ["day", 1],
] as const)("an hour by the %s, with both its ends, is %d slots", (resolution, slots) => {
  expect(slotsOf(trend([], resolution), spanTo(60))).toHaveLength(slots);
});

test.each([
  ["long ago", 0, 61],
  ["half an hour ago", 30, 31],
  ["a minute ago", 59, 11],
] as const)("of an hour, a Parallax that began %s shows no slot before", (_, startedMinute, slots) => {
  const span = spanTo(60, START_MS + startedMinute * MINUTE_MS);
  expect(slotsOf(trend([]), span)).toHaveLength(slots);
});

test("a share of matches is of what was compared; without any there is none", () => {
  expect(matchPercent(point(0, { match: 3, mismatch: 1, incomparable: 96 }))).toBe(75);
  expect(matchPercent(point(0, { match: 0, mismatch: 5 }))).toBe(0);
  expect(matchPercent(point(0, { match: 0, mismatch: 0, skipped: 9 }))).toBeNull();
  expect(matchPercent(undefined)).toBeNull();
});

test("tells how much came, and when most of it", () => {
  const told = trafficSentence(trend([point(0), point(1, { exchanges: 1200 }), point(2)]));
  expect(told).toMatch(/^1,220 exchanges, most \(1,200 exchanges\) in the minute of \d\d:\d\d$/);
  expect(told.endsWith(clockEnd(1))).toBe(true);
  // Of two that are alike, the first.
  expect(trafficSentence(trend([point(5), point(6)])).endsWith(clockEnd(5))).toBe(true);
  expect(trafficSentence(trend([]))).toBe("nothing came in this time");
});

test("tells the match rate and its lowest point, which is never one without a comparison", () => {
  const points = [
    point(0, { match: 0, mismatch: 0 }),
    point(1, { match: 90, mismatch: 10 }),
    point(2, { match: 5, mismatch: 5 }),
    point(3, { match: 100, mismatch: 0 }),
  ];
  const told = matchSentence(trend(points));
  expect(told).toMatch(/^92\.85\u00a0% over this time, lowest 50\.00\u00a0% in the minute of \d\d:\d\d$/);
  expect(told.endsWith(clockEnd(2))).toBe(true);
  expect(matchSentence(trend(points.slice(0, 1)))).toBe("nothing was compared in this time");
  expect(matchSentence(trend([point(0, { match: 0, mismatch: 4 })]))).toContain("0.00\u00a0% over this time");
});

test("an hour has its day, and a day has no clock", () => {
  expect(trafficSentence(trend([point(0)], "hour"))).toMatch(/in the hour of 15 Jun.* \d\d:00$/);
  expect(trafficSentence(trend([point(0)], "day"))).toMatch(/in the day of 15 Jun$/);
});

test("tells the newest latency of both sides, also where one has none", () => {
  const points = [
    point(0, { legacyMs: quantiles(1), candidateMs: quantiles(2) }),
    point(1, { legacyMs: quantiles(10) }),
    point(2),
  ];
  expect(latencySentence(trend(points), "p95")).toBe(
    "at last 20.0\u00a0ms for the legacy, – for the candidate",
  );
  expect(latencySentence(trend(points.slice(0, 1)), "p50")).toBe(
    "at last 1.0\u00a0ms for the legacy, 2.0\u00a0ms for the candidate",
  );
  expect(latencySentence(trend([point(0, { candidateMs: quantiles(4) })]), "p99")).toBe(
    "at last – for the legacy, 12.0\u00a0ms for the candidate",
  );
  expect(latencySentence(trend([point(0)]), "p99")).toBe("nothing was measured in this time");
});
