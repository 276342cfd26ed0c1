// Who still calls the legacy, on real files: sums, limits, age, deletion, and a file of the version before.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { OTHER } from "../../src/core/other.ts";
import type { CallerSums } from "../../src/store/caller-store.ts";
import { DATABASE_NAME, SCHEMA_VERSION } from "../../src/store/sqlite-schema.ts";
import type { Store } from "../../src/store/store.ts";
import { answerOf, batch, endpointDelta, makeDirectory, openStore, START_MS } from "./fixtures.ts";

const ANN = { who: "ann", role: "operator" } as const;
const DAY_MS = 86_400_000;

function sums(unit: string, more: Partial<CallerSums> = {}): CallerSums {
  const seen = { firstSeenMs: START_MS, lastSeenMs: START_MS, requests: 1 };
  return { route: "old", unitKind: "tenant", unit, userAgent: "app/1", ...seen, ...more };
}

async function rowsOf(store: Store, query: Partial<Parameters<Store["callers"]>[0]> = {}) {
  return answerOf(await store.callers({ limit: 100, ...query })).rows;
}

test("adds up what is the same caller, and keeps apart what is not", async () => {
  const { store } = openStore();
  await store.recordCallers([
    sums("acme"),
    sums("acme", { userAgent: "app/2" }),
    sums("acme", { route: "b" }),
  ]);
  await store.recordCallers([
    sums("acme", { firstSeenMs: START_MS - 5, lastSeenMs: START_MS - 5, requests: 2 }),
    sums("acme", { firstSeenMs: START_MS + 9, lastSeenMs: START_MS + 9, requests: 3 }),
  ]);
  expect(await rowsOf(store, { route: "old" })).toEqual([
    sums("acme", { firstSeenMs: START_MS - 5, lastSeenMs: START_MS + 9, requests: 6 }),
    sums("acme", { userAgent: "app/2" }),
  ]);
});

test("lists the newest first, since a time, as many as are asked for, and says how many there are", async () => {
  const { store } = openStore();
  const callers = Array.from({ length: 5 }, (_, n) => sums(`t${n}`, { lastSeenMs: START_MS + n }));
  await store.recordCallers(callers);
  const asked = { route: "old", sinceMs: START_MS + 2, limit: 2 };
  const { total, rows } = answerOf(await store.callers(asked));
  expect([total, rows.map(({ unit }) => unit)]).toEqual([3, ["t4", "t3"]]);
});

test("says how many were seen since a time, and when anybody was last", async () => {
  const { store } = openStore();
  const since = async (route: string, sinceMs: number) => answerOf(await store.callersSince(route, sinceMs));
  expect(await since("old", 0)).toEqual({ callers: 0, lastSeenMs: undefined });
  await store.recordCallers([
    sums("a"),
    sums("b", { lastSeenMs: START_MS + 7 }),
    sums("c", { route: "new" }),
  ]);
  expect(await since("old", START_MS)).toEqual({ callers: 2, lastSeenMs: START_MS + 7 });
  expect(await since("old", START_MS + 7)).toEqual({ callers: 1, lastSeenMs: START_MS + 7 });
  expect(await since("old", START_MS + 8)).toEqual({ callers: 0, lastSeenMs: START_MS + 7 });
});

describe("a route with more callers than are kept apart", () => {
  test("counts those seen longest ago as one, and loses no request", async () => {
    const { store } = openStore({ callersPerRouteMax: 2 });
    const at = (n: number) => ({ firstSeenMs: START_MS + n, lastSeenMs: START_MS + n, requests: 10 + n });
    await store.recordCallers([sums("a", at(0)), sums("b", at(1))]);
    expect((await rowsOf(store)).map(({ unit }) => unit)).toEqual(["b", "a"]);
    await store.recordCallers([sums("c", at(2)), sums("d", at(3)), sums("e", { ...at(4), route: "new" })]);
    expect(await rowsOf(store, { route: "old" })).toEqual([
      sums("d", at(3)),
      sums("c", at(2)),
      { ...sums(OTHER), unitKind: OTHER, userAgent: OTHER, ...at(1), firstSeenMs: START_MS, requests: 21 },
    ]);
    expect(await rowsOf(store, { route: "new" })).toHaveLength(1);
  });
});

test("the row of those past the limit takes nobody's place", async () => {
  const { store } = openStore({ callersPerRouteMax: 2 });
  const other = { unitKind: OTHER, userAgent: OTHER, lastSeenMs: START_MS + 9 };
  await store.recordCallers([sums("a"), sums("b"), sums(OTHER, other)]);
  expect((await rowsOf(store)).map(({ unit }) => unit)).toEqual([OTHER, "a", "b"]);
});

test("forgets who was not seen for as long as the limit says, and nobody sooner", async () => {
  const bench = openStore({ callerAgeMsMax: 10 * DAY_MS });
  await bench.store.recordCallers([sums("a"), sums("b", { lastSeenMs: START_MS + DAY_MS })]);
  bench.advance(10 * DAY_MS);
  bench.tick();
  expect(await rowsOf(bench.store)).toHaveLength(2);
  bench.advance(DAY_MS);
  bench.tick();
  expect((await rowsOf(bench.store)).map(({ unit }) => unit)).toEqual(["b"]);
});

describe("deletion", () => {
  const purge = async (store: Store, query: object) =>
    answerOf(await store.purge({ isDryRun: false, ...query, ...ANN })).callers;

  test("of a route takes its callers, after a dry run that does not", async () => {
    const { store } = openStore();
    await store.recordCallers([sums("a"), sums("b", { route: "new" })]);
    expect(await purge(store, { route: "old", isDryRun: true })).toBe(1);
    expect(await rowsOf(store)).toHaveLength(2);
    expect(await purge(store, { route: "old" })).toBe(1);
    expect((await rowsOf(store)).map(({ route }) => route)).toEqual(["new"]);
  });

  test("before a time takes who was not seen since, of the route or of all", async () => {
    const { store } = openStore();
    const late = { lastSeenMs: START_MS + 5 };
    await store.recordCallers([sums("a"), sums("b", late), sums("c", { route: "new" })]);
    expect(await purge(store, { route: "old", beforeMs: START_MS + 5 })).toBe(1);
    expect(await purge(store, { beforeMs: START_MS + 5 })).toBe(1);
    expect((await rowsOf(store)).map(({ unit }) => unit)).toEqual(["b"]);
  });

  test("of an endpoint leaves them: they are counted by route", async () => {
    const { store } = openStore();
    await store.recordCallers([sums("a")]);
    expect(await purge(store, { endpoint: "*" })).toBe(0);
    expect(await rowsOf(store)).toHaveLength(1);
  });
});

test("a file of version 5 keeps what it has, and takes callers from now on", async () => {
  const directory = makeDirectory();
  const first = openStore({}, directory);
  first.store.record(batch({ endpoints: [endpointDelta({ endpoint: "GET /a", route: "old" })] }));
  await first.store.close();
  const other = new DatabaseSync(join(directory, DATABASE_NAME));
  other.exec("DROP TABLE callers; PRAGMA user_version = 5");
  other.close();

  const { store } = openStore({}, directory);
  expect(SCHEMA_VERSION).toBeGreaterThanOrEqual(6);
  expect(answerOf(await store.totals()).endpoints).toBe(1);
  expect(answerOf(await store.callersSince("old", 0)).callers).toBe(0);
  expect(answerOf(await store.recordCallers([sums("a")]))).toBe(1);
  await store.close();
  expect(await rowsOf(openStore({}, directory).store)).toEqual([sums("a")]);
});
