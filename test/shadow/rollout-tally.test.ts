// What exchanges say of a route's step: of that step alone, in the right arm, and bounded.
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type ArmDelta,
  type RolloutDelta,
  UNITLESS_BAND,
  UNITS_PER_BATCH_MAX,
} from "../../src/core/batch.ts";
import { OTHER_SLOT } from "../../src/core/counters.ts";
import type { DecisionReason } from "../../src/core/decision.ts";
import { latencyBucket } from "../../src/core/latency-buckets.ts";
import { SKIP_REASONS } from "../../src/core/skip.ts";
import type { Stage } from "../../src/core/snapshot.ts";
import { NO_MODULES } from "../../src/shadow/custom-modules.ts";
import { type PairOutcome, RolloutTally, unanswered } from "../../src/shadow/rollout-tally.ts";
import { closedPort, startHttp } from "../flow/upstreams.ts";
import { recordOf, SLOT, snapshotOf, startShadow } from "./support.ts";

const URLS = { legacy: "http://127.0.0.1:1", candidate: "http://127.0.0.1:2" };
const FIRST_EPOCH = 5;
const stepAt = (stage: Stage, since = 1, epoch = FIRST_EPOCH) =>
  snapshotOf(URLS, { stage, since }, { epoch });

const ENDED = { status: 200, latencyMs: 10 };
const MATCH: PairOutcome = { legacy: ENDED, candidate: ENDED, verdict: "match", isNoise: false };
const EMPTY_ARM: ArmDelta = {
  pairs: 0,
  match: 0,
  mismatch: 0,
  noise: 0,
  incomparable: 0,
  candidateFailed: 0,
  legacyFailed: 0,
  bothFailed: 0,
  legacyLatency: {},
  candidateLatency: {},
  units: [],
  isUnitsCut: false,
  unitFailures: [],
};
const byUnit = (unit: number, decidedBy: DecisionReason, servedBy: "legacy" | "candidate" = "legacy") =>
  recordOf({}, { unit, decidedBy, servedBy });
const only = (deltas: readonly RolloutDelta[]): RolloutDelta => {
  expect(deltas).toHaveLength(1);
  return deltas[0] as RolloutDelta;
};

describe("the pairs of a step", () => {
  test("are summed in the arm of who served, and start from nothing after each batch", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    tally.add(recordOf(), MATCH);
    tally.add(recordOf(), { ...MATCH, verdict: "mismatch", isNoise: true });
    tally.add(recordOf({}, { servedBy: "candidate", decidedBy: "percentage" }), {
      ...MATCH,
      verdict: "incomparable",
      candidate: { status: 200, latencyMs: 20 },
    });
    expect(tally.take()).toEqual([
      {
        route: "default",
        since: 1,
        servedByLegacy: {
          ...EMPTY_ARM,
          pairs: 2,
          match: 1,
          mismatch: 1,
          noise: 1,
          legacyLatency: { [latencyBucket(10)]: 2 },
          candidateLatency: { [latencyBucket(10)]: 2 },
        },
        servedByCandidate: {
          ...EMPTY_ARM,
          pairs: 1,
          incomparable: 1,
          legacyLatency: { [latencyBucket(10)]: 1 },
          candidateLatency: { [latencyBucket(20)]: 1 },
        },
        unitBands: {},
      },
    ]);
    expect(tally.take()).toEqual([]);
  });

  test.each([
    [200, 499, { match: 1 }],
    [200, 500, { incomparable: 1, candidateFailed: 1 }],
    [503, 404, { incomparable: 1, legacyFailed: 1 }],
    [500, 599, { match: 1, bothFailed: 1 }],
  ])(
    "with %i of the legacy and %i of the candidate say who failed; one that did is compared with nothing, nor timed",
    (of, to, counts) => {
      const tally = new RolloutTally(stepAt("shadow"));
      tally.add(recordOf(), {
        ...MATCH,
        legacy: { ...ENDED, status: of },
        candidate: { ...ENDED, status: to },
      });
      const latency = of < 500 && to < 500 ? { [latencyBucket(10)]: 1 } : {};
      expect(only(tally.take()).servedByLegacy).toEqual({
        ...EMPTY_ARM,
        pairs: 1,
        ...counts,
        legacyLatency: latency,
        candidateLatency: latency,
      });
    },
  );

  test("without a whole answer of who did not serve are that one's failure", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    const served = [200, 500].flatMap((status) =>
      (["legacy", "candidate"] as const).map((servedBy) => recordOf({ status }, { servedBy })),
    );
    for (const record of served) tally.add(record, unanswered(record));
    const { servedByLegacy, servedByCandidate } = only(tally.take());
    expect(servedByLegacy).toMatchObject({ pairs: 2, incomparable: 2, candidateFailed: 1, bothFailed: 1 });
    expect(servedByCandidate).toMatchObject({ pairs: 2, incomparable: 2, legacyFailed: 1, bothFailed: 1 });
  });

  test("that a trusted client chose are in none", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    const record = recordOf({}, { decidedBy: "override", servedBy: "candidate", unit: 3 });
    tally.see(record);
    tally.add(record, MATCH);
    expect(tally.take()).toEqual([]);
  });

  test("of what no route matches are in none", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    tally.add(recordOf({}, { slot: OTHER_SLOT }), MATCH);
    expect(tally.take()).toEqual([]);
  });
});

describe("the epoch", () => {
  test.each([
    [3, 0],
    [4, 1],
    [5, 1],
    [6, 0],
  ])(
    "%i of a decision, in a step since 4 that this thread knows up to 5, counts %i times",
    (epoch, pairs) => {
      const tally = new RolloutTally(stepAt("ramp", 4, 5));
      const record = recordOf({}, { epoch, unit: 1, decidedBy: "percentage" });
      tally.see(record);
      tally.add(record, MATCH);
      const [delta] = tally.take();
      expect(delta?.servedByLegacy.pairs ?? 0).toBe(pairs);
      expect(delta?.servedByLegacy.units ?? []).toHaveLength(pairs);
    },
  );

  test("of another step drops what was gathered; one that leaves the step as it is does not", () => {
    const tally = new RolloutTally(stepAt("ramp", 1, 5));
    tally.add(recordOf(), MATCH);
    tally.apply(stepAt("ramp", 1, 6));
    tally.add(recordOf({}, { epoch: 6 }), MATCH);
    expect(only(tally.take())).toMatchObject({ since: 1, servedByLegacy: { pairs: 2 } });
    tally.add(recordOf({}, { epoch: 6 }), MATCH);
    tally.apply(stepAt("ramp", 7, 7));
    expect(tally.take()).toEqual([]);
    // One that was under way meanwhile was decided in the step before.
    tally.add(recordOf({}, { epoch: 6 }), MATCH);
    expect(tally.take()).toEqual([]);
    tally.add(recordOf({}, { epoch: 7 }), MATCH);
    expect(only(tally.take())).toMatchObject({ since: 7, servedByLegacy: { pairs: 1 } });
  });
});

describe("the units of an arm", () => {
  test("are listed once each, in the arm that was decided", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    for (const unit of [7, 7, 0, 4_294_967_295]) tally.see(byUnit(unit, "percentage"));
    tally.see(byUnit(8, "percentage", "candidate"));
    tally.see(byUnit(8, "percentage", "candidate"));
    // The candidate failed, and the legacy answered: the unit was dealt to the candidate still.
    tally.see({ ...byUnit(9, "percentage"), skip: SKIP_REASONS.indexOf("rescued") });
    tally.see({ ...byUnit(10, "percentage"), skip: SKIP_REASONS.indexOf("method") });
    const { servedByLegacy, servedByCandidate } = only(tally.take());
    expect(servedByLegacy).toEqual({ ...EMPTY_ARM, units: [7, 0, 4_294_967_295, 10] });
    expect(servedByCandidate).toEqual({ ...EMPTY_ARM, units: [8, 9] });
  });

  test.each<[Stage, DecisionReason[]]>([
    ["shadow", ["stage", "everybody", "percentage"]],
    ["canary", ["stage", "allow", "cohort", "everybody", "percentage"]],
    ["ramp", ["stage", "everybody", "percentage"]],
    ["live", ["stage", "everybody", "percentage"]],
  ])("at %s are those of %j alone", (stage, listed) => {
    const all: DecisionReason[] = [
      "killed",
      "stage",
      "deny",
      "allow",
      "override",
      "cohort",
      "everybody",
      "percentage",
      "unit-missing",
    ];
    const tally = new RolloutTally(stepAt(stage));
    for (const [unit, reason] of all.entries()) tally.see(byUnit(unit, reason, "candidate"));
    expect(only(tally.take()).servedByCandidate.units.map((unit) => all[unit])).toEqual(listed);
  });

  test("are none of a request without one, and of one that was put into its arm", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    tally.see(byUnit(-1, "unit-missing"));
    tally.see(byUnit(3, "cohort", "candidate"));
    const { servedByLegacy, servedByCandidate } = only(tally.take());
    expect([servedByLegacy.units, servedByCandidate.units]).toEqual([[], []]);
  });

  test("lie in bands that a percentage takes whole, with those that have none apart", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    const first = Math.ceil(2 ** 32 / 100);
    const hashes = [0, first - 1, first, 2 ** 32 - 1, -1];
    for (const unit of hashes) tally.see(byUnit(unit, "percentage"));
    tally.see(byUnit(0, "cohort", "candidate"));
    expect(only(tally.take()).unitBands).toEqual({ 0: 3, 1: 1, 99: 1, [UNITLESS_BAND]: 1 });
  });

  test("are told with what failed for each, noise and failures of both left out", () => {
    const tally = new RolloutTally(stepAt("ramp"));
    const of = (unit: number) => byUnit(unit, "cohort");
    const failed = { ...ENDED, status: 500 };
    tally.add(of(1), { ...MATCH, verdict: "mismatch" });
    tally.add(of(1), { ...MATCH, verdict: "mismatch", candidate: failed });
    tally.add(of(1), { ...MATCH, verdict: "mismatch", isNoise: true });
    tally.add(of(2), { ...MATCH, legacy: failed });
    tally.add(of(3), { ...MATCH, legacy: failed, candidate: failed });
    tally.add(of(4), { legacy: failed, candidate: failed, verdict: "mismatch", isNoise: false });
    tally.add(of(-1), { ...MATCH, verdict: "mismatch" });
    expect(only(tally.take()).servedByLegacy.unitFailures).toEqual([
      { unit: 1, mismatch: 1, candidateFailed: 1, legacyFailed: 0 },
      { unit: 2, mismatch: 0, candidateFailed: 0, legacyFailed: 1 },
      { unit: 4, mismatch: 1, candidateFailed: 0, legacyFailed: 0 },
    ]);
  });

  test.each([-1, 0, 1])("that fail are told up to the bound, tried with %i more", (more) => {
    const tally = new RolloutTally(stepAt("ramp"));
    for (let unit = 0; unit < UNITS_PER_BATCH_MAX + more; unit++)
      tally.add(byUnit(unit, "percentage"), { ...MATCH, verdict: "mismatch" });
    tally.add(byUnit(0, "percentage"), { ...MATCH, verdict: "mismatch" });
    const { unitFailures = [], mismatch } = only(tally.take()).servedByLegacy;
    expect(unitFailures).toHaveLength(UNITS_PER_BATCH_MAX + Math.min(0, more));
    expect(unitFailures[0]?.mismatch).toBe(2);
    expect(mismatch).toBe(UNITS_PER_BATCH_MAX + more + 1);
  });

  test.each([
    [UNITS_PER_BATCH_MAX - 1, UNITS_PER_BATCH_MAX - 1, false],
    [UNITS_PER_BATCH_MAX, UNITS_PER_BATCH_MAX, false],
    [UNITS_PER_BATCH_MAX + 1, UNITS_PER_BATCH_MAX, true],
  ])("that are %i are listed as %i of an arm and a batch, cut: %s", (units, listed, isCut) => {
    const tally = new RolloutTally(stepAt("ramp"));
    for (let unit = 0; unit < units; unit++) tally.see(byUnit(unit, "percentage"));
    // One that is listed already is no further one.
    tally.see(byUnit(0, "percentage"));
    tally.see(byUnit(1, "percentage", "candidate"));
    const { servedByLegacy, servedByCandidate } = only(tally.take());
    expect(servedByLegacy.units).toHaveLength(listed);
    expect(servedByLegacy.isUnitsCut).toBe(isCut);
    expect(servedByCandidate).toMatchObject({ units: [1], isUnitsCut: false });
    tally.see(byUnit(5, "percentage"));
    expect(only(tally.take()).servedByLegacy).toMatchObject({ units: [5], isUnitsCut: false });
  });
});

describe("on the shadow thread", () => {
  test("both arms are told from real answers, each side timed and failed as its own", async () => {
    const legacy = await startHttp((_incoming, answer) => void answer.writeHead(500).end());
    onTestFinished(legacy.stop);
    const candidate = await startHttp((_incoming, answer) => {
      answer.writeHead(200, { "content-type": "application/json" }).end('{"a":1}');
    });
    onTestFinished(candidate.stop);
    const urls = { legacy: legacy.url, candidate: candidate.url };
    const { run } = startShadow(snapshotOf(urls, { stage: "ramp" }));
    const batch = await run(
      recordOf({}, { unit: 1, decidedBy: "percentage" }),
      recordOf({}, { unit: 2, decidedBy: "percentage", servedBy: "candidate" }),
      recordOf({}, { unit: 3, decidedBy: "percentage", servedBy: "candidate", method: "POST" }),
    );
    const { servedByLegacy, servedByCandidate } = only(batch?.rollout ?? []);
    expect(servedByLegacy).toMatchObject({ pairs: 1, match: 1, candidateFailed: 0, units: [1] });
    expect(servedByLegacy.legacyLatency).toEqual({ [latencyBucket(40)]: 1 });
    expect(Object.values(servedByLegacy.candidateLatency)).toEqual([1]);
    // A write is no pair, and its unit was dealt out all the same.
    expect(servedByCandidate).toMatchObject({ pairs: 1, incomparable: 1, legacyFailed: 1, units: [2, 3] });
    expect(servedByCandidate.candidateLatency).toEqual({});
  });

  test("who cannot be reached failed; what was not sent is no pair", async () => {
    const urls = { legacy: URLS.legacy, candidate: `http://127.0.0.1:${await closedPort()}` };
    const snapshot = snapshotOf(urls, { stage: "shadow" });
    const { run } = startShadow({
      ...snapshot,
      shadow: { ...snapshot.shadow, breaker: { failuresToOpen: 1, openMs: 60_000 } },
    });
    expect(only((await run(recordOf()))?.rollout ?? []).servedByLegacy).toMatchObject({
      pairs: 1,
      incomparable: 1,
      candidateFailed: 1,
    });
    expect(only((await run(recordOf()))?.rollout ?? []).servedByLegacy).toEqual(EMPTY_ARM);
  });

  test("a batch comes when nothing but a unit was seen, and none when nothing was", async () => {
    const { shadow } = startShadow(stepAt("ramp"));
    expect(shadow.takeBatch()).toBeUndefined();
    const rescued = SKIP_REASONS.indexOf("rescued");
    shadow.take(recordOf({}, { skip: rescued, unit: 5, decidedBy: "percentage" }), "x1");
    const batch = shadow.takeBatch();
    expect(batch?.endpoints[0]?.skipped).toEqual({ rescued: 1 });
    expect(only(batch?.rollout ?? []).servedByCandidate.units).toEqual([5]);
  });

  test("what crossed for a recording alone lists no unit: what the candidate serves is not recorded", () => {
    const { shadow } = startShadow(stepAt("ramp"));
    const sampledOut = SKIP_REASONS.indexOf("sampled-out");
    const record = recordOf({}, { skip: sampledOut, unit: 5, decidedBy: "percentage" });
    shadow.take({ ...record, recordedRequest: "complete" }, "x1");
    expect(shadow.takeBatch()).toBeUndefined();
  });

  test("a step that changes while a mirror is under way has nothing of it", async () => {
    let answer = (): void => undefined;
    const asked = Promise.withResolvers<void>();
    const candidate = await startHttp((_incoming, response) => {
      answer = () => void response.end("{}");
      asked.resolve();
    });
    onTestFinished(candidate.stop);
    const urls = { legacy: URLS.legacy, candidate: candidate.url };
    const { run, shadow } = startShadow(snapshotOf(urls, { stage: "shadow", since: 5 }));
    const ended = run(recordOf());
    await asked.promise;
    shadow.apply(snapshotOf(urls, { stage: "ramp", since: 6 }, { epoch: 6 }), NO_MODULES);
    answer();
    expect((await ended)?.rollout).toEqual([]);
  });
});

test("the test's route is the one that the tally knows", () => {
  expect(stepAt("ramp").routes.find(({ slot }) => slot === SLOT)?.name).toBe("default");
});
