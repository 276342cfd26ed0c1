import { expect, test } from "vitest";
import {
  addToContest,
  excessBound,
  logContestEvidence,
  logEvidenceAbove,
  logEvidenceBelow,
  lowerBound,
  newContest,
  upperBound,
} from "../../../src/rollout/gate/bounds.ts";

test("certifies less than 0.1 % with none seen after 3,339 trials, and not before", () => {
  const certified = Math.log(1 / 0.05);
  expect(logEvidenceBelow(0, 3_338, 0.001)).toBeLessThan(certified);
  expect(logEvidenceBelow(0, 3_339, 0.001)).toBeGreaterThanOrEqual(certified);
  expect(upperBound(0, 3_339, 0.05)).toBeLessThanOrEqual(0.001);
});

test("bounds enclose the measured rate, and close in on it", () => {
  for (const of of [100, 10_000, 1_000_000]) {
    expect(lowerBound(of / 50, of, 0.05)).toBeLessThan(0.02);
    expect(upperBound(of / 50, of, 0.05)).toBeGreaterThan(0.02);
  }
  expect(lowerBound(20_000, 1_000_000, 0.05)).toBeGreaterThan(0.015);
  expect(upperBound(20_000, 1_000_000, 0.05)).toBeLessThan(0.03);
});

test("say nothing of nothing", () => {
  expect(upperBound(0, 0, 0.05)).toBeCloseTo(1);
  expect(lowerBound(0, 0, 0.05)).toBe(0);
  expect(excessBound({ worse: 0, better: 0, pairs: 0 }, 0.05)).toBeCloseTo(1);
  expect(logContestEvidence(newContest())).toBe(0);
});

/** The expectation of e after `of` trials whose rate is exactly the one doubted. */
function meanEvidence(log: (hits: number, of: number, rate: number) => number, of: number, rate: number) {
  let mean = 0;
  let logProbability = of * Math.log1p(-rate);
  for (let hits = 0; hits <= of; hits++) {
    mean += Math.exp(logProbability + log(hits, of, rate));
    logProbability += Math.log(((of - hits) / (hits + 1)) * (rate / (1 - rate)));
  }
  return mean;
}

test("evidence has the mean 1 where the rate is the doubted one: no look favours anybody", () => {
  for (const rate of [0.001, 0.05, 0.5]) {
    expect(meanEvidence(logEvidenceBelow, 200, rate)).toBeCloseTo(1, 6);
    expect(meanEvidence(logEvidenceAbove, 200, rate)).toBeCloseTo(1, 6);
  }
});

test("an excess is bounded by discordant pairs: the same failures of the legacy make up for them", () => {
  const alone = excessBound({ worse: 10, better: 0, pairs: 10_000 }, 0.05);
  const balanced = excessBound({ worse: 10, better: 10, pairs: 10_000 }, 0.05);
  expect(alone).toBeGreaterThan(0.001);
  expect(balanced).toBeLessThan(alone);
  expect(excessBound({ worse: 0, better: 0, pairs: 4_000 }, 0.05)).toBeLessThan(0.001);
});

test("a contest is lost by the arm that fails more often than its share of requests", () => {
  const even = newContest();
  const uneven = newContest();
  for (let i = 0; i < 100; i++) {
    addToContest(even, 1, 19, 0.05);
    addToContest(uneven, 2, 18, 0.05);
  }
  expect(logContestEvidence(even)).toBeLessThan(0);
  expect(logContestEvidence(uneven)).toBeGreaterThan(10);
});
