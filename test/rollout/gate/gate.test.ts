import { expect, test } from "vitest";
import type { GateSettings } from "../../../src/core/gate-settings.ts";
import { estimate, estimateStep } from "../../../src/rollout/gate/eta.ts";
import { readGate } from "../../../src/rollout/gate/gate.ts";
import type { GateCheckName, GateContext, GateReading } from "../../../src/rollout/gate/reading.ts";
import type { StepEvidence } from "../../../src/rollout/gate/step-evidence.ts";
import { inPercentOver } from "../../../src/rollout/gate/words.ts";
import {
  CLOCK_MS,
  cleanShadow,
  contextOf,
  deltaOf,
  evidenceOf,
  latencies,
  NOW_MS,
  STANDARD,
  servedOf,
  UNITS,
} from "./exchanges.ts";

function check(reading: GateReading, name: GateCheckName) {
  const found = reading.checks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no check ${name}`);
  return found;
}

function etaOf(evidence: StepEvidence, settings: GateSettings, context: GateContext) {
  return estimate(readGate(evidence, settings, context), evidence, { settings, context });
}

test("passes 10,000 clean pairs of many units after the hold, and certifies what it passes", () => {
  const reading = readGate(cleanShadow(10_000), STANDARD, contextOf());
  expect(reading.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(reading.verdict).toBe("pass");
  expect(check(reading, "mismatches").bound).toBeLessThan(0.001);
  expect(reading.checks.map(({ name }) => name)).toEqual([
    "hold",
    "pairs",
    "units",
    "mismatches",
    "discordant-failures",
    "latency",
    "confirmed",
  ]);
});

test("says how many more clean pairs would certify it", () => {
  const evidence = evidenceOf(deltaOf({ pairs: 2_000, match: 2_000 }));
  const { verdict, text } = check(readGate(evidence, STANDARD, contextOf()), "mismatches");
  expect(verdict).toBe("insufficient");
  expect(text).toMatch(
    /^0 of 2,000 pairs differ: it may be up to 0\.\d+ %, and 0\.1 % is allowed\. About 1,300 more clean ones/,
  );
});

test("fails a candidate that differs in one of a hundred, and says at least how often", () => {
  const evidence = evidenceOf(deltaOf({ pairs: 2_000, match: 1_980, mismatch: 20 }));
  const reading = readGate(evidence, STANDARD, contextOf());
  expect(reading.verdict).toBe("fail");
  expect(check(reading, "mismatches").bound).toBeGreaterThan(0.001);
});

test("leaves out mismatches that were noise", () => {
  const evidence = evidenceOf(deltaOf({ pairs: 2_000, match: 1_900, mismatch: 100, noise: 100 }));
  expect(check(readGate(evidence, STANDARD, contextOf()), "mismatches")).toMatchObject({
    verdict: "insufficient",
    value: 0,
    samples: 1_900,
  });
});

test("does not roll back for one unit that tries again and again, and does not pass it either", () => {
  const one = { unit: 5, mismatch: 40, candidateFailed: 40, legacyFailed: 0 };
  const failures = { pairs: 2_000, match: 1_960, mismatch: 40, candidateFailed: 40 };
  const alone = readGate(evidenceOf(deltaOf({ ...failures, unitFailures: [one] })), STANDARD, contextOf());
  expect(check(alone, "mismatches").verdict).toBe("insufficient");
  expect(check(alone, "discordant-failures").verdict).toBe("insufficient");
  expect(check(alone, "mismatches").text).toContain("35 of them are repeats of few units");
  const unitFailures = Array.from({ length: 40 }, (_, unit) => ({
    unit,
    mismatch: 1,
    candidateFailed: 1,
    legacyFailed: 0,
  }));
  const many = readGate(evidenceOf(deltaOf({ ...failures, unitFailures })), STANDARD, contextOf());
  expect(check(many, "mismatches").verdict).toBe("fail");
  expect(check(many, "discordant-failures").verdict).toBe("fail");
});

test("fails a candidate that alone fails 14 times, and not one that fails as often as the legacy", () => {
  const failing = evidenceOf(deltaOf({ pairs: 1_000, match: 986, mismatch: 14, candidateFailed: 14 }));
  expect(check(readGate(failing, STANDARD, contextOf()), "discordant-failures").verdict).toBe("fail");
  const alike = evidenceOf(deltaOf({ pairs: 1_000, match: 1_000, candidateFailed: 14, legacyFailed: 14 }));
  expect(check(readGate(alike, STANDARD, contextOf()), "discordant-failures").verdict).toBe("insufficient");
});

test("passes failures that are certain and certainly within the margin", () => {
  const evidence = evidenceOf(deltaOf({ pairs: 200_000, match: 200_000, candidateFailed: 20 }));
  const { verdict, value, threshold } = check(
    readGate(evidence, STANDARD, contextOf()),
    "discordant-failures",
  );
  expect(value).toBeGreaterThan(threshold ?? 0);
  expect(verdict).toBe("pass");
});

test("fails a p99 that doubled, and waits until the reference is fixed", () => {
  const slow = evidenceOf(
    deltaOf({ pairs: 600, match: 600, ...latencies(600) }),
    deltaOf({ pairs: 4_000, match: 4_000, ...latencies(4_000, 8) }),
  );
  const found = check(readGate(slow, STANDARD, contextOf()), "latency");
  expect(found.verdict).toBe("fail");
  expect(found.value).toBeCloseTo(2.09, 1);
  const early = evidenceOf(deltaOf({ pairs: 400, match: 400, ...latencies(400) }));
  expect(check(readGate(early, STANDARD, contextOf()), "latency").text).toContain("400 are there");
});

test("holds until the step has lasted as long as asked, and while a thread is missing", () => {
  const evidence = cleanShadow(10_000);
  expect(readGate(evidence, STANDARD, contextOf({ nowMs: CLOCK_MS + 3_599_999 })).verdict).toBe(
    "insufficient",
  );
  expect(readGate(evidence, STANDARD, contextOf({ nowMs: CLOCK_MS + 3_600_000 })).verdict).toBe("pass");
  expect(readGate(evidence, STANDARD, contextOf({ stragglers: 1 })).verdict).toBe("insufficient");
  expect(readGate(evidence, STANDARD, contextOf({ nowMs: CLOCK_MS - 5 })).elapsedMs).toBe(0);
});

test("holds for confirmed differences that nobody decided on, and is unhealthy when nobody can say", () => {
  const evidence = cleanShadow(10_000);
  expect(readGate(evidence, STANDARD, contextOf({ confirmedUntriaged: 1 })).verdict).toBe("insufficient");
  expect(readGate(evidence, STANDARD, contextOf({ confirmedUntriaged: undefined })).verdict).toBe(
    "unhealthy",
  );
});

test("a failure outranks what is unhealthy, which outranks what is missing", () => {
  const kpi = { name: "orders", min: 10, max: undefined, outsideInARow: 0 } as const;
  const gone = { ...kpi, kind: "unhealthy", why: "ECONNREFUSED" } as const;
  const low = { ...kpi, kind: "value", value: 9, outsideInARow: 1 } as const;
  const evidence = cleanShadow(1_000);
  expect(readGate(evidence, STANDARD, contextOf()).verdict).toBe("insufficient");
  expect(readGate(evidence, STANDARD, contextOf({ kpis: [gone] })).verdict).toBe("unhealthy");
  expect(readGate(evidence, STANDARD, contextOf({ kpis: [low] })).verdict).toBe("insufficient");
  const again = { ...low, outsideInARow: 2 };
  expect(readGate(evidence, STANDARD, contextOf({ kpis: [gone, again] })).verdict).toBe("fail");
});

test("asks what was served only where the candidate serves, and for the split only in a ramp", () => {
  const names = (stage: "shadow" | "canary" | "ramp") =>
    readGate(cleanShadow(1_000), STANDARD, contextOf({ stage, basisPoints: 500 })).checks.map(
      ({ name }) => name,
    );
  expect(names("shadow")).not.toContain("errors");
  expect(names("canary")).toContain("errors");
  expect(names("canary")).not.toContain("sample-ratio");
  expect(names("canary")).not.toContain("units");
  expect(names("ramp")).toContain("sample-ratio");
});

const RAMP = contextOf({ stage: "ramp", basisPoints: 5_000, nextBasisPoints: 10_000 });

test("is unhealthy when units do not fall on the arms as the percentage has it", () => {
  const halves = [UNITS.slice(0, 50), UNITS.slice(50)] as const;
  const even = evidenceOf(deltaOf({ units: halves[0] }, { units: halves[1] }));
  expect(check(readGate(even, STANDARD, RAMP), "sample-ratio").verdict).toBe("pass");
  const uneven = evidenceOf(deltaOf({ units: UNITS.slice(0, 80) }, { units: UNITS.slice(80) }));
  expect(check(readGate(uneven, STANDARD, RAMP), "sample-ratio").verdict).toBe("unhealthy");
});

test("fails more errors on the candidate's arm where nothing was paired, and leaves it to pairs where most was", () => {
  const served = servedOf({
    requestsLegacy: 5_000,
    errorsLegacy: 50,
    requestsCandidate: 5_000,
    errorsCandidate: 150,
  });
  const unpaired = evidenceOf();
  unpaired.addServed(served, NOW_MS - 1000);
  expect(check(readGate(unpaired, STANDARD, RAMP), "errors").verdict).toBe("fail");
  const paired = evidenceOf(deltaOf({}, { pairs: 4_000, match: 4_000, bothFailed: 120 }));
  paired.addServed(served, NOW_MS - 1000);
  expect(check(readGate(paired, STANDARD, RAMP), "errors").verdict).toBe("insufficient");
});

test("fails rescues beyond their rate", () => {
  const evidence = evidenceOf();
  evidence.addServed(servedOf({ requestsLegacy: 6_050, requestsCandidate: 950, rescued: 50 }), NOW_MS - 1000);
  expect(check(readGate(evidence, STANDARD, RAMP), "rescues")).toMatchObject({
    verdict: "fail",
    value: 0.05,
  });
});

test("holds a step that takes more of the requests than the cap allows", () => {
  const evidence = evidenceOf(deltaOf({}, {}, { unitBands: { 3: 60, 40: 40 } }));
  const capped = { ...STANDARD, requestShareMax: 0.5 };
  const context = contextOf({ stage: "ramp", basisPoints: 100, nextBasisPoints: 500 });
  expect(check(readGate(evidence, capped, context), "request-share")).toMatchObject({
    verdict: "insufficient",
    value: 0.6,
  });
  expect(
    check(readGate(evidence, { ...capped, requestShareMax: 0.6 }, context), "request-share").verdict,
  ).toBe("pass");
});

test("fails when both windows burn, and not once the short one is over it", () => {
  const live = contextOf({ stage: "live", basisPoints: 10_000, nextBasisPoints: 10_000 });
  const evidence = evidenceOf();
  const burning = servedOf({ requestsCandidate: 2_000, errorsCandidate: 100 });
  evidence.addServed(burning, NOW_MS - 120_000);
  const found = check(readGate(evidence, STANDARD, live), "burn-rate");
  expect(found.verdict).toBe("fail");
  expect(found.value).toBeCloseTo(50);
  evidence.addServed({ ...burning, requestsCandidate: 2_500 }, NOW_MS + 1_800_000);
  expect(
    check(readGate(evidence, STANDARD, { ...live, nowMs: NOW_MS + 1_800_000 }), "burn-rate").verdict,
  ).toBe("pass");
});

test("burns nothing where the legacy fails as often", () => {
  const evidence = evidenceOf();
  const both = { requestsCandidate: 2_000, errorsCandidate: 100, requestsLegacy: 2_000, errorsLegacy: 100 };
  evidence.addServed(servedOf(both), NOW_MS - 120_000);
  expect(check(readGate(evidence, STANDARD, RAMP), "burn-rate").verdict).toBe("pass");
});

/** A candidate that looks slow where it is mirrored to, by `servedSlower` buckets where it serves: a tenth of the pairs. */
function mirroredSlow(servedSlower: number, servedPairs = 500): StepEvidence {
  const served = { pairs: servedPairs, match: servedPairs, ...latencies(servedPairs, servedSlower) };
  return evidenceOf(
    deltaOf({ pairs: 600, match: 600, ...latencies(600) }),
    deltaOf({ pairs: 5_000, match: 5_000, ...latencies(5_000, 8) }, served),
  );
}

test("takes nobody back for latencies that the clock of both in service does not confirm", () => {
  const latencyOf = (evidence: StepEvidence, context = RAMP) =>
    check(readGate(evidence, STANDARD, context), "latency");
  expect(latencyOf(mirroredSlow(0)).verdict).toBe("insufficient");
  expect(latencyOf(mirroredSlow(8)).verdict).toBe("fail");
  expect(latencyOf(mirroredSlow(8)).text).toContain("certainly more");
  // Of 199 answers p99 says too little, and of 200 it has two above.
  expect(latencyOf(mirroredSlow(8, 199)).verdict).toBe("insufficient");
  expect(latencyOf(mirroredSlow(8, 200)).verdict).toBe("fail");
  // Where the candidate serves all there is no other clock.
  const live = contextOf({ stage: "live", basisPoints: 10_000 });
  expect(latencyOf(mirroredSlow(0), live).verdict).toBe("fail");
});

test("promotes nobody who is slower in service, whatever the pairs say", () => {
  const served = { pairs: 500, match: 500, ...latencies(500, 8) };
  const evidence = evidenceOf(
    deltaOf({ pairs: 600, match: 600, ...latencies(600) }),
    deltaOf({ pairs: 20_000, match: 20_000, ...latencies(20_000, -8) }, served),
  );
  const found = check(readGate(evidence, STANDARD, RAMP), "latency");
  expect(found.verdict).toBe("insufficient");
  expect(found.text).toContain("Where each serves its clients, the candidate is slower");
});

test("holds five milliseconds against nobody", () => {
  const quick = (candidate: number) =>
    check(
      readGate(
        evidenceOf(
          ...[600, 4_000].map((pairs) =>
            deltaOf({
              pairs,
              match: pairs,
              legacyLatency: { 40: pairs },
              candidateLatency: { [candidate]: pairs },
            }),
          ),
        ),
        STANDARD,
        contextOf(),
      ),
      "latency",
    );
  // Bucket 40 is 2 ms: 7 ms are allowed, bucket 54.
  expect(quick(54)).toMatchObject({ verdict: "pass" });
  expect(quick(54).text).toContain("(5 ms more) is allowed");
  expect(quick(55).verdict).toBe("fail");
});

test("estimates when the next step is certified, from the rate of pairs", () => {
  const evidence = cleanShadow(2_000);
  const eta = etaOf(evidence, STANDARD, contextOf({ nowMs: CLOCK_MS + 3_601_000, nextBasisPoints: 2_500 }));
  expect(eta.kind).toBe("in");
  expect(eta.ms).toBeGreaterThan(3_600_000 * 0.9);
  expect(eta.text).toBe("At this traffic, 25 % is certified in 60 min.");
});

test("estimates before the first pairs have fixed what the legacy's quantile is", () => {
  const context = contextOf({ nowMs: CLOCK_MS + 3_601_000, nextBasisPoints: 2_500 });
  for (const count of [100, 500]) {
    const evidence = evidenceOf(deltaOf({ pairs: count, match: count, units: UNITS, ...latencies(count) }));
    expect(check(readGate(evidence, STANDARD, context), "latency").samples).toBe(0);
    expect(etaOf(evidence, STANDARD, context).kind).toBe("in");
  }
});

test("says never where nothing can be paired, and where what comes cannot certify", () => {
  const context = contextOf({ stage: "ramp", basisPoints: 100, nextBasisPoints: 500 });
  const silent = evidenceOf(deltaOf({}));
  expect(etaOf(silent, STANDARD, context)).toMatchObject({ kind: "never", ms: null });
  expect(etaOf(silent, STANDARD, context).text).toContain("Use replay");
  const worse = evidenceOf(deltaOf({ pairs: 1_000, match: 998, mismatch: 2, units: UNITS }));
  expect(etaOf(worse, STANDARD, contextOf()).kind).toBe("never");
});

test("estimates how long a step to come takes: its pairs at this rate, and its hold at least", () => {
  const evidence = cleanShadow(10_000);
  const nowMs = contextOf().nowMs;
  const { ms, text } = estimateStep(evidence, STANDARD, nowMs);
  expect(ms).toBeGreaterThanOrEqual(STANDARD.warmUpMs + STANDARD.holdMs);
  expect(text).toContain("after it begins");
  const many = estimateStep(evidence, { ...STANDARD, holdMs: 0, pairsMin: 20_000 }, nowMs).ms ?? 0;
  const twice = estimateStep(evidence, { ...STANDARD, holdMs: 0, pairsMin: 40_000 }, nowMs).ms ?? 0;
  expect((twice - STANDARD.warmUpMs) / (many - STANDARD.warmUpMs)).toBeCloseTo(2, 5);
  expect(estimateStep(evidenceOf(), STANDARD, nowMs).kind).toBe("unknown");
  expect(estimateStep(evidence, { ...STANDARD, pairsMin: 1e12 }, nowMs).kind).toBe("never");
});

test("estimates a time, and not never, while the first pairs fix the reference of latencies", () => {
  const first = (pairs: number) =>
    evidenceOf(deltaOf({ pairs, match: pairs, units: UNITS, ...latencies(pairs) }));
  const eta = etaOf(first(400), STANDARD, contextOf());
  expect(eta.kind).toBe("in");
  expect(eta.ms).toBeLessThan(etaOf(first(100), STANDARD, contextOf()).ms ?? 0);
});

test("says how far a bound is over its limit with as many digits as that takes", () => {
  expect(inPercentOver(0.00104, 0.001)).toBe("0.104 %");
  expect(inPercentOver(0.0013, 0.001)).toBe("0.13 %");
  expect(inPercentOver(0.001 + 1e-12, 0.001)).toBe("more than 0.1 %");
});

test("estimates nothing before evidence, while the gate fails, and where it waits for people", () => {
  expect(etaOf(evidenceOf(), STANDARD, contextOf()).kind).toBe("unknown");
  const failing = evidenceOf(deltaOf({ pairs: 2_000, match: 1_900, mismatch: 100 }));
  expect(etaOf(failing, STANDARD, contextOf()).text).toContain("gate says fail");
  expect(etaOf(cleanShadow(10_000), STANDARD, contextOf({ confirmedUntriaged: 3 })).text).toContain(
    "decide on them",
  );
  expect(etaOf(cleanShadow(10_000), STANDARD, contextOf()).kind).toBe("now");
});
