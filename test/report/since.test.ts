import { expect, test } from "vitest";
import { momentOf, sinceOf } from "../../src/report/since.ts";

const NOW_MS = Date.UTC(2026, 0, 31, 12);

test.each([
  ["30m", "2026-01-31T11:30:00.000Z"],
  ["24h", "2026-01-30T12:00:00.000Z"],
  ["7d", "2026-01-24T12:00:00.000Z"],
  ["2026-01-30", "2026-01-30T00:00:00.000Z"],
  ["2026-01-30T08:00:00Z", "2026-01-30T08:00:00.000Z"],
  ["2026-01-30T08:00+02:00", "2026-01-30T06:00:00.000Z"],
  ["2026-01-30T08:00:00.123456Z", "2026-01-30T08:00:00.123Z"],
])("%s is %s", (text, expected) => {
  expect(sinceOf(text, NOW_MS)).toBe(expected);
});

test.each([
  "",
  "24",
  "1w",
  "-1h",
  "yesterday",
  "2026-01-30T08:00:00", // of which zone?
  "2026-13-01",
  "99999d", // before 1970
  "2026",
])("%j is no time", (text) => {
  expect(sinceOf(text, NOW_MS)).toBeUndefined();
});

test.each([
  ["24h", "2026-01-30T12:00:00.000Z"],
  ["2h ago", "2026-01-31T10:00:00.000Z"],
  ["90 m ago", "2026-01-31T10:30:00.000Z"],
  ["2026-01-30T08:00:00Z", "2026-01-30T08:00:00.000Z"],
  ["11:59", "2026-01-31T11:59:00.000Z"],
  ["12:00Z", "2026-01-31T12:00:00.000Z"],
  ["12:00:01", "2026-01-30T12:00:01.000Z"], // of today it is still to come
  ["14:02", "2026-01-30T14:02:00.000Z"],
])("at %s is %s", (text, expected) => {
  expect(momentOf(text, NOW_MS)).toBe(expected);
});

test.each(["", "ago", "2 ago", "24:00", "12:60", "1:30", "14:02 ago", "noon"])("at %j is no time", (text) => {
  expect(momentOf(text, NOW_MS)).toBeUndefined();
});
