import { describe, expect, test } from "vitest";
import type { DifferenceQuery } from "../../src/store/store.ts";
import { answerOf, batch, endpointDelta, openStore, START_MS, sample, signatureDelta } from "./fixtures.ts";

const PAGE = { limit: 100, offset: 0 } as const;

describe("counts", () => {
  test("sums what several batches say of an endpoint, before and after a flush, and keeps it over a restart", async () => {
    const first = openStore();
    first.store.record(batch({ endpoints: [endpointDelta()] }));
    first.store.record(batch({ endpoints: [endpointDelta({ lastSeenMs: START_MS + 5 })] }));
    await first.store.flush();
    first.store.record(batch({ endpoints: [endpointDelta({ skipped: { killed: 2 } })] }));
    await first.store.close();

    const { store } = openStore({}, first.directory);
    const page = answerOf(await store.endpoints({ sort: "exchanges", ...PAGE }));
    expect(page.total).toBe(1);
    expect(page.rows[0]).toEqual({
      endpoint: "GET /users/{id}",
      route: "users",
      exchanges: 30,
      match: 18,
      mismatch: 6,
      noise: 0,
      paired: 0,
      incomparable: new Map([["overflow", 3]]),
      skipped: new Map([
        ["killed", 2],
        ["seam-full", 2],
      ]),
      legacy: {
        status: new Map([
          ["200", 27],
          ["404", 3],
        ]),
        latency: new Map([
          [40, 27],
          [60, 3],
        ]),
      },
      candidate: { status: new Map([["200", 24]]), latency: new Map([[50, 24]]) },
      openSignatures: 0,
      lastSeenMs: START_MS + 5,
    });
    expect(answerOf(await store.totals())).toMatchObject({
      exchanges: 30,
      match: 18,
      mismatch: 6,
      endpoints: 1,
    });
  });

  test("writes on the timer, not before", async () => {
    const { store, tick } = openStore();
    store.record(batch({ endpoints: [endpointDelta()] }));
    expect(answerOf(await store.totals()).exchanges).toBe(0);
    tick();
    expect(answerOf(await store.totals()).exchanges).toBe(10);
  });

  test("counts endpoints past the limit under *other*, and loses no exchange", async () => {
    const { store } = openStore({ endpointsMax: 2 });
    const name = (n: number) => endpointDelta({ endpoint: `GET /${n}` });
    store.record(batch({ endpoints: [name(1)] }));
    await store.flush();
    store.record(batch({ endpoints: [name(2)] }));
    await store.flush();
    store.record(batch({ endpoints: [name(3)] }));
    await store.flush();
    store.record(batch({ endpoints: [name(4), name(5), name(6), name(7)] }));
    await store.flush();
    const page = answerOf(await store.endpoints({ sort: "endpoint", ...PAGE }));
    expect(page.rows.map((row) => [row.endpoint, row.exchanges])).toEqual([
      ["*other*", 50],
      ["GET /1", 10],
      ["GET /2", 10],
    ]);
  });
});

describe("differences", () => {
  async function seed() {
    const bench = openStore();
    bench.store.record(
      batch({
        endpoints: [endpointDelta(), endpointDelta({ endpoint: "GET /orders", route: "orders" })],
        signatures: [
          signatureDelta({ id: "a" }, 5, START_MS),
          signatureDelta({ id: "b", part: "status", path: "", endpoint: "GET /orders" }, 9, START_MS + 10),
          signatureDelta({ id: "c", kind: "removed", path: "/email" }, 1, START_MS + 20),
        ],
      }),
    );
    await bench.store.flush();
    return bench.store;
  }

  const CASES: readonly (readonly [string, Partial<DifferenceQuery>, readonly string[]])[] = [
    ["all, most first", {}, ["b", "a", "c"]],
    ["of one endpoint", { endpoint: "GET /users/{id}" }, ["a", "c"]],
    ["of one route", { route: "orders" }, ["b"]],
    ["of one part", { part: "status" }, ["b"]],
    ["of one kind", { kind: "removed" }, ["c"]],
    ["of one state", { state: "new" }, ["b", "a", "c"]],
    ["since a time, inclusive", { sinceMs: START_MS + 10 }, ["b", "c"]],
    ["newest first", { sort: "lastSeen" }, ["c", "b", "a"]],
    ["the second page", { limit: 1, offset: 1 }, ["a"]],
    ["by two filters", { endpoint: "GET /users/{id}", kind: "removed" }, ["c"]],
  ];
  test.each(CASES)("lists %s", async (_name, query, ids) => {
    const store = await seed();
    const page = answerOf(await store.differences({ sort: "count", ...PAGE, ...query }));
    expect(page.rows.map((row) => row.id)).toEqual(ids);
    expect(page.total).toBe(query.limit === undefined ? ids.length : 3);
  });

  test("adds up over flushes, and keeps the first and last time seen", async () => {
    const { store } = openStore();
    for (const atMs of [START_MS + 50, START_MS + 10, START_MS + 90]) {
      // Two deltas of one flush are added up before it.
      for (const breaking of [0, 1])
        store.record(batch({ signatures: [{ ...signatureDelta({}, 1, atMs), breaking }] }));
      await store.flush();
    }
    expect(answerOf(await store.signature("00000000000000aa"))).toMatchObject({
      count: 6,
      breaking: 3,
      exchanges: 6,
      firstSeenMs: START_MS + 10,
      lastSeenMs: START_MS + 90,
      state: "new",
      exchangeIds: [],
      example: undefined,
    });
    expect(answerOf(await store.signature("none"))).toBeUndefined();
  });

  test("counts the differences of signatures past the limit", async () => {
    const { store } = openStore({ signaturesMax: 1 });
    store.record(batch({ signatures: [signatureDelta({ id: "a" }, 5)] }));
    await store.flush();
    store.record(batch({ signatures: [signatureDelta({ id: "b" }, 7)] }));
    await store.flush();
    expect(answerOf(await store.totals())).toMatchObject({ signatures: 1, differencesPastLimit: 7 });
  });
});

describe("samples", () => {
  test("come back whole, with the signature's own difference as its example", async () => {
    const { store } = openStore();
    const stored = sample("one");
    store.record(batch({ signatures: [signatureDelta()], samples: [stored] }));
    await store.flush();
    expect(answerOf(await store.exchange("one"))).toEqual(stored);
    expect(answerOf(await store.exchange("two"))).toBeUndefined();
    expect(answerOf(await store.signature("00000000000000aa"))).toMatchObject({
      exchangeIds: ["one"],
      example: { exchangeId: "one", path: "/items/3/price", legacy: "1.5", candidate: "1.6" },
    });
  });

  test("shows no example where the sample's list was cut before the signature's difference", async () => {
    const { store } = openStore();
    const [kept, cut] = [sample("kept"), sample("cut", { atMs: START_MS + 1, differences: [], isCut: true })];
    store.record(batch({ signatures: [signatureDelta()], samples: [cut] }));
    await store.flush();
    expect(answerOf(await store.signature("00000000000000aa"))).toMatchObject({
      exchangeIds: ["cut"],
      example: undefined,
    });
    store.record(batch({ samples: [kept] }));
    await store.flush();
    expect(answerOf(await store.signature("00000000000000aa"))).toMatchObject({
      exchangeIds: ["cut", "kept"],
      example: { exchangeId: "kept" },
    });
  });

  test("keeps the newest n per signature, and one that another signature still needs", async () => {
    const { store } = openStore({ samplesPerSignature: 2 });
    const [a, b] = [signatureDelta({ id: "a" }), signatureDelta({ id: "b" })];
    const at = (n: number, signatureIds: readonly string[]) =>
      sample(`s${n}`, { atMs: START_MS + n, signatureIds });
    store.record(batch({ signatures: [a, b], samples: [at(1, ["a", "b"]), at(3, ["a"]), at(4, ["a"])] }));
    store.record(batch({ samples: [at(2, ["a"])] }));
    await store.flush();
    expect(answerOf(await store.signature("a"))?.exchangeIds).toEqual(["s4", "s3"]);
    expect(answerOf(await store.signature("b"))?.exchangeIds).toEqual(["s1"]);
    expect(answerOf(await store.exchange("s1"))?.id).toBe("s1");
    expect(answerOf(await store.exchange("s2"))).toBeUndefined();
    expect(answerOf(await store.totals()).samples).toBe(3);
  });

  test("a late sample that one signature has no room for is kept for another", async () => {
    const { store } = openStore({ samplesPerSignature: 1 });
    const [a, b] = [signatureDelta({ id: "a" }), signatureDelta({ id: "b" })];
    store.record(
      batch({ signatures: [a, b], samples: [sample("new", { atMs: START_MS + 9, signatureIds: ["a"] })] }),
    );
    store.record(batch({ samples: [sample("late", { atMs: START_MS, signatureIds: ["a", "b"] })] }));
    await store.flush();
    expect(store.health().kind).toBe("ok");
    expect(answerOf(await store.signature("a"))?.exchangeIds).toEqual(["new"]);
    expect(answerOf(await store.signature("b"))?.exchangeIds).toEqual(["late"]);
    expect(answerOf(await store.exchange("late"))?.id).toBe("late");
  });

  test.each([0, 1, 2])("keeps %i where the limit says so", async (samplesPerSignature) => {
    const { store } = openStore({ samplesPerSignature });
    const samples = [1, 2, 3].map((n) => sample(`s${n}`, { atMs: START_MS + n }));
    store.record(batch({ signatures: [signatureDelta()], samples }));
    await store.flush();
    const { samples: kept, sampleBytes } = answerOf(await store.totals());
    expect(kept).toBe(samplesPerSignature);
    expect(sampleBytes > 0).toBe(samplesPerSignature > 0);
    expect(answerOf(await store.signature("00000000000000aa"))?.exchangeIds).toEqual(
      ["s3", "s2"].slice(0, samplesPerSignature),
    );
  });

  test("a signature that has all its samples takes another one a minute later, not before", async () => {
    const { store } = openStore({ samplesPerSignature: 2, sampleRenewMs: 60_000 });
    const kept = async () => answerOf(await store.signature("00000000000000aa"))?.exchangeIds;
    const take = async (id: string, afterMs: number) => {
      store.record(batch({ samples: [sample(id, { atMs: START_MS + afterMs })] }));
      await store.flush();
    };
    store.record(batch({ signatures: [signatureDelta()] }));
    await take("first", 0);
    await take("second", 1);
    await take("too-soon", 60_000);
    expect(await kept()).toEqual(["second", "first"]);
    expect(answerOf(await store.exchange("too-soon"))).toBeUndefined();
    await take("third", 60_001);
    expect(await kept()).toEqual(["third", "second"]);
  });

  test("bounds samples without a signature per endpoint", async () => {
    const { store } = openStore({ samplesPerSignature: 2 });
    const samples = [1, 2, 3].map((n) =>
      sample(`s${n}`, { atMs: START_MS + n, signatureIds: [], verdict: "incomparable", differences: [] }),
    );
    store.record(batch({ samples }));
    await store.flush();
    expect(answerOf(await store.totals()).samples).toBe(2);
  });

  test("stays under the cap in bytes, the oldest going first", async () => {
    const bytes = Buffer.byteLength(JSON.stringify(sample("s00")));
    const { store } = openStore({ samplesBytesMax: bytes * 40, samplesPerSignature: 1000 });
    const samples = Array.from({ length: 41 }, (_, n) =>
      sample(`s${String(n).padStart(2, "0")}`, { atMs: START_MS + n }),
    );
    store.record(batch({ samples: samples.slice(0, 40) }));
    await store.flush();
    expect(answerOf(await store.totals())).toMatchObject({ samples: 40, sampleBytes: bytes * 40 });
    store.record(batch({ samples: samples.slice(40) }));
    await store.flush();
    const totals = answerOf(await store.totals());
    expect(totals.sampleBytes).toBeLessThanOrEqual(bytes * 40);
    expect(totals.samples).toBeGreaterThanOrEqual(20);
    expect(answerOf(await store.exchange("s00"))).toBeUndefined();
    expect(answerOf(await store.exchange("s40"))?.id).toBe("s40");
  });

  test("goes by age while running, without new traffic", async () => {
    const { store, tick, advance } = openStore({ sampleAgeMsMax: 3_600_000 });
    store.record(batch({ samples: [sample("old"), sample("new", { atMs: START_MS + 60_000 })] }));
    tick();
    advance(3_600_000 + 60_000);
    tick();
    expect(answerOf(await store.exchange("old"))).toBeUndefined();
    expect(answerOf(await store.exchange("new"))?.id).toBe("new");
  });

  test("loses the oldest waiting one past the queue's bound, and a too large one, and counts both", async () => {
    const large = sample("large", { endpoint: "x".repeat(5_000) });
    const { store } = openStore({ queuedSamplesMax: 2, sampleBytesMax: 4_000 });
    store.record(batch({ samples: [sample("1"), sample("2")] }));
    expect(store.health().lost).toEqual({ batches: 0, signatures: 0, samples: 0 });
    store.record(batch({ samples: [sample("3"), large] }));
    expect(store.health().lost).toEqual({ batches: 1, signatures: 0, samples: 2 });
    await store.flush();
    expect(answerOf(await store.exchange("1"))).toBeUndefined();
    expect(answerOf(await store.totals()).samples).toBe(2);
  });
});

test("a closed store says so, and counts what still comes as lost", async () => {
  const { store } = openStore();
  await store.close();
  store.record(batch({ endpoints: [endpointDelta()] }));
  expect(await store.totals()).toMatchObject({ kind: "failed", code: "closed" });
  expect(store.health().lost.batches).toBe(1);
});
