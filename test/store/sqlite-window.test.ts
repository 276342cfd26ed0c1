// Counts since a time: what lists answer with, in which order, and from when on they really count.
import { expect, test } from "vitest";
import type { DifferenceQuery, EndpointQuery, Store } from "../../src/store/store.ts";
import { answerOf, batch, endpointDelta, openStore, START_MS, signatureDelta } from "./fixtures.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const endpoints = async (store: Store, query: Partial<EndpointQuery>) =>
  answerOf(await store.endpoints({ sort: "exchanges", limit: 10, offset: 0, ...query })).rows;
const differences = async (store: Store, query: Partial<DifferenceQuery>) =>
  answerOf(await store.differences({ sort: "count", limit: 10, offset: 0, ...query })).rows;

async function exchangesSince(store: Store, sinceMs: number) {
  const [row] = await endpoints(store, { sinceMs });
  return [row?.window?.exchanges, row?.window?.resolution, row?.window?.fromMs];
}

/** Seen at each of these times, ten exchanges each. */
async function seenAt(timesMs: readonly number[]) {
  const { store, advance } = openStore();
  let atMs = 0;
  for (const timeMs of timesMs) {
    advance(timeMs - atMs);
    atMs = timeMs;
    store.record(batch({ endpoints: [endpointDelta({ lastSeenMs: START_MS + timeMs })] }));
    await store.flush();
  }
  return store;
}

test("counts an endpoint since the minute asked for, beside what it counts of all time", async () => {
  const store = await seenAt([0, 2 * MINUTE_MS, 5 * MINUTE_MS]);
  const [row] = await endpoints(store, { sinceMs: START_MS + 2 * MINUTE_MS + 7_000 });
  expect(row).toMatchObject({
    exchanges: 30,
    window: {
      fromMs: START_MS + 2 * MINUTE_MS,
      resolution: "minute",
      exchanges: 20,
      match: 12,
      mismatch: 4,
      noise: 0,
      incomparable: 2,
      skipped: 2,
    },
  });
  expect((await endpoints(store, {}))[0]?.window).toBeUndefined();
  const walked = answerOf(await store.walkEndpoints({ sinceMs: START_MS, limit: 10 }));
  expect(walked[0]?.window?.exchanges).toBe(30);
});

test("adds what came in the meantime, within a minute and in the next one", async () => {
  const { store, advance } = openStore();
  const since = START_MS - 1;
  for (const [waitMs, exchanges] of [
    [0, 10],
    [1_000, 20],
    [MINUTE_MS, 30],
  ] as const) {
    advance(waitMs);
    store.record(batch({ endpoints: [endpointDelta({ lastSeenMs: START_MS })] }));
    await store.flush();
    expect((await exchangesSince(store, since))[0]).toBe(exchanges);
  }
});

test("says the hour or the day that it counts from where minutes are gone", async () => {
  const store = await seenAt([0, 30 * MINUTE_MS, 8 * HOUR_MS, 40 * DAY_MS]);
  // Three sweeps, a minute apart, bring what is old into hours and days.
  expect(await exchangesSince(store, START_MS + 20 * MINUTE_MS)).toEqual([40, "day", START_MS]);
  const hourly = await seenAt([0, 90 * MINUTE_MS, 100 * MINUTE_MS, 9 * HOUR_MS]);
  expect(await exchangesSince(hourly, START_MS + 95 * MINUTE_MS)).toEqual([30, "hour", START_MS + HOUR_MS]);
  expect(await exchangesSince(hourly, START_MS + 9 * HOUR_MS)).toEqual([
    10,
    "minute",
    START_MS + 9 * HOUR_MS,
  ]);
});

test("counts from where it was asked for when nothing older is kept", async () => {
  const store = await seenAt([0]);
  const before = START_MS - 3 * DAY_MS;
  expect(await exchangesSince(store, before)).toEqual([10, "minute", before - (before % MINUTE_MS)]);
});

test("sorts endpoints and signatures by what was counted since then", async () => {
  const { store, advance } = openStore();
  const named = (endpoint: string, mismatch: number, lastSeenMs: number) =>
    endpointDelta({ endpoint, mismatch, exchanges: mismatch, lastSeenMs });
  const seen = (id: string, exchanges: number, lastSeenMs: number) => ({
    ...signatureDelta({ id }, exchanges),
    exchanges,
    lastSeenMs,
  });
  store.record(
    batch({
      endpoints: [named("GET /a", 100, START_MS), named("GET /b", 5, START_MS)],
      signatures: [seen("a", 100, START_MS), seen("b", 5, START_MS)],
    }),
  );
  await store.flush();
  advance(10 * MINUTE_MS);
  const sinceMs = START_MS + 10 * MINUTE_MS;
  store.record(
    batch({
      endpoints: [named("GET /a", 1, sinceMs), named("GET /b", 2, sinceMs)],
      signatures: [seen("a", 1, sinceMs), seen("b", 2, sinceMs)],
    }),
  );
  await store.flush();
  for (const sort of ["exchanges", "mismatch"] as const) {
    const counts = (await endpoints(store, { sort, sinceMs })).map((row) => [
      row.endpoint,
      row.window?.mismatch,
    ]);
    expect(counts).toEqual([
      ["GET /b", 2],
      ["GET /a", 1],
    ]);
    expect((await endpoints(store, { sort })).map((row) => row.endpoint)).toEqual(["GET /a", "GET /b"]);
  }
  for (const sort of ["count", "exchanges", "tier"] as const) {
    expect((await differences(store, { sort, sinceMs })).map((row) => [row.id, row.window])).toEqual([
      ["b", { fromMs: sinceMs, resolution: "minute", exchanges: 2 }],
      ["a", { fromMs: sinceMs, resolution: "minute", exchanges: 1 }],
    ]);
    expect((await differences(store, { sort })).map((row) => [row.id, row.window])).toEqual([
      ["a", undefined],
      ["b", undefined],
    ]);
  }
  const walked = answerOf(await store.walkSignatures({ sinceMs, limit: 10 }));
  expect(walked.map((row) => [row.id, row.window?.exchanges])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

test("says nothing of a name that several routes have, nor of what was not kept", async () => {
  const { store } = openStore({ trendRowsMax: 1 });
  const seen = (endpoint: string, route: string) => endpointDelta({ endpoint, route, lastSeenMs: START_MS });
  store.record(batch({ endpoints: [seen("GET /kept", "a"), seen("GET /past", "a")] }));
  await store.flush();
  const rows = await endpoints(store, { sinceMs: START_MS, sort: "endpoint" });
  expect(rows.map((row) => [row.endpoint, row.window?.exchanges])).toEqual([
    ["GET /kept", 10],
    ["GET /past", undefined],
  ]);
  store.record(batch({ endpoints: [seen("GET /kept", "b")] }));
  await store.flush();
  const shared = await endpoints(store, { sinceMs: START_MS, endpoint: "GET /kept" });
  expect(shared.map((row) => row.window)).toEqual([undefined, undefined]);
});

test("knows at once of what was deleted or became one endpoint", async () => {
  const { store } = openStore();
  const seen = (endpoint: string) => endpointDelta({ endpoint, lastSeenMs: START_MS });
  store.record(batch({ endpoints: [seen("GET /u/1"), seen("GET /u/2"), seen("GET /x")] }));
  await store.flush();
  expect((await exchangesSince(store, START_MS))[0]).toBe(10);
  await store.absorb({ template: "GET /u/{id}", endpoints: ["GET /u/1", "GET /u/2"] });
  const rows = async () =>
    (await endpoints(store, { sinceMs: START_MS })).map((row) => [row.endpoint, row.window?.exchanges]);
  expect(await rows()).toEqual([
    ["GET /u/{id}", 20],
    ["GET /x", 10],
  ]);
  await store.purge({ endpoint: "GET /x", isDryRun: false, who: "ann", role: "operator" });
  expect(await rows()).toEqual([["GET /u/{id}", 20]]);
});
