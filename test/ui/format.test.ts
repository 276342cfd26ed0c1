// Numbers as people read them: signs stay with their number, and nothing is made to look better than it is.
import { expect, test } from "vitest";
import {
  formatAgo,
  formatCount,
  formatDate,
  formatDuration,
  formatMs,
  formatPercent,
  formatShort,
  formatTime,
} from "../../src/ui/format.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.parse("2026-06-15T12:34:56.789Z");

test.each([
  [1, "100.00\u00a0%"],
  [1 - 1e-12, "99.99\u00a0%"],
  [0.5, "50.00\u00a0%"],
  // As floating point has them, 5699.999… and 68.99… of a hundred.
  [57 / 100, "57.00\u00a0%"],
  [69 / 100, "69.00\u00a0%"],
  [0, "0.00\u00a0%"],
  [null, "–"],
])("a share of %s is %s: down, never up", (share, text) => {
  expect(formatPercent(share)).toBe(text);
});

test.each([
  [999, "999"],
  [1_200_000, "1.2\u00a0M"],
  [15_300, "15.3\u00a0K"],
])("%d in a headline is %s", (value, text) => {
  expect(formatShort(value)).toBe(text);
});

test("one is singular, all else is plural", () => {
  expect([0, 1, 2].map((count) => formatCount(count, "exchange"))).toEqual([
    "0 exchanges",
    "1 exchange",
    "2 exchanges",
  ]);
  expect(formatCount(1200, "entry", "entries")).toBe("1,200 entries");
});

test("latency is in milliseconds below a second, in seconds from there", () => {
  expect([0, 999.94, 1000, 12_345].map(formatMs)).toEqual([
    "0.0\u00a0ms",
    "999.9\u00a0ms",
    "1.00\u00a0s",
    "12.35\u00a0s",
  ]);
  expect(formatMs(null)).toBe("–");
});

test.each([
  [-999, "just now"],
  [-1000, "1 second ago"],
  [-MINUTE_MS + 1, "59 seconds ago"],
  [-MINUTE_MS, "1 minute ago"],
  [-HOUR_MS, "1 hour ago"],
  [-DAY_MS + 1, "23 hours ago"],
  [-3 * DAY_MS, "3 days ago"],
  [2 * DAY_MS, "in 2 days"],
])("%d ms from now is %s", (apartMs, text) => {
  expect(formatAgo(NOW_MS + apartMs, NOW_MS)).toBe(text);
});

test.each([
  [59_999, "59\u00a0s"],
  [MINUTE_MS, "1\u00a0min"],
  [HOUR_MS - 1, "59\u00a0min"],
  [2 * HOUR_MS + 5 * MINUTE_MS, "2\u00a0h 5\u00a0min"],
  [48 * HOUR_MS - 1, "47\u00a0h 59\u00a0min"],
  [4 * DAY_MS + 3 * HOUR_MS, "4\u00a0d 3\u00a0h"],
])("%d ms long is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("times are in UTC and say so; dates are days of UTC", () => {
  expect(formatTime(NOW_MS)).toBe("2026-06-15 12:34:56 UTC");
  expect(formatDate(NOW_MS)).toBe("2026-06-15");
});
