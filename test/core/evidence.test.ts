import { describe, expect, test } from "vitest";
import {
  COUNT_MAX,
  E_VALUE_MAX,
  eValueOf,
  NOISE_PAIRS_MIN,
  RECHECKED_MIN,
  tierOf,
  wilsonBounds,
} from "../../src/core/evidence.ts";

function e(candidateOnly: number, baselineOnly: number): number {
  return eValueOf({ candidateOnly, baselineOnly });
}

/** 2^(b+c+1)·∫½..1 tᵇ(1−t)ᶜ dt by Simpson's rule. */
function integrated(b: number, c: number): number {
  const steps = 2000;
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const t = 0.5 + step / (2 * steps);
    const weight = step === 0 || step === steps ? 1 : step % 2 === 0 ? 2 : 4;
    sum += weight * (2 * t) ** b * (2 - 2 * t) ** c;
  }
  return (2 * sum) / (6 * steps);
}

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("the e-value", () => {
  test("is the integral, for small counts", () => {
    for (let b = 0; b <= 24; b++)
      for (let c = 0; c <= 24; c++) expect(e(b, c) / integrated(b, c)).toBeCloseTo(1, 9);
  });

  test("without a reverse pair is (2^(b+1) − 1) / (b+1): nine pairs confirm, eight do not", () => {
    for (let b = 0; b < 40; b++) expect(e(b, 0) / ((2 ** (b + 1) - 1) / (b + 1))).toBeCloseTo(1, 12);
    expect(e(8, 0)).toBeLessThan(100);
    expect(e(9, 0)).toBeGreaterThan(100);
  });

  test("is the mean of its two successors: a fair bet at every pair", () => {
    for (const [b, c] of [
      [0, 0],
      [3, 9],
      [9, 3],
      [40, 41],
      [500, 500],
      [5_000, 4_800],
    ] as const)
      expect((e(b + 1, c) + e(b, c + 1)) / 2 / e(b, c)).toBeCloseTo(1, 8);
  });

  test("is finite and above 0 for any counts, and falls as the reverse count grows", () => {
    const counts = [0, 1, 1e3, 1e6, 1e9];
    for (const b of counts) {
      let before = Number.POSITIVE_INFINITY;
      for (const c of counts) {
        const found = e(b, c);
        expect(found).toBeGreaterThan(0);
        expect(found).toBeLessThanOrEqual(Math.min(E_VALUE_MAX, before));
        before = found;
      }
    }
    expect(e(1e9, 0)).toBe(E_VALUE_MAX);
    expect(e(0, 1e9)).toBeCloseTo(1e-9, 15);
    // Half of √(2π/n): the whole bell's other half, n = 2e9.
    expect(e(1e9, 1e9) / (0.5 * Math.sqrt((2 * Math.PI) / 2e9))).toBeCloseTo(1, 3);
  });

  test("counts past the limit are the limit", () => {
    expect(e(COUNT_MAX, COUNT_MAX - 1)).toBeGreaterThan(e(COUNT_MAX - 1, COUNT_MAX));
    expect(e(COUNT_MAX + 1, COUNT_MAX)).toBe(e(COUNT_MAX, COUNT_MAX));
  });
});

test("Wilson bounds of a rate, and of nothing", () => {
  expect(wilsonBounds(0, 0)).toEqual({ low: 0, high: 1 });
  const { low, high } = wilsonBounds(15, 148);
  expect(low).toBeCloseTo(0.0624, 3);
  expect(high).toBeCloseTo(0.1605, 3);
  const wide = wilsonBounds(15, 148, 3);
  expect(wide.low).toBeLessThan(low);
  expect(wide.high).toBeGreaterThan(high);
});

describe("tiers", () => {
  const nothing = { candidateOnly: 0, baselineOnly: 0, both: 0 };

  test.each([
    ["nothing was paired", {}, "suspect"],
    ["eight pairs", { candidateOnly: 8 }, "suspect"],
    ["nine pairs", { candidateOnly: 9 }, "confirmed"],
    ["the legacy always differs too", { both: 1000 }, "noise"],
    ["the legacy differed too rarely", { both: NOISE_PAIRS_MIN - 1 }, "suspect"],
    ["the legacy differed just often enough", { both: NOISE_PAIRS_MIN }, "noise"],
    ["now and then, on both sides", { candidateOnly: 2, baselineOnly: 3 }, "noise"],
    ["noise, and a difference on top", { candidateOnly: 40, baselineOnly: 5, both: 5 }, "confirmed"],
    ["noise, and perhaps more", { candidateOnly: 6, baselineOnly: 1, both: 900 }, "suspect"],
    ["noise, and hardly more", { candidateOnly: 5, baselineOnly: 1, both: 900 }, "noise"],
    ["the candidate alone differs as often", { candidateOnly: 3, baselineOnly: 3 }, "noise"],
    ["the candidate alone differs oftener", { candidateOnly: 4, baselineOnly: 2, both: 1 }, "suspect"],
    ["four read again, four gone", { rechecked: RECHECKED_MIN - 1, transient: RECHECKED_MIN - 1 }, "suspect"],
    ["five read again, five gone", { rechecked: RECHECKED_MIN, transient: RECHECKED_MIN }, "transient"],
    ["five read again, three gone", { rechecked: RECHECKED_MIN, transient: 3 }, "suspect"],
    ["half gone", { rechecked: 1000, transient: 500 }, "suspect"],
    [
      "confirmed though gone when read again",
      { candidateOnly: 9, rechecked: 50, transient: 50 },
      "confirmed",
    ],
    ["noise though gone when read again", { both: 50, rechecked: 50, transient: 50 }, "noise"],
  ] as const)("%s: %o is %s", (_, counts, tier) => {
    expect(tierOf({ ...nothing, ...counts })).toBe(tier);
  });
});

describe("in simulations with a look after every pair", () => {
  interface Setting {
    /** Chance that any one answer differs by itself. */
    readonly noise: number;
    /** Chance that the candidate differs besides. */
    readonly real: number;
    readonly pairs: number;
  }

  /** Whether it was ever confirmed, and the tier at the end. */
  function simulate({ noise, real, pairs }: Setting, random: () => number) {
    const counts = { candidateOnly: 0, baselineOnly: 0, both: 0 };
    for (let pair = 0; pair < pairs; pair++) {
      const isFirstOff = random() < noise;
      const candidate = isFirstOff || random() < noise || random() < real;
      const baseline = isFirstOff || random() < noise;
      if (!candidate && !baseline) continue;
      counts[candidate && baseline ? "both" : candidate ? "candidateOnly" : "baselineOnly"]++;
      if (tierOf(counts) === "confirmed") return { isConfirmed: true, tier: "confirmed" };
    }
    return { isConfirmed: false, tier: tierOf(counts) };
  }

  test.each([0.002, 0.02, 0.3])(
    "a clean place with noise of %f is confirmed in one of a hundred runs at most",
    (noise) => {
      const random = seeded(noise * 1000);
      const runs = Array.from({ length: 400 }, () => simulate({ noise, real: 0, pairs: 4000 }, random));
      expect(runs.filter(({ isConfirmed }) => isConfirmed).length).toBeLessThanOrEqual(4);
      expect(runs.filter(({ tier }) => tier === "noise").length).toBeGreaterThan(320);
    },
  );

  test("a place where only the candidate differs, always, is confirmed after nine pairs", () => {
    expect(simulate({ noise: 0, real: 1, pairs: 8 }, seeded(1)).isConfirmed).toBe(false);
    expect(simulate({ noise: 0, real: 1, pairs: 9 }, seeded(1)).isConfirmed).toBe(true);
  });

  test("a real difference in 1 % of the answers is found, on top of noise in 0.2 % too", () => {
    const random = seeded(7);
    for (const noise of [0, 0.002]) {
      const runs = Array.from({ length: 100 }, () => simulate({ noise, real: 0.01, pairs: 4000 }, random));
      expect(runs.filter(({ isConfirmed }) => isConfirmed).length).toBeGreaterThan(95);
      expect(runs.filter(({ tier }) => tier === "noise")).toEqual([]);
    }
  });
});
