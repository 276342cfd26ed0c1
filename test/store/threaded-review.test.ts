// What people decide and delete, through the store's thread: as in this thread, and while the thread is stuck.
import { expect, test } from "vitest";
import type { PurgeQuery } from "../../src/store/review-store.ts";
import type { Store, StoreRead } from "../../src/store/store.ts";
import { FLUSH_EVERY_MS } from "../../src/store/store-options.ts";
import { BUSY_AFTER_MS, LONG_AFTER_MS } from "../../src/store/threaded-store.ts";
import { answerOf, batch, endpointDelta, openStore, ruleHit, sample, signatureDelta } from "./fixtures.ts";
import { holdThread } from "./held-thread.ts";
import { openThreaded } from "./threaded-fixtures.ts";

const ANN = { who: "ann", role: "operator" } as const;
const ID = "00000000000000aa";
const RULE = { id: "r1", route: "users", rule: { kind: "ignore", path: "/at" } as const };
/** Past every clock there is. */
const FAR_MS = Date.UTC(2100, 0, 1);
const DAY = { resolution: "day", fromMs: 0, toMs: FAR_MS } as const;
const purge = (store: Store, changes: Partial<PurgeQuery> = {}) =>
  store.purge({ endpoint: "GET /users/{id}", isDryRun: false, ...changes, ...ANN });

/** Without when it was decided: the thread has a clock of its own. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== "object" || value === null || value instanceof Map) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (key === "atMs" ? [] : [[key, timeless(member)]])),
  );
}

/** In this order: each sees what the ones before it did. */
const STEPS: readonly (readonly [string, (store: Store) => Promise<StoreRead<unknown>>])[] = [
  ["no rule is added", (store) => store.addedRules()],
  ["signatures are counted", (store) => store.signatureCounts()],
  [
    "a decision",
    (store) =>
      store.triage({
        ...ANN,
        signatureIds: [ID, "none"],
        decision: { state: "accepted", expiresMs: FAR_MS },
        owner: "bob",
        comment: "seen",
      }),
  ],
  ["it is in the signature", (store) => store.signature(ID)],
  ["it is counted", (store) => store.signatureCounts()],
  ["a rule", (store) => store.addRule({ ...RULE, ...ANN })],
  ["the same rule", (store) => store.addRule({ ...RULE, ...ANN })],
  ["it is listed", (store) => store.addedRules()],
  ["it goes", (store) => store.removeRule({ id: RULE.id, ...ANN })],
  ["it is gone", (store) => store.removeRule({ id: RULE.id, ...ANN })],
  ["an entry", (store) => store.appendAudit({ ...ANN, action: "killed", subject: "", detail: { a: [1] } })],
  ["the log", (store) => store.audit({ limit: 10 })],
  ["a part of the log", (store) => store.audit({ limit: 1, action: "rule-added", before: 99 })],
  ["the trend of all", (store) => store.trend({ ...DAY, scope: { kind: "all" } })],
  ["the trend of one", (store) => store.trend({ ...DAY, scope: { kind: "signature", id: ID } })],
  ["latency, as maps", (store) => store.latency({ route: "users" })],
  ["what would go", (store) => purge(store, { isDryRun: true })],
  ["what goes", (store) => purge(store)],
  ["nothing is left", (store) => store.signature(ID)],
  ["the log after it", (store) => store.audit({ limit: 2 })],
];

test("each change and each reading answers what the store in this thread answers", async () => {
  const there = await openThreaded();
  const here = openStore();
  for (const { store } of [there, here]) {
    store.record(
      batch({
        endpoints: [endpointDelta()],
        signatures: [signatureDelta()],
        samples: [sample("s1")],
        ruleHits: [ruleHit()],
      }),
    );
    await store.flush();
  }
  for (const [name, step] of STEPS) {
    const answer = await step(there.store);
    expect(answer, name).toMatchObject({ kind: "ok" });
    expect(timeless(answer), name).toEqual(timeless(await step(here.store)));
  }
  const { bytesAfter } = answerOf(await there.store.vacuum(ANN));
  expect(bytesAfter).toBeGreaterThan(0);
});

test("a deletion takes what waits in this thread as well", async () => {
  const { store } = await openThreaded();
  store.record(batch({ endpoints: [endpointDelta()], samples: [sample("s1")] }));
  await store.flush();
  store.record(batch({ samples: [sample("s2")] }));
  expect(answerOf(await purge(store))).toMatchObject({ samples: 2 });
  expect(answerOf(await store.totals()).samples).toBe(0);
});

test("while the thread is stuck trends say busy, and a deletion that was not begun is never done", async () => {
  const { store, tick } = await openThreaded();
  store.record(batch({ endpoints: [endpointDelta()], samples: [sample("s1")] }));
  await store.flush();
  const held = await holdThread("store");
  const stuck = store.totals();
  const trend = store.trend({ ...DAY, scope: { kind: "all" } });
  tick(BUSY_AFTER_MS / FLUSH_EVERY_MS);
  expect(await trend).toMatchObject({ kind: "failed", code: "busy" });
  expect(await stuck).toMatchObject({ kind: "failed", code: "busy" });
  const deletion = purge(store);
  tick(LONG_AFTER_MS / FLUSH_EVERY_MS);
  expect(await deletion).toMatchObject({ kind: "failed", code: "busy" });
  await held.release();
  await store.flush();
  expect(answerOf(await store.totals()).samples).toBe(1);
  expect(answerOf(await store.trend({ ...DAY, scope: { kind: "all" } }))).toMatchObject([{ exchanges: 10 }]);
});
