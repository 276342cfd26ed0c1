// The line of truth says the worst that is true, and rounds nothing up.
import { expect, test } from "vitest";
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
const truthWith = (changes: Partial<Summary>) => truthOf({ ...HEALTHY, ...changes });

test("says how much, how alike, what is open, and that the legacy path is untouched", () => {
  expect(truthOf(HEALTHY)).toEqual({
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
      { ...HEALTHY, totals: { ...HEALTHY.totals, skipped: { "primary-failed": 7 } } },
    );
  expect([after(1000, 10).state, after(1000, 10).tone]).toEqual([
    "the legacy fails: no whole answer to 1.00\u00a0% of late",
    "bad",
  ]);
  expect(after(1000, 9).state).toBe("legacy path untouched");
  expect(after(0, 0).state).toBe("legacy path untouched");
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
