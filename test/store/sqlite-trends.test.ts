// Sums over time, with a clock that the test moves.
import { expect, test } from "vitest";
import type { TrendQuery, TrendScope } from "../../src/store/review-store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  START_MS,
  signatureDelta,
} from "./fixtures.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ALL: TrendScope = { kind: "all" };

async function trend(store: Store, query: Partial<TrendQuery> = {}) {
  const range = { fromMs: START_MS - DAY_MS, toMs: START_MS + 500 * DAY_MS };
  return answerOf(await store.trend({ scope: ALL, resolution: "minute", ...range, ...query }));
}

const exchangesBy = async (store: Store, query: Partial<TrendQuery>) =>
  (await trend(store, query)).map(({ atMs, exchanges }) => [atMs - START_MS, exchanges]);

test("adds up what each flush brings, by minute, for the whole, routes, endpoints and signatures", async () => {
  const { store, advance } = openStore();
  const other = endpointDelta({
    endpoint: "GET /orders",
    route: "orders",
    noise: 1,
    legacyLatency: { 7: 3 },
  });
  store.record(batch({ endpoints: [endpointDelta(), other], signatures: [signatureDelta({ id: "a" }, 3)] }));
  await store.flush();
  advance(59_999);
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  advance(1);
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  const users = {
    exchanges: 20,
    match: 12,
    mismatch: 4,
    noise: 0,
    incomparable: 2,
    skipped: 2,
    legacyLatency: new Map([
      [40, 18],
      [60, 2],
    ]),
    candidateLatency: new Map([[50, 16]]),
  };
  expect((await trend(store, { scope: { kind: "route", route: "users" } }))[0]).toEqual({
    atMs: START_MS,
    ...users,
  });
  const empty = { legacyLatency: new Map(), candidateLatency: new Map() };
  expect((await trend(store, { scope: { kind: "endpoint", endpoint: "GET /users/{id}" } }))[0]).toEqual({
    atMs: START_MS,
    ...users,
    ...empty,
  });
  expect(await trend(store)).toMatchObject([
    {
      atMs: START_MS,
      exchanges: 30,
      noise: 1,
      legacyLatency: new Map([
        [7, 3],
        [40, 18],
        [60, 2],
      ]),
    },
    { atMs: START_MS + MINUTE_MS, exchanges: 10 },
  ]);
  expect(await trend(store, { scope: { kind: "signature", id: "a" } })).toEqual([
    { atMs: START_MS, exchanges: 3, mismatch: 3, match: 0, noise: 0, incomparable: 0, skipped: 0, ...empty },
  ]);
  expect(await trend(store, { scope: { kind: "route", route: "none" } })).toEqual([]);
});

test("coarser questions hold what is finer still, and rolling up changes no answer", async () => {
  const directory = makeDirectory();
  const { store, advance, tick } = openStore({}, directory);
  const end = 20 * DAY_MS;
  for (let at = 0; at < end; at += 7 * HOUR_MS) {
    store.record(batch({ endpoints: [endpointDelta()], signatures: [signatureDelta({ id: "a" }, 1)] }));
    tick();
    // The sweep moves a little at a time.
    for (let n = 0; n < 7; n++) {
      advance(HOUR_MS);
      tick();
    }
  }
  const scopes: readonly TrendScope[] = [
    ALL,
    { kind: "route", route: "users" },
    { kind: "endpoint", endpoint: "GET /users/{id}" },
    { kind: "signature", id: "a" },
  ];
  const flushes = Math.ceil(end / (7 * HOUR_MS));
  for (const scope of scopes) {
    const each = scope.kind === "signature" ? 1 : 10;
    const days = await exchangesBy(store, { scope, resolution: "day" });
    expect(days.map(([at]) => at)).toEqual(
      Array.from({ length: 21 }, (_, day) => day * DAY_MS).slice(0, days.length),
    );
    expect(days.reduce((sum, [, exchanges = 0]) => sum + exchanges, 0)).toBe(each * flushes);
    const hours = await exchangesBy(store, { scope, resolution: "hour" });
    expect(hours.every(([, exchanges]) => exchanges === each)).toBe(true);
    expect(hours.length).toBeGreaterThanOrEqual(Math.floor((14 * 24) / 7));
    expect(hours.length).toBeLessThan(flushes);
    expect((await exchangesBy(store, { scope, resolution: "minute" })).length).toBeLessThanOrEqual(1);
  }
  const [day] = await trend(store, { resolution: "day" });
  expect(day?.legacyLatency).toEqual(
    new Map([
      [40, 36],
      [60, 4],
    ]),
  );
});

test("a range begins with the bucket that its start lies in, and ends before its end", async () => {
  const { store, advance } = openStore();
  for (let n = 0; n < 4; n++) {
    store.record(batch({ endpoints: [endpointDelta()] }));
    await store.flush();
    advance(MINUTE_MS);
  }
  const from = START_MS + MINUTE_MS + 1;
  const range = { fromMs: from, toMs: START_MS + 3 * MINUTE_MS };
  expect((await exchangesBy(store, range)).map(([at]) => at)).toEqual([MINUTE_MS, 2 * MINUTE_MS]);
  const whole = { fromMs: from, toMs: Number.MAX_SAFE_INTEGER, resolution: "day" } as const;
  expect(await exchangesBy(store, whole)).toEqual([[0, 40]]);
  expect(await exchangesBy(store, { fromMs: 10, toMs: 5 })).toEqual([]);
  expect(await exchangesBy(store, { fromMs: -(2 ** 53), toMs: 2 ** 53 })).toHaveLength(4);
});

test("days go at their age, and nothing is left of what nobody can ask for", async () => {
  const { store, advance, tick } = openStore({ trendAgeMsMax: 30 * DAY_MS });
  store.record(batch({ endpoints: [endpointDelta()] }));
  tick();
  advance(30 * DAY_MS);
  tick();
  tick();
  expect(await exchangesBy(store, { resolution: "day" })).toEqual([[0, 10]]);
  advance(MINUTE_MS);
  tick();
  expect(await trend(store, { resolution: "day" })).toEqual([]);
});

test("at its limit of rows the whole and the routes go on, and what is old becomes coarser sooner", async () => {
  const { store, advance, tick } = openStore({ trendRowsMax: 40 });
  const endpoints = Array.from({ length: 20 }, (_, n) => endpointDelta({ endpoint: `GET /${n}` }));
  for (let minute = 0; minute < 10; minute++) {
    store.record(batch({ endpoints }));
    tick();
    advance(MINUTE_MS);
  }
  const whole = await exchangesBy(store, { resolution: "day" });
  expect(whole).toEqual([[0, 2000]]);
  const route = { kind: "route", route: "users" } as const;
  expect(await exchangesBy(store, { resolution: "day", scope: route })).toEqual([[0, 2000]]);
  const one = await exchangesBy(store, {
    resolution: "day",
    scope: { kind: "endpoint", endpoint: "GET /3" },
  });
  expect(one[0]?.[1]).toBeGreaterThanOrEqual(50);
});

test("what waited is counted in the minute in which it was written", async () => {
  const { store, advance } = openStore();
  store.record(batch({ endpoints: [endpointDelta()] }));
  advance(3 * MINUTE_MS);
  await store.flush();
  expect(await exchangesBy(store, {})).toEqual([[3 * MINUTE_MS, 10]]);
});

test("latencies of one endpoint, of a pattern, of a route and of all are sums of what was counted", async () => {
  const { store } = openStore();
  const slow = endpointDelta({ endpoint: "GET /orders", route: "orders", legacyLatency: { 90: 4 } });
  store.record(batch({ endpoints: [endpointDelta(), slow] }));
  await store.flush();
  const legacy = async (query: Parameters<Store["latency"]>[0]) =>
    Object.fromEntries(answerOf(await store.latency(query)).legacy);
  expect(await legacy({})).toEqual({ 40: 9, 60: 1, 90: 4 });
  expect(await legacy({ route: "orders" })).toEqual({ 90: 4 });
  expect(await legacy({ endpoint: "GET /users/{id}" })).toEqual({ 40: 9, 60: 1 });
  expect(await legacy({ endpoint: "*o*" })).toEqual({ 90: 4 });
  expect(answerOf(await store.latency({ route: "none" }))).toEqual({
    legacy: new Map(),
    candidate: new Map(),
  });
});
