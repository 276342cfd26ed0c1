// The store in a thread of its own: keeps what the store in this thread would, and nobody waits for it for ever.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { Store, StoreRead } from "../../src/store/store.ts";
import { FLUSH_EVERY_MS } from "../../src/store/store-options.ts";
import {
  BUSY_AFTER_MS,
  CLOSE_MS_MAX,
  openThreadedStore,
  REQUESTS_MAX,
} from "../../src/store/threaded-store.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  pathDelta,
  ruleHit,
  START_MS,
  sample,
  signatureDelta,
} from "./fixtures.ts";
import { holdThread } from "./held-thread.ts";
import { openThreaded } from "./threaded-fixtures.ts";

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ticksIn = (ms: number) => ms / FLUSH_EVERY_MS;
const one = () => batch({ endpoints: [endpointDelta({ exchanges: 1 })] });

/** Everything that a batch can carry. */
const EXAMPLE = {
  exchangeId: "s1",
  atMs: START_MS,
  part: "body",
  path: "/at",
  legacy: "1",
  candidate: undefined,
} as const;
const RICH = [
  batch({
    endpoints: [endpointDelta(), endpointDelta({ endpoint: "GET /a", noise: 1, paired: 3 })],
    signatures: [signatureDelta(), signatureDelta({ id: "00000000000000bb", path: "/name" })],
    samples: [sample("s1"), sample("s2", { atMs: START_MS + 1, notes: ["keys-reordered"] as never })],
    ruleHits: [ruleHit({ examples: [EXAMPLE] })],
    paths: [pathDelta({ both: 2, shapes: { uuid: 2 }, shapePairs: 2, timeApartMsMax: 5 }), pathDelta()],
  }),
  batch({
    endpoints: [endpointDelta({ incomparable: { overflow: 2, time: 1 } })],
    signatures: [signatureDelta({}, 3, START_MS + 5)],
    paths: [pathDelta({ candidateOnly: 1, shapes: { uuid: 1, integer: 1 }, numberApartMax: 0.5 })],
    ruleHits: [ruleHit({ hits: 5, lastHitMs: START_MS + 2 })],
  }),
];

const page = { limit: 100, offset: 0 } as const;
const READS: Readonly<Record<string, (store: Store) => Promise<StoreRead<unknown>>>> = {
  endpoints: (store) => store.endpoints({ ...page, sort: "exchanges" }),
  differences: (store) => store.differences({ ...page, sort: "count" }),
  walkEndpoints: (store) => store.walkEndpoints({ limit: 100 }),
  walkSignatures: (store) => store.walkSignatures({ limit: 100 }),
  signature: (store) => store.signature("00000000000000aa"),
  exchange: (store) => store.exchange("s1"),
  ruleEvidence: (store) => store.ruleEvidence(),
  samples: (store) => store.samples({ limit: 100 }),
  totals: (store) => store.totals(),
  paths: (store) => store.paths({ limit: 100 }),
  learnedTemplates: (store) => store.learnedTemplates(),
};

test("answers what the store in this thread answers, of everything that a batch can carry", async () => {
  const there = await openThreaded();
  const here = openStore();
  const absorption = { template: "GET /{all}", endpoints: ["GET /a", "GET /b"] };
  for (const { store } of [there, here]) {
    for (const part of RICH) store.record(part);
    await store.flush();
    expect(answerOf(await store.absorb(absorption))).toBe(true);
    // Still under a name that is absorbed.
    store.record(batch({ endpoints: [endpointDelta({ endpoint: "GET /b" })] }));
    await store.flush();
  }
  for (const [name, read] of Object.entries(READS)) {
    const answer = await read(there.store);
    expect(answer, name).toMatchObject({ kind: "ok" });
    expect(answer, name).toEqual(await read(here.store));
  }
  expect(there.store.health()).toEqual(here.store.health());
});

describe("while the thread is stuck", () => {
  test("batches merge, and are written as one when it goes on", async () => {
    const { store } = await openThreaded();
    const held = await holdThread("store");
    store.record(one());
    const stuck = store.flush();
    for (let n = 0; n < 1000; n++) store.record(one());
    await held.release();
    await stuck;
    expect(answerOf(await store.totals()).exchanges).toBe(1);
    await store.flush();
    expect(answerOf(await store.totals()).exchanges).toBe(1001);
  });

  test("what waits stays within its bounds, and what does not fit is counted", async () => {
    const { store } = await openThreaded({ queuedSamplesMax: 3 });
    const held = await holdThread("store");
    store.record(one());
    const stuck = store.flush();
    for (let n = 0; n < 5; n++) store.record(batch({ samples: [sample(`s${n}`)] }));
    expect(store.health().lost).toEqual({ batches: 2, signatures: 0, samples: 2 });
    await held.release();
    await stuck;
    await store.flush();
    expect(answerOf(await store.totals()).samples).toBe(3);
  });

  test("a flush that is due goes before those who ask, who are answered in their turn", async () => {
    const { store, tick } = await openThreaded();
    const held = await holdThread("store");
    const order: string[] = [];
    const ask = async (name: string) => {
      const { exchanges } = answerOf(await store.totals());
      order.push(`${name}: ${exchanges}`);
    };
    const asked = [ask("first"), ask("second")];
    store.record(one());
    tick();
    asked.push(ask("third"));
    await held.release();
    await Promise.all(asked);
    expect(order).toEqual(["first: 0", "second: 1", "third: 1"]);
  });

  test(`${REQUESTS_MAX} requests wait; a further one is answered at once`, async () => {
    const { store } = await openThreaded();
    const held = await holdThread("store");
    const underWay = store.totals();
    const waiting = Array.from({ length: REQUESTS_MAX }, () => store.totals());
    expect(await store.totals()).toMatchObject({ kind: "failed", code: "busy" });
    await held.release();
    const answers = await Promise.all([underWay, ...waiting]);
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(["ok"]));
    expect(await store.totals()).toMatchObject({ kind: "ok" });
  });

  test("who asks is answered in time, health says so, and what was not begun is never done", async () => {
    const { store, tick, logged } = await openThreaded();
    const held = await holdThread("store");
    const asked = [store.totals(), store.absorb({ template: "GET /{all}", endpoints: [] })];
    tick(ticksIn(BUSY_AFTER_MS) - 1);
    expect(store.health().kind).toBe("ok");
    tick();
    for (const read of await Promise.all(asked)) expect(read).toMatchObject({ kind: "failed", code: "busy" });
    expect(store.health()).toMatchObject({ kind: "failing", code: "busy", sinceMs: START_MS });
    await held.release();
    expect(answerOf(await store.learnedTemplates())).toEqual([]);
    expect(store.health().kind).toBe("ok");
    expect(logged.map(({ level }) => level)).toEqual(["error", "info"]);
  });
});

test("a request that cannot be sent to another thread fails alone", async () => {
  const { store } = await openThreaded();
  const refused = store.endpoints({ ...page, sort: "exchanges", route: (() => undefined) as never });
  const next = store.totals();
  expect(await refused).toMatchObject({ kind: "failed", code: "internal" });
  expect(await next).toMatchObject({ kind: "ok" });
});

describe("a file in trouble", () => {
  test("keeps what was handed over queued, once, until it can be written", async () => {
    const { store, directory, logged } = await openThreaded();
    rmSync(join(directory, "parallax.db"));
    const other = new DatabaseSync(join(directory, "parallax.db"));
    other.exec("BEGIN EXCLUSIVE");
    for (let n = 0; n < 4; n++) {
      store.record(one());
      await store.flush();
    }
    const failing = { kind: "failing", code: "locked", failedFlushes: 4, lost: { batches: 0 } };
    expect(store.health()).toMatchObject(failing);
    other.close();
    await store.flush();
    await store.flush();
    expect(store.health()).toMatchObject({ kind: "ok", failedFlushes: 4 });
    expect(answerOf(await store.totals()).exchanges).toBe(4);
    expect(logged.map(({ message }) => message)).toEqual([
      expect.stringContaining("moved or deleted"),
      expect.stringContaining("another process holds the file"),
      expect.stringContaining("for its owner alone now"),
      "the store works again",
    ]);
  });

  test.each([
    ["another store holds it", "locked", (directory: string) => void openStore({}, directory)],
    [
      "it belongs to another program",
      "foreign-file",
      (directory: string) => {
        const other = new DatabaseSync(join(directory, "parallax.db"));
        other.exec("PRAGMA application_id = 7; CREATE TABLE t (a)");
        other.close();
      },
    ],
    [
      "its directory is a file",
      "not-writable",
      (directory: string) => {
        rmSync(directory, { recursive: true });
        writeFileSync(directory, "");
      },
    ],
  ])("is refused at the start when %s", async (_what, code, prepare) => {
    const directory = makeDirectory();
    mkdirSync(directory, { recursive: true });
    prepare(directory);
    let workers = 0;
    const onWorker = () => workers++;
    process.on("worker", onWorker);
    const opened = await openThreadedStore({ directory, clock: systemClock, log: SILENT });
    await new Promise(setImmediate);
    process.off("worker", onWorker);
    expect(workers).toBe(1);
    expect(opened).toMatchObject({ kind: "failed", code });
    expect(opened).toMatchObject({ message: expect.stringContaining(directory) });
  });
});

describe("close", () => {
  test("writes what came last; after it requests fail, and what comes is counted as lost", async () => {
    const { store, directory } = await openThreaded();
    store.record(one());
    const closed = store.close();
    store.record(one());
    await Promise.all([closed, store.close()]);
    expect(await store.totals()).toMatchObject({ kind: "failed", code: "closed" });
    store.record(one());
    await store.flush();
    expect(store.health().lost.batches).toBe(1);
    expect(answerOf(await openStore({}, directory).store.totals()).exchanges).toBe(2);
  });

  test("answers those who wait, and gives a stuck thread up in the end, saying what is lost", async () => {
    const { store, tick, logged } = await openThreaded();
    const held = await holdThread("store");
    const asked = [store.totals(), store.totals()];
    store.record(one());
    const closed = store.close();
    tick(ticksIn(CLOSE_MS_MAX) - 1);
    expect(await asked[1]).toMatchObject({ kind: "failed", code: "closed" });
    expect(logged).toEqual([]);
    tick();
    await closed;
    expect(await asked[0]).toMatchObject({ kind: "failed", code: "closed" });
    expect(logged).toEqual([{ level: "error", message: "the store closes with counts it could not write" }]);
    expect(store.health().lost.batches).toBe(1);
    await held.release();
  });
});
