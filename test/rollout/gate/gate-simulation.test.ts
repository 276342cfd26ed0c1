// The same simulation as bench/gates, shorter: seeded, so that it says the same each time.
import { expect, test } from "vitest";
import { contextOf, OwnGate } from "../../../bench/gates/own-gate.ts";
import { mannWhitneyZ } from "../../../bench/gates/peer-gates.ts";
import { detectionOf, isRolledBack, ownUntilFail } from "../../../bench/gates/simulation.ts";
import { EQUAL, SIGMA_DOUBLES_P99, Stream } from "../../../bench/gates/streams.ts";
import { readGate } from "../../../src/rollout/gate/gate.ts";
import { STANDARD } from "./exchanges.ts";

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const SHADOW = { share: 0, isPaired: true, knowsUnits: true };

test("rolls back at most alpha of rollouts of equal services, looked at after every exchange", () => {
  const rollouts = 40;
  const rolledBack = seeds(rollouts).filter((seed) =>
    isRolledBack(EQUAL, seed, { settings: STANDARD, exchanges: 1_000 }),
  );
  expect(rolledBack.length / rollouts).toBeLessThanOrEqual(STANDARD.alpha);
});

test("a gate without its correction for looking often would roll back many of them", () => {
  // alpha as large as can be and none of it shared: each look of each check then fails on mere appearance.
  const settings = { ...STANDARD, alpha: 0.999 * 48 };
  const rolledBack = seeds(10).filter((seed) => isRolledBack(EQUAL, seed, { settings, exchanges: 1_000 }));
  expect(rolledBack.length).toBeGreaterThan(5);
});

test.for([
  ["errors of 1 % that become 2 %", { ...EQUAL, candidateErrors: 0.02 }, 6_000],
  ["mismatches of 1 %", { ...EQUAL, mismatches: 0.01 }, 1_500],
  ["a doubled p99", { ...EQUAL, candidateSigma: EQUAL.legacySigma + SIGMA_DOUBLES_P99 }, 3_000],
] as const)("finds %s", ([, world, medianMax]) => {
  const runs = seeds(11).map((seed) =>
    ownUntilFail(world, seed, { settings: STANDARD, view: SHADOW, exchanges: 30_000 }),
  );
  const { median, never } = detectionOf(runs);
  expect(never).toBe(0);
  expect(median).toBeLessThan(medianMax);
});

test("what the simulation calls a failure, the gate's reading calls one", () => {
  const world = { ...EQUAL, mismatches: 0.02 };
  const gate = new OwnGate(STANDARD, SHADOW, 60);
  let exchanges = 0;
  const stream = new Stream(world, 3);
  while (!gate.add(stream.next()) && exchanges < 5_000) exchanges++;
  expect(exchanges).toBeLessThan(5_000);
  const failing = readGate(gate.evidence, STANDARD, contextOf(SHADOW))
    .checks.filter(({ verdict }) => verdict === "fail")
    .map(({ name }) => name);
  expect(failing).toEqual(gate.causes());
});

test("ranks as Mann and Whitney do", () => {
  expect(mannWhitneyZ([1, 2, 3], [1, 2, 3])).toBeCloseTo(0);
  // U = 0 of 9, variance 5.25.
  expect(mannWhitneyZ([4, 5, 6], [1, 2, 3])).toBeCloseTo(-4.5 / Math.sqrt(5.25));
});
