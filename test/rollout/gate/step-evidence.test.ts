import { expect, test } from "vitest";
import { BUCKET_MS, BUCKETS_MAX, BurnRing } from "../../../src/rollout/gate/burn-rate.ts";
import { requestShareAt, StepEvidence } from "../../../src/rollout/gate/step-evidence.ts";
import { UNIT_FAILURES_MAX, UNITS_CAPPED_MAX, UnitCaps } from "../../../src/rollout/gate/unit-caps.ts";
import { UNITS_KEPT_MAX, UnitSample } from "../../../src/rollout/gate/unit-sample.ts";
import { CLOCK_MS, cleanShadow, deltaOf, evidenceOf, servedOf, UNITS } from "./exchanges.ts";

test("counts what was decided under its own step alone", () => {
  const evidence = evidenceOf(
    deltaOf({ pairs: 3, match: 3 }),
    deltaOf({ pairs: 5, match: 5 }, {}, { since: 6 }),
    deltaOf({ pairs: 5, match: 5 }, {}, { since: 8 }),
  );
  expect(evidence.pairs).toMatchObject({ pairs: 3, match: 3 });
});

test("counts nothing before the step's clock, and nothing in its warm-up", () => {
  const evidence = new StepEvidence({ since: 7, clockAtMs: null, warmUpMs: 1000 });
  const one = deltaOf({ pairs: 1, match: 1, units: [1] });
  expect(evidence.add(one, CLOCK_MS)).toBe(false);
  evidence.start(CLOCK_MS);
  expect(evidence.add(one, CLOCK_MS + 999)).toBe(false);
  evidence.addServed(servedOf({ requestsCandidate: 10, errorsCandidate: 10 }), CLOCK_MS + 999);
  expect(evidence.add(one, CLOCK_MS + 1000)).toBe(true);
  evidence.addServed(servedOf({ requestsCandidate: 12, errorsCandidate: 10 }), CLOCK_MS + 1000);
  expect(evidence.pairs.pairs).toBe(1);
  expect(evidence.served).toMatchObject({ requestsCandidate: 2, errorsCandidate: 0 });
});

test("goes on where it was after a restart, with counters that begin anew", () => {
  const evidence = cleanShadow(2_000);
  evidence.addServed(servedOf({ requestsLegacy: 100, requestsCandidate: 100, rescued: 2 }), CLOCK_MS + 2000);
  evidence.add(
    deltaOf({ unitFailures: [{ unit: 1, mismatch: 9, candidateFailed: 0, legacyFailed: 0 }], mismatch: 9 }),
    CLOCK_MS + 2000,
  );
  const restored = StepEvidence.from(JSON.parse(JSON.stringify(evidence)));
  expect(restored?.toJSON()).toEqual(evidence.toJSON());
  restored?.addServed(servedOf({ requestsLegacy: 5, requestsCandidate: 7 }), CLOCK_MS + 3000);
  expect(restored?.served).toMatchObject({ requestsLegacy: 105, requestsCandidate: 107, rescued: 2 });
  expect(restored?.capped.mismatch).toBe(UNIT_FAILURES_MAX);
});

test("is not restored from what it did not write", () => {
  expect(StepEvidence.from(undefined)).toBeUndefined();
  expect(StepEvidence.from({ version: 99 })).toBeUndefined();
  const written = JSON.parse(JSON.stringify(cleanShadow(700)));
  expect(StepEvidence.from(written)).toBeDefined();
  expect(StepEvidence.from({ ...written, version: 1 })).toBeUndefined();
  expect(StepEvidence.from({ ...written, since: "7" })).toBeUndefined();
  expect(StepEvidence.from({ ...written, bands: written.bands.slice(1) })).toBeUndefined();
  expect(
    StepEvidence.from({ ...written, servedByLegacy: { ...written.servedByLegacy, pairs: "1" } }),
  ).toBeUndefined();
});

test("tells the share of requests at a percentage from where units lie", () => {
  const evidence = evidenceOf(deltaOf({}, {}, { unitBands: { 0: 10, 4: 50, 50: 30, 100: 10 } }));
  expect(requestShareAt(evidence, 100)).toBeCloseTo(0.1);
  expect(requestShareAt(evidence, 50)).toBeCloseTo(0.05);
  expect(requestShareAt(evidence, 500)).toBeCloseTo(0.6);
  expect(requestShareAt(evidence, 10_000)).toBeCloseTo(0.9);
  expect(requestShareAt(evidenceOf(), 500)).toBeNull();
});

test("keeps an even sample of units past the limit, and the ratio of the arms with it", () => {
  const sample = new UnitSample();
  for (let i = 0; i < UNITS_KEPT_MAX; i++) sample.add(i * 65_537, i % 4 === 0 ? "candidate" : "legacy");
  expect(sample.seen).toBe(UNITS_KEPT_MAX);
  for (let i = UNITS_KEPT_MAX; i < 40_000; i++)
    sample.add((i * 65_537) >>> 0, i % 4 === 0 ? "candidate" : "legacy");
  const { legacy, candidate } = sample.kept;
  expect(legacy + candidate).toBeLessThanOrEqual(UNITS_KEPT_MAX);
  expect(sample.seen / 40_000).toBeCloseTo(1, 1);
  expect(candidate / (legacy + candidate)).toBeCloseTo(0.25, 1);
});

test("a unit that was served by both is the candidate's: it was rescued", () => {
  const evidence = evidenceOf(
    deltaOf({ units: UNITS }, { units: UNITS.slice(0, 10) }),
    deltaOf({ units: UNITS }),
  );
  expect(evidence.units.kept).toEqual({ legacy: 90, candidate: 10 });
});

test("counts of one unit five failures of a kind, at n−1, n and n+1", () => {
  const caps = new UnitCaps();
  const failing = (mismatch: number) => ({ unit: 3, mismatch, candidateFailed: 0, legacyFailed: 0 });
  expect(caps.excessOf(failing(UNIT_FAILURES_MAX - 1)).mismatch).toBe(0);
  expect(caps.excessOf(failing(1)).mismatch).toBe(0);
  expect(caps.excessOf(failing(1)).mismatch).toBe(1);
});

test("counts in full what units past the limit of units fail", () => {
  const caps = new UnitCaps();
  const failing = (unit: number) => ({ unit, mismatch: 9, candidateFailed: 0, legacyFailed: 0 });
  for (let unit = 0; unit < UNITS_CAPPED_MAX; unit++) caps.excessOf(failing(unit));
  expect(caps.excessOf(failing(UNITS_CAPPED_MAX)).mismatch).toBe(0);
  expect(caps.excessOf(failing(1)).mismatch).toBe(9);
});

test("forgets minutes past the longest window", () => {
  const ring = new BurnRing();
  for (let minute = 0; minute < BUCKETS_MAX + 10; minute++)
    ring.add(servedOf({ requestsCandidate: 1 }), minute * BUCKET_MS);
  expect(ring.toJSON().length).toBe(BUCKETS_MAX);
  const nowMs = (BUCKETS_MAX + 9) * BUCKET_MS;
  expect(ring.sums(5 * BUCKET_MS, nowMs).requestsCandidate).toBe(5);
  expect(ring.sums(1e12, nowMs).requestsCandidate).toBe(BUCKETS_MAX);
});
