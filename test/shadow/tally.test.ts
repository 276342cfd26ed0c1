// Sums between two batches, and their bounds: nothing is lost, and nothing grows without end.
import { describe, expect, test } from "vitest";
import type { PathDelta, RolloutDelta, Sample, Signature } from "../../src/core/batch.ts";
import { latencyBucket } from "../../src/core/latency-buckets.ts";
import { OTHER } from "../../src/core/other.ts";
import { type Rule, ruleIdOf } from "../../src/core/rule.ts";
import type { Limits } from "../../src/core/snapshot.ts";
import type { DifferenceClass, Judgement, Verdict } from "../../src/core/verdict.ts";
import { SAMPLE_BODY_BYTES_MAX } from "../../src/diff/sample.ts";
import {
  CROWDED_BODY_BYTES_MAX,
  SAMPLED_BYTES_PER_BATCH,
  SAMPLES_PER_BATCH,
  type SeenExchange,
  Tally,
} from "../../src/shadow/tally.ts";

const LIMITS: Limits = {
  headBytesMax: 1024,
  targetBytesMax: 512,
  headerLinesMax: 10,
  clientConnectionsMax: 10,
  captureBytesMax: 1024,
  endpointsMax: 3,
  signaturesPerEndpointMax: 2,
};
const SETTINGS = { limits: LIMITS, samplesPerSignature: 20, sampleBytesMax: 1 << 22 };

const seenAt = (endpoint: string, atMs = 1000): SeenExchange => ({
  route: "r",
  endpoint,
  atMs,
  servedBy: "legacy",
  status: 200,
  latencyMs: 5,
});
const signature = (id: string, endpoint = "GET /a"): Signature => ({
  id,
  endpoint,
  part: "body",
  path: `/${id}`,
  kind: "changed",
});
const RULES: readonly Rule[] = ["/a", "/b", "/c", "/d"].map((path) => ({ kind: "ignore", path }));
const idOf = (index: number) => ruleIdOf(RULES[index] as Rule);
const judged = (verdict: Verdict, signatures: readonly Signature[] = [], hits: [number, number][] = []) => ({
  exchangeId: "x1",
  judgement: { verdict, ruleHits: new Map(hits) } satisfies Judgement,
  rules: RULES,
  mirrored: { status: 200, latencyMs: 7 },
  signatures,
  isNoise: false,
});
const MATCH: Verdict = { kind: "match", how: "bytes" };
const MISMATCH: Verdict = { kind: "mismatch", differences: [], isCut: false };
const mismatchOf = (...classes: readonly DifferenceClass[]): Verdict => ({
  kind: "mismatch",
  differences: classes.map((known) => ({
    part: "body",
    path: "/x",
    kind: "added",
    legacy: undefined,
    candidate: "1",
    ...(known === "additive" ? { class: known } : undefined),
  })),
  isCut: false,
});
const EMPTY = { body: "" };
const sample = (...signatureIds: string[]) =>
  ({
    endpoint: "GET /a",
    signatureIds,
    request: EMPTY,
    legacy: EMPTY,
    candidate: EMPTY,
  }) as unknown as Sample;
const sampleOf = (bodyUnits: number) =>
  ({ ...sample("x"), legacy: { body: "x".repeat(bodyUnits) } }) as Sample;

describe("the tally", () => {
  test("has no batch when nothing was added, and starts from zero after each", () => {
    const tally = new Tally(4, SETTINGS);
    expect(tally.takeBatch()).toBeUndefined();
    tally.addJudged(seenAt("GET /a"), judged(MATCH));
    expect(tally.takeBatch()?.endpoints).toHaveLength(1);
    expect(tally.takeBatch()).toBeUndefined();
  });

  test("has one when nothing but a step's evidence was added", () => {
    const tally = new Tally(4, SETTINGS);
    const rollout = [{ route: "r" } as RolloutDelta];
    expect(tally.takeBatch([], rollout)).toMatchObject({ endpoints: [], rollout });
  });

  test("puts who served and who did not into their own columns", () => {
    const tally = new Tally(4, SETTINGS);
    const mirrored = { status: 500, latencyMs: 7 };
    tally.addJudged({ ...seenAt("GET /a"), servedBy: "candidate" }, { ...judged(MATCH), mirrored });
    tally.addFailed({ ...seenAt("GET /a"), servedBy: "candidate" }, "legacy-failed");
    expect(tally.takeBatch()?.endpoints[0]).toMatchObject({
      candidateStatus: { 200: 2 },
      legacyStatus: { 500: 1 },
      candidateLatency: { [latencyBucket(5)]: 2 },
      legacyLatency: { [latencyBucket(7)]: 1 },
    });
  });

  test("adds up every outcome of an endpoint, under its route", () => {
    const tally = new Tally(4, SETTINGS);
    tally.addJudged(seenAt("GET /a", 10), judged(MATCH));
    tally.addJudged(seenAt("GET /a", 30), judged(MISMATCH, [signature("x")]));
    tally.addJudged(seenAt("GET /a", 20), judged({ kind: "incomparable", reason: "depth", detail: "" }));
    tally.addFailed(seenAt("GET /a", 5), "candidate-timeout");
    tally.addSkipped({ ...seenAt("GET /a", 6), status: 0 }, "method");
    const batch = tally.takeBatch();
    expect(batch?.threadId).toBe(4);
    const [row] = batch?.endpoints ?? [];
    expect(row).toMatchObject({
      route: "r",
      endpoint: "GET /a",
      exchanges: 5,
      match: 1,
      mismatch: 1,
      incomparable: { depth: 1, "candidate-timeout": 1 },
      skipped: { method: 1 },
      // An exchange without an answer of the legacy has no status and no latency.
      legacyStatus: { 200: 4 },
      candidateStatus: { 200: 3 },
      lastSeenMs: 30,
    });
    const sum = (counts: Readonly<Record<number, number>> = {}) =>
      Object.values(counts).reduce((total, count) => total + count, 0);
    expect([sum(row?.legacyLatency), sum(row?.candidateLatency)]).toEqual([4, 3]);
  });

  test("keeps endpoints apart up to the limit, for good, and the rest under *other*", () => {
    const tally = new Tally(0, SETTINGS);
    expect(["a", "b", "c", "d", "a", "e"].map((name) => tally.boundedEndpoint(name))).toEqual([
      "a",
      "b",
      "c",
      OTHER,
      "a",
      OTHER,
    ]);
    tally.takeBatch();
    expect(tally.boundedEndpoint("f")).toBe(OTHER);
  });

  test("counts of each signature the breaking differences apart, also past the limit", () => {
    const tally = new Tally(0, SETTINGS);
    const [x, y, z] = [signature("x"), signature("y"), signature("z")];
    tally.addJudged(seenAt("GET /a"), judged(mismatchOf("additive", "breaking", "additive"), [x, x, y]));
    tally.addJudged(seenAt("GET /a"), judged(mismatchOf("additive", "breaking"), [x, z]));
    tally.addJudged(seenAt("GET /a"), judged(mismatchOf("additive"), [z]));
    expect(tally.takeBatch()?.signatures).toMatchObject([
      { signature: x, count: 3, breaking: 1 },
      { signature: y, count: 1, breaking: 0 },
      { signature: { path: OTHER }, count: 2, breaking: 1 },
    ]);
  });

  test("counts differences and, apart from them, the exchanges that have any", () => {
    const tally = new Tally(0, SETTINGS);
    tally.addJudged(seenAt("GET /a", 20), judged(MISMATCH, [signature("x"), signature("x"), signature("y")]));
    tally.addJudged(seenAt("GET /a", 10), judged(MISMATCH, [signature("x")]));
    expect(tally.takeBatch()?.signatures).toEqual([
      {
        signature: signature("x"),
        count: 3,
        breaking: 3,
        exchanges: 2,
        firstSeenMs: 10,
        lastSeenMs: 20,
        rechecked: 0,
        transient: 0,
      },
      {
        signature: signature("y"),
        count: 1,
        breaking: 1,
        exchanges: 1,
        firstSeenMs: 20,
        lastSeenMs: 20,
        rechecked: 0,
        transient: 0,
      },
    ]);
  });

  test.each([-1, 0, 1])(
    "keeps signatures %i from the endpoint's limit apart, the rest as *other*",
    (more) => {
      const tally = new Tally(0, SETTINGS);
      const found = ["x", "y", "z"].slice(0, 2 + more).map((id) => signature(id));
      tally.addJudged(seenAt("GET /a"), judged(MISMATCH, found));
      const paths = tally.takeBatch()?.signatures.map((delta) => delta.signature.path);
      expect(paths).toEqual(["/x", "/y", OTHER].slice(0, 2 + more));
    },
  );

  test("keeps *other* under one id per endpoint, for good; the mismatch still counts", () => {
    const tally = new Tally(0, SETTINGS);
    const all = ["x", "y", "z", "w"].map((id) => signature(id));
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, all));
    const [, , other] = tally.takeBatch()?.signatures ?? [];
    // The id is in stores and links: whoever changes how it is made loses them.
    const id = "af7bbf66f265b235";
    const shown = { id, endpoint: "GET /a", part: "body", path: OTHER, kind: "changed" };
    expect(other).toMatchObject({ count: 2, exchanges: 1, signature: shown });
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [signature("z"), signature("y")]));
    // Another endpoint has a limit of its own.
    tally.addJudged(seenAt("GET /b"), judged(MISMATCH, [signature("z", "GET /b")]));
    const batch = tally.takeBatch();
    expect(batch?.signatures.map((delta) => [delta.signature.id, delta.count])).toEqual([
      [id, 1],
      ["y", 1],
      ["z", 1],
    ]);
    expect(batch?.endpoints.map(({ mismatch }) => mismatch)).toEqual([1, 1]);
  });

  test("keeps samples past the limit under *other*, as many as of any other signature", () => {
    const tally = new Tally(0, SETTINGS);
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [signature("x"), signature("y")]));
    tally.takeBatch();
    const found = [signature("x"), signature("z"), signature("w")];
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, found));
    expect(tally.wantsSample([signature("z")])).toBe(true);
    tally.addSample(sample("x", "z", "w"));
    tally.addSample(sample("x", "z", "w"));
    expect(tally.wantsSample(found)).toBe(false);
    const batch = tally.takeBatch();
    const ids = batch?.signatures.map((delta) => delta.signature.id);
    expect(ids).toHaveLength(2);
    expect(batch?.samples[0]?.signatureIds).toEqual(ids);
  });

  test("wants two samples of a signature per batch, and none of what it does not know", () => {
    const tally = new Tally(0, SETTINGS);
    const x = signature("x");
    expect(tally.wantsSample([x])).toBe(false);
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [x, signature("y")]));
    for (let i = 0; i < 2; i++) {
      expect(tally.wantsSample([x])).toBe(true);
      tally.addSample(sample("x"));
    }
    expect(tally.wantsSample([x])).toBe(false);
    expect(tally.wantsSample([x, signature("y")])).toBe(true);
    expect(tally.takeBatch()?.samples).toHaveLength(2);
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [x]));
    expect(tally.wantsSample([x])).toBe(true);
  });

  test.each([0, 1])("wants %i samples in a batch where no more are kept", (samplesPerSignature) => {
    const tally = new Tally(0, { ...SETTINGS, samplesPerSignature });
    const x = signature("x");
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [x]));
    let taken = 0;
    for (; tally.wantsSample([x]) && taken < 10; taken++) tally.addSample(sample("x"));
    expect(taken).toBe(samplesPerSignature);
  });

  test("wants no more than 200 samples in one batch, whatever they are of", () => {
    const tally = new Tally(0, { ...SETTINGS, limits: { ...LIMITS, signaturesPerEndpointMax: 1000 } });
    let taken = 0;
    for (let i = 0; i < 300; i++) {
      const one = signature(`s${i}`);
      tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [one]));
      if (!tally.wantsSample([one])) continue;
      tally.addSample(sample(one.id));
      taken++;
    }
    expect(taken).toBe(200);
  });

  test("adds up the hits of a rule and when it last hit", () => {
    const tally = new Tally(0, SETTINGS);
    tally.addJudged(
      seenAt("GET /a", 20),
      judged(
        MATCH,
        [],
        [
          [0, 2],
          [3, 1],
        ],
      ),
    );
    tally.addJudged(seenAt("GET /a", 10), judged(MATCH, [], [[0, 5]]));
    expect(tally.takeBatch()?.ruleHits).toEqual([
      { route: "r", endpoint: "GET /a", ruleId: idOf(0), hits: 7, lastHitMs: 20, examples: [] },
      { route: "r", endpoint: "GET /a", ruleId: idOf(3), hits: 1, lastHitMs: 20, examples: [] },
    ]);
  });

  test("counts noise among the mismatches, and pairs beside the exchanges", () => {
    const tally = new Tally(4, SETTINGS);
    tally.addJudged(seenAt("GET /a"), { ...judged(MISMATCH), isNoise: true });
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH));
    tally.addPaired(seenAt("GET /a"));
    expect(tally.takeBatch()?.endpoints).toMatchObject([{ exchanges: 2, mismatch: 2, noise: 1, paired: 1 }]);
    // The second answer may come after the batch with the first.
    tally.addPaired(seenAt("GET /a"));
    expect(tally.takeBatch()?.endpoints).toMatchObject([{ exchanges: 0, mismatch: 0, noise: 0, paired: 1 }]);
  });

  test("counts a signature that was read again once per exchange, and as transient where it is gone", () => {
    const tally = new Tally(4, SETTINGS);
    const [x, y] = [signature("x"), signature("y")];
    const signatures = [x, y, x];
    expect(tally.addRechecked(seenAt("GET /a"), { signatures, stays: new Set(["y"]) })).toBe(false);
    expect(tally.addRechecked(seenAt("GET /a"), { signatures: [x], stays: new Set(["z"]) })).toBe(true);
    expect(tally.takeBatch()?.signatures).toMatchObject([
      { signature: { id: "x" }, count: 0, exchanges: 0, rechecked: 2, transient: 2 },
      { signature: { id: "y" }, count: 0, exchanges: 0, rechecked: 1, transient: 0 },
    ]);
    expect(tally.takeBatch()).toBeUndefined();
  });

  test("hands the paired counts on, alone if there is nothing else", () => {
    const tally = new Tally(4, SETTINGS);
    const path = { endpoint: "GET /a", part: "body", path: "/t", candidateOnly: 1 } as PathDelta;
    expect(tally.takeBatch([path])).toMatchObject({ endpoints: [], paths: [path] });
    expect(tally.takeBatch([])).toBeUndefined();
  });

  test("has room for others when several endpoints become one", () => {
    const tally = new Tally(4, SETTINGS);
    for (const endpoint of ["GET /u/a", "GET /u/b", "GET /x"]) tally.boundedEndpoint(endpoint);
    expect(tally.boundedEndpoint("GET /u/{u}")).toBe(OTHER);
    tally.renameEndpoints((endpoint) => endpoint.replace(/\/u\/.*/, "/u/{u}"));
    expect(["GET /u/{u}", "GET /x", "GET /y", "GET /z"].map((one) => tally.boundedEndpoint(one))).toEqual([
      "GET /u/{u}",
      "GET /x",
      "GET /y",
      OTHER,
    ]);
  });
});

describe("a storm of large samples", () => {
  test.each([-1, 0, 1])("of %i bytes beyond what a batch keeps cuts the bodies of further ones", (more) => {
    const tally = new Tally(4, SETTINGS);
    tally.addJudged(seenAt("GET /a"), judged(MISMATCH, [signature("x")]));
    expect(tally.sampleLimits.bodyBytesMax).toBe(SAMPLE_BODY_BYTES_MAX);
    tally.addSample(sampleOf(SAMPLED_BYTES_PER_BATCH + more));
    expect(tally.sampleLimits.bodyBytesMax).toBe(more < 0 ? SAMPLE_BODY_BYTES_MAX : CROWDED_BODY_BYTES_MAX);
    tally.takeBatch();
    expect(tally.sampleLimits.bodyBytesMax).toBe(SAMPLE_BODY_BYTES_MAX);
  });

  test.each([-1, 0, 1])("of %i samples beyond a batch's builds no more of them", (more) => {
    const tally = new Tally(4, { ...SETTINGS, samplesPerSignature: 2 });
    for (let n = 0; n < SAMPLES_PER_BATCH + more; n++) {
      const endpoint = "GET /a";
      tally.addJudged(seenAt(endpoint), judged(MISMATCH, [signature("x")]));
      tally.addSample({ ...sample(), endpoint });
    }
    expect(tally.wantsSample([signature("x")])).toBe(more < 0);
  });
});
