import { expect, test } from "vitest";
import { progressText } from "../../src/replay/render-traffic.ts";
import { emptySums } from "../../src/replay/sums.ts";
import { duration, valuesOf } from "../../src/replay/wording.ts";

const sums = { ...emptySums(), entries: 1204, match: 1195, mismatch: 9 };

test("progress says how far it is and how long it takes yet", () => {
  const progress = { sums, share: 0.25, shareBefore: 0, exchangesBefore: 0, elapsedMs: 20_000 };
  expect(progressText(progress)).toBe("1,204 exchanges · 99.25 % match · 60/s · 25 % · about 1 min left");
});

test("after --resume the estimate is made of this run alone", () => {
  const progress = { sums, share: 0.75, shareBefore: 0.5, exchangesBefore: 804, elapsedMs: 40_000 };
  expect(progressText(progress)).toBe("1,204 exchanges · 99.25 % match · 10/s · 75 % · about 40 s left");
});

test("where the end is not known there is no estimate, and none in the first second", () => {
  const progress = { sums, share: undefined, shareBefore: 0, exchangesBefore: 0, elapsedMs: 20_000 };
  expect(progressText(progress)).toBe("1,204 exchanges · 99.25 % match · 60/s");
  expect(progressText({ ...progress, share: 0.5, elapsedMs: 900 })).not.toContain("left");
});

test("times are rounded to what is of use", () => {
  expect([0, 59_400, 61_000, 3_600_000, 7_500_000].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "1 h 0 min",
    "2 h 5 min",
  ]);
});

test("values of strangers cannot drive a terminal", () => {
  expect(valuesOf({ legacy: "a\u001b[2Jb\n\tc", candidate: "x".repeat(100) })).toBe(
    `a [2Jb c → ${"x".repeat(39)}…`,
  );
});
