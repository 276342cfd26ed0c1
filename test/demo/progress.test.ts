import { expect, test } from "vitest";
import { type ProgressFacts, progressLine, showProgress } from "../../src/demo/progress.ts";
import { totalsFrom } from "../../src/demo/totals.ts";

const FACTS: ProgressFacts = {
  elapsedMs: 8_100,
  durationMs: 20_000,
  requests: 1840,
  failed: 0,
  match: 1402,
  mismatch: 387,
  incomparable: 0,
  skipped: 51,
};

test("names what is left and what was found", () => {
  expect(progressLine(FACTS)).toBe(" 12 s left · 1,840 requests · 1,402 match · 387 mismatch · 51 skipped");
});

test("names what should not happen only when it does", () => {
  const line = progressLine({ ...FACTS, elapsedMs: 21_000, incomparable: 2, failed: 3 });
  expect(line).toContain("  0 s left");
  expect(line).toContain("2 incomparable");
  expect(line).toContain("3 without an answer");
});

test("redraws one line that fits a terminal, and ends it", () => {
  let written = "";
  const output = { isTTY: true, columns: 30, write: (text: string) => (written += text) };
  showProgress(output, () => FACTS)();
  expect(written).toBe(`\r\x1b[2K${progressLine(FACTS).slice(0, 29)}\n`);
});

test("writes whole lines where there is no terminal", () => {
  let written = "";
  showProgress({ write: (text: string) => (written += text) }, () => FACTS)();
  expect(written).toBe(`${progressLine(FACTS)}\n`);
});

test("adds up the skip reasons of a summary", () => {
  const totals = {
    exchanges: 9,
    match: 4,
    mismatch: 1,
    incomparable: 0,
    inFlight: 1,
    skipped: { method: 2, "seam-full": 1 },
  };
  expect(totalsFrom({ totals })).toEqual({ ...totals, skipped: 3 });
});

test("takes nothing from an answer that is no summary", () => {
  for (const other of [null, "x", {}, { totals: 3 }, []]) expect(totalsFrom(other)).toBeUndefined();
});
