import { describe, expect, test } from "vitest";
import { type Rule, ruleIdOf } from "../../src/core/rule.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { RULES_MEASURED_MAX, RuleBooks } from "../../src/review/rule-books.ts";
import { NEVER_HIT_COMPARED_MIN, reviewRules, rulesInForce } from "../../src/review/rule-review.ts";
import type { RuleEvidence } from "../../src/store/store.ts";
import { answerOf, ruleHit, START_MS } from "../store/fixtures.ts";

const AT: Rule = { kind: "ignore", path: "/at" };
const ID = ruleIdOf(AT);

const evidenceOf = (changes: Partial<RuleEvidence> = {}): RuleEvidence => ({
  hits: [],
  differencesByEndpoint: new Map(),
  failuresByRoute: new Map(),
  ...changes,
});

function reviewOf(
  evidence: Partial<RuleEvidence>,
  { rule = AT, compared = 0, nowMs = START_MS }: { rule?: Rule; compared?: number; nowMs?: number } = {},
) {
  const [review] = reviewRules({
    rules: [{ id: ruleIdOf(rule), rule, routes: ["users", "orders"] }],
    evidence: evidenceOf(evidence),
    comparedUnder: () => compared,
    nowMs,
  });
  if (review === undefined) throw new Error("no review");
  return review;
}

const snapshotWith = (lists: Readonly<Record<string, readonly Rule[]>>, stage = "shadow") =>
  ({
    routes: Object.entries(lists).map(([name, rules]) => ({ name, stage, compare: { rules } })),
  }) as unknown as Snapshot;

test("a rule of several routes is one, and one that stands twice in a list too", () => {
  const trim: Rule = { kind: "trim", path: "/a" };
  const mine = { ...AT, owner: "me" };
  expect(rulesInForce(snapshotWith({ a: [mine, trim, AT], b: [AT] }))).toEqual([
    { id: ID, rule: mine, routes: ["a", "b"] },
    { id: ruleIdOf(trim), rule: trim, routes: ["a"] },
  ]);
  expect(rulesInForce(snapshotWith({ a: [AT] }, "off"))).toEqual([]);
});

describe("never-hit", () => {
  test.each([
    [NEVER_HIT_COMPARED_MIN - 1, []],
    [NEVER_HIT_COMPARED_MIN, [{ kind: "never-hit", compared: 1000 }]],
    [NEVER_HIT_COMPARED_MIN + 1, [{ kind: "never-hit", compared: 1001 }]],
  ])("after %i compared exchanges", (compared, flags) => {
    expect(reviewOf({}, { compared }).flags).toEqual(flags);
  });

  test("not where it hit once, ever", () => {
    expect(reviewOf({ hits: [ruleHit({ ruleId: ID, hits: 1 })] }, { compared: 5000 }).flags).toEqual([]);
  });

  test.each([
    ["index", []],
    ["lcs", []],
    ["unordered", ["never-hit"]],
    ["keyed", ["never-hit"]],
  ] as const)("of an array rule with mode %s", (mode, kinds) => {
    const rule: Rule = { kind: "array", path: "/a", mode, by: mode === "keyed" ? ["/id"] : undefined };
    expect(reviewOf({}, { rule, compared: 5000 }).flags.map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe("too-broad", () => {
  const endpoint = "GET /users/{id}";
  const flagsAt = (hits: number, shown: number, others = 0) =>
    reviewOf({
      hits: [ruleHit({ ruleId: ID, hits }), ruleHit({ ruleId: "other", hits: others })],
      differencesByEndpoint: new Map([[endpoint, shown]]),
    }).flags;

  test.each([
    [19, 0, 0, false],
    [20, 0, 0, true],
    [21, 0, 0, true],
    [49, 51, 0, false],
    [50, 50, 0, false],
    [51, 49, 0, true],
    [51, 0, 49, true],
    [50, 25, 25, false],
  ])("%i hidden, %i shown, %i hidden by others: %s", (hits, shown, others, isFlagged) => {
    const share = hits / (hits + shown + others);
    expect(flagsAt(hits, shown, others)).toEqual(isFlagged ? [{ kind: "too-broad", endpoint, share }] : []);
  });

  test("names the endpoint with the largest share of those with enough places", () => {
    const hits = [
      ruleHit({ ruleId: ID, endpoint: "GET /a", hits: 30 }),
      ruleHit({ ruleId: ID, endpoint: "GET /b", hits: 60 }),
      ruleHit({ ruleId: ID, endpoint: "GET /c", hits: 3 }),
    ];
    const differencesByEndpoint = new Map([
      ["GET /a", 10],
      ["GET /b", 40],
    ]);
    expect(reviewOf({ hits, differencesByEndpoint }).flags).toEqual([
      { kind: "too-broad", endpoint: "GET /a", share: 0.75 },
    ]);
  });
});

describe("expired", () => {
  const rule: Rule = { ...AT, expires: "2026-01-31" };
  test.each([
    ["2026-01-31T00:00:00.000Z", []],
    ["2026-01-31T23:59:59.999Z", []],
    ["2026-02-01T00:00:00.000Z", [{ kind: "expired", expires: "2026-01-31" }]],
    ["2027-01-01T00:00:00.000Z", [{ kind: "expired", expires: "2026-01-31" }]],
  ])("at %s", (now, flags) => {
    expect(reviewOf({}, { rule, nowMs: Date.parse(now) }).flags).toEqual(flags);
  });
});

test("failed: a custom rule whose routes had failures, and no other kind", () => {
  const failuresByRoute = new Map([
    ["users", 2],
    ["orders", 1],
    ["elsewhere", 9],
  ]);
  const custom: Rule = { kind: "custom", module: "/x.js" };
  expect(reviewOf({ failuresByRoute }, { rule: custom }).flags).toEqual([{ kind: "failed", exchanges: 3 }]);
  expect(reviewOf({ failuresByRoute }).flags).toEqual([]);
  expect(reviewOf({}, { rule: custom }).flags).toEqual([]);
});

test("hits of routes add up by endpoint, examples are the newest three", () => {
  const example = (atMs: number) =>
    ({ exchangeId: `x${atMs}`, atMs, part: "body", path: "/at", legacy: "1", candidate: "2" }) as const;
  const review = reviewOf({
    hits: [
      ruleHit({ ruleId: ID, hits: 3, examples: [example(4), example(1)] }),
      ruleHit({ ruleId: ID, hits: 2, route: "orders", lastHitMs: START_MS + 5, examples: [example(3)] }),
      ruleHit({ ruleId: ID, hits: 9, endpoint: "GET /b", examples: [example(2)] }),
    ],
    differencesByEndpoint: new Map([["GET /users/{id}", 5]]),
  });
  expect(review).toMatchObject({
    hits: 14,
    lastHitMs: START_MS + 5,
    endpoints: [
      { endpoint: "GET /b", hits: 9, share: 1 },
      { endpoint: "GET /users/{id}", hits: 5, share: 0.5 },
    ],
    endpointsTotal: 2,
  });
  expect(review.examples.map(({ atMs }) => atMs)).toEqual([4, 3, 2]);
});

describe("the books", () => {
  function openBooks() {
    const state = {
      nowMs: START_MS,
      compared: 0,
      reads: 0,
      isFailing: false,
      evidence: evidenceOf(),
      busy: Promise.resolve(),
    };
    const books = new RuleBooks({
      store: {
        ruleEvidence: async () => {
          state.reads++;
          await state.busy;
          if (state.isFailing) return { kind: "failed", code: "io", message: "" };
          return { kind: "ok", value: state.evidence };
        },
      },
      clock: { nowMs: () => state.nowMs, monotonicMs: () => state.nowMs },
      compared: () => new Map([["a", state.compared]]),
    });
    return { books, state };
  }

  test("a rule is in force from the snapshot that brought it, whatever was compared before", async () => {
    const { books, state } = openBooks();
    const flags = async () =>
      answerOf(await books.review()).map((review) => review.flags.map(({ kind }) => kind));
    state.compared = 5000;
    books.begin(snapshotWith({ a: [AT] }));
    state.compared = 5999;
    expect(await flags()).toEqual([[]]);
    const newer: Rule = { kind: "trim", path: "/n" };
    books.begin(snapshotWith({ a: [AT, newer] }));
    state.compared = 6000;
    expect(await flags()).toEqual([["never-hit"], []]);
    books.begin(snapshotWith({ a: [newer] }));
    books.begin(snapshotWith({ a: [AT] }));
    expect(await flags()).toEqual([[]]);
  });

  test("a scrape reads the store every ten seconds at most, and keeps what it knew while it fails", async () => {
    const { books, state } = openBooks();
    books.begin(snapshotWith({ a: [AT] }));
    state.evidence = evidenceOf({ hits: [ruleHit({ ruleId: ID, hits: 30 })] });
    const numbers = await books.numbers();
    expect([...numbers.hits]).toEqual([[ID, 30]]);
    expect(numbers.flagged).toEqual({ "never-hit": 0, "too-broad": 1, expired: 0, failed: 0 });
    state.nowMs += 10_000;
    await books.numbers();
    expect(state.reads).toBe(1);
    state.nowMs += 1;
    state.isFailing = true;
    expect([...(await books.numbers()).hits]).toEqual([[ID, 30]]);
    expect(state.reads).toBe(2);
  });

  test("a scrape of a busy store tells what is known, and none queues up behind another", async () => {
    const { books, state } = openBooks();
    books.begin(snapshotWith({ a: [AT] }));
    state.evidence = evidenceOf({ hits: [ruleHit({ ruleId: ID, hits: 30 })] });
    const { promise: isFree, resolve: free } = Promise.withResolvers<void>();
    state.busy = isFree;
    const scrapes = await Promise.all([books.numbers(), books.numbers()]);
    expect(scrapes.map(({ hits }) => [...hits])).toEqual([[], []]);
    expect(state.reads).toBe(1);
    free();
    expect([...(await books.numbers()).hits]).toEqual([[ID, 30]]);
    expect(state.reads).toBe(1);
  });

  test("rules past the first hundred have one metric together", async () => {
    const { books, state } = openBooks();
    for (const more of [-1, 0, 1, 2]) {
      const rules = Array.from(
        { length: RULES_MEASURED_MAX + more },
        (_, n): Rule => ({ kind: "trim", path: `/${n}` }),
      );
      state.evidence = evidenceOf({
        hits: rules.map((rule) => ruleHit({ ruleId: ruleIdOf(rule), hits: 1 })),
      });
      books.begin(snapshotWith({ a: rules }));
      const { hits } = await books.numbers();
      expect(hits.size).toBe(Math.min(RULES_MEASURED_MAX + more, RULES_MEASURED_MAX + 1));
      expect(hits.get("*other*") ?? 0).toBe(Math.max(0, more));
    }
  });
});
