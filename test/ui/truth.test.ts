// The line of truth says the worst that is true, and rounds nothing up.
import { expect, test } from "vitest";
import type { RolloutTotals } from "../../src/admin/rollout-schemas.ts";
import type { Summary } from "../../src/admin/schemas.ts";
import { truthOf } from "../../src/ui/frame/truth.ts";

const THREAD: Summary["threads"][number] = {
  name: "serving-0",
  kind: "serving",
  state: "running",
  epoch: 1,
  restarts: 0,
  heartbeatAgeMs: 5,
};
const HEALTHY: Summary = {
  uptime: 60,
  epoch: 1,
  isKilled: false,
  totals: {
    exchanges: 1_200_000,
    match: 999_999,
    mismatch: 1,
    incomparable: 0,
    skipped: {},
    inFlight: 0,
    incomparableByReason: {},
  },
  noise: { mismatches: 0, baseline: {}, rechecks: {} },
  threads: [THREAD, { ...THREAD, name: "shadow-0", kind: "shadow" }],
  upstreams: [
    { name: "legacy", url: "http://legacy", breaker: null },
    { name: "candidate", url: "http://candidate", breaker: "closed" },
  ],
  signatures: { open: 1, untriaged: 1, confirmed: 1 },
  store: { kind: "ok", failedFlushes: 0, lost: { batches: 0, signatures: 0, samples: 0 }, corruptFiles: 0 },
};
const ALL_LEGACY: RolloutTotals = { routes: 3, serving: 0, percentMax: 0, held: 0 };
const truthWith = (changes: Partial<Summary>, totals: Partial<RolloutTotals> = {}) =>
  truthOf({ ...HEALTHY, ...changes }, { totals: { ...ALL_LEGACY, ...totals } });

test("says how much, how alike, what is open, and that the legacy path is untouched", () => {
  expect(truthWith({})).toEqual({
    exchanges: "1.2\u00a0M exchanges",
    match: "99.99\u00a0% match",
    signatures: "1 open signature",
    state: "legacy path untouched",
    tone: "good",
  });
});

test("says that the legacy fails, from one in a hundred of the exchanges of late on", () => {
  const after = (exchanges: number, failed: number) =>
    truthOf(
      {
        ...HEALTHY,
        totals: {
          ...HEALTHY.totals,
          exchanges: HEALTHY.totals.exchanges + exchanges,
          skipped: { "primary-failed": 7 + failed },
        },
      },
      {
        before: { ...HEALTHY, totals: { ...HEALTHY.totals, skipped: { "primary-failed": 7 } } },
        totals: ALL_LEGACY,
      },
    );
  expect([after(1000, 10).state, after(1000, 10).tone]).toEqual([
    "the legacy fails: no whole answer to 1.00\u00a0% of late",
    "bad",
  ]);
  expect(after(1000, 9).state).toBe("legacy path untouched");
  expect(after(0, 0).state).toBe("legacy path untouched");
});

test.each<[Partial<RolloutTotals>, string, string]>([
  [{ serving: 2, percentMax: 25 }, "the candidate serves up to 25\u00a0% on 2 of 3 routes", "good"],
  [{ serving: 1 }, "the candidate serves chosen cohorts on 1 of 3 routes", "good"],
  [{ routes: 1, serving: 1, percentMax: 100 }, "the candidate serves up to 100\u00a0%", "good"],
  [{ held: 1 }, "1 route held back", "warn"],
  [{ routes: 1, held: 1 }, "the route is held back", "warn"],
  [
    { serving: 1, percentMax: 5, held: 2 },
    "2 routes held back, the candidate serves up to 5\u00a0% on 1 of 3 routes",
    "warn",
  ],
])(
  "never calls the legacy path untouched where the candidate serves or was held back: %j",
  (totals, words, tone) => {
    const told = truthWith({}, totals);
    expect([told.state, told.tone]).toEqual([words, tone]);
  },
);

test("blames nobody for failures where both serve, and claims nothing of rollouts it does not know", () => {
  const totals = {
    ...HEALTHY.totals,
    exchanges: HEALTHY.totals.exchanges + 100,
    skipped: { "primary-failed": 50 },
  };
  const failing = { ...HEALTHY, totals };
  const told = truthOf(failing, { before: HEALTHY, totals: { ...ALL_LEGACY, serving: 1, percentMax: 50 } });
  expect(told.state).toBe("clients are failed: no whole answer to 50.00\u00a0% of late");
  expect(truthOf(HEALTHY).state).toBe("all threads run");
  const open = { upstreams: [{ name: "candidate", url: "http://candidate", breaker: "open" }] } as const;
  const broken = truthWith({ upstreams: [...open.upstreams] }, { serving: 1, percentMax: 50 });
  expect(broken.state).toBe(
    "the candidate fails: its breaker is open, nothing is mirrored, and it serves up to 50\u00a0% on 1 of 3 routes",
  );
  const replaced = { threads: [{ ...THREAD, kind: "shadow", state: "lost" } as const] };
  expect(truthWith(replaced, { serving: 1, percentMax: 5 }).state).not.toContain("untouched");
});

test("says that nothing was compared, and nothing of signatures it does not know", () => {
  const { match, signatures } = truthWith({
    totals: { ...HEALTHY.totals, match: 0, mismatch: 0 },
    signatures: null,
  });
  expect([match, signatures]).toEqual(["nothing compared yet", undefined]);
});

test.each<[string, Partial<Summary>, string]>([
  ["the kill switch", { isKilled: true, upstreams: [] }, "kill switch on"],
  ["no candidate", { upstreams: HEALTHY.upstreams.slice(0, 1) }, "no candidate"],
  [
    "an open breaker",
    { upstreams: [{ name: "candidate", url: "http://candidate", breaker: "open" }] },
    "its breaker is open",
  ],
  ["a lost serving thread", { threads: [{ ...THREAD, state: "lost" }] }, "a serving thread is lost"],
  [
    "a lost shadow thread",
    { threads: [{ ...THREAD, kind: "shadow", state: "lost" }] },
    "a shadow thread is being replaced",
  ],
  ["a failing store", { store: { ...HEALTHY.store, kind: "failing" } }, "evidence is not kept"],
])("names %s", (_name, changes, words) => {
  const { state, tone } = truthWith(changes);
  expect(state).toContain(words);
  expect(tone).not.toBe("good");
});
