// The store's thread dies or hangs: another one takes its place, and what was not in the file is written by it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { FLUSH_EVERY_MS } from "../../src/store/store-options.ts";
import { HUNG_AFTER_MS } from "../../src/store/threaded-store.ts";
import { answerOf, batch, endpointDelta, signatureDelta } from "./fixtures.ts";
import { holdThread } from "./held-thread.ts";
import { openThreaded } from "./threaded-fixtures.ts";

const one = () => batch({ endpoints: [endpointDelta({ exchanges: 1 })], signatures: [signatureDelta()] });

test("a thread that dies while it writes costs no count, and is said once when it ends and when it is mended", async () => {
  const { store, crash, logged, workers } = await openThreaded();
  await holdThread("store");
  store.record(one());
  const flushed = store.flush();
  store.record(one());
  await crash();
  await flushed;
  expect(store.health()).toMatchObject({ kind: "failing", code: "internal", lost: { batches: 0 } });
  // A flush writes what was handed over before, the next one what came since.
  await store.flush();
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "ok", lost: { batches: 0 } });
  expect(answerOf(await store.totals()).exchanges).toBe(2);
  expect(workers).toHaveLength(2);
  expect(logged).toEqual([
    { level: "error", message: "the store's thread was lost (it exited)" },
    { level: "info", message: "the store's thread works again" },
  ]);
});

test("who asked a thread that dies is answered; who waits for it is answered by the next one", async () => {
  const { store, crash } = await openThreaded();
  await holdThread("store");
  const asked = [store.totals(), store.totals()];
  await crash();
  expect(await Promise.all(asked)).toMatchObject([{ kind: "failed", code: "internal" }, { kind: "ok" }]);
});

test("a thread that dies with counts that it could not write costs none of them", async () => {
  const { store, directory, crash } = await openThreaded();
  rmSync(join(directory, "parallax.db"));
  const other = new DatabaseSync(join(directory, "parallax.db"));
  other.exec("BEGIN EXCLUSIVE");
  store.record(one());
  await store.flush();
  store.record(one());
  await store.flush();
  const failed = store.health().failedFlushes;
  other.close();
  await crash();
  await store.flush();
  await store.flush();
  expect(answerOf(await store.totals()).exchanges).toBe(2);
  expect(store.health()).toMatchObject({ failedFlushes: failed, lost: { batches: 0 } });
});

test("what two threads in a row died of is given up and counted; what comes after it is written", async () => {
  const { store, crash, tick } = await openThreaded();
  store.record(one());
  for (let losses = 1; losses <= 2; losses++) {
    await holdThread("store");
    const flushed = store.flush();
    await crash();
    await flushed;
    expect(store.health().lost.batches).toBe(losses - 1);
    tick(losses - 1);
    // The next thread has begun.
    await store.totals();
  }
  expect(store.health().lost).toEqual({ batches: 1, signatures: 1, samples: 0 });
  store.record(one());
  await store.flush();
  expect(answerOf(await store.totals()).exchanges).toBe(1);
});

test("a thread in a crash loop is started again at once, then later and later", async () => {
  const { crash, tick, workers } = await openThreaded();
  const ticksUntilNext = async (): Promise<number> => {
    const before = workers.length;
    await crash();
    await new Promise(setImmediate);
    let ticks = 0;
    for (; workers.length === before; ticks++) {
      tick();
      await new Promise(setImmediate);
    }
    return ticks;
  };
  const waits: number[] = [];
  for (let losses = 0; losses < 10; losses++) waits.push(await ticksUntilNext());
  expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test("a thread that hangs is replaced, and what it was writing is not counted twice", async () => {
  const { store, tick, logged, workers } = await openThreaded();
  const held = await holdThread("store");
  store.record(one());
  const flushed = store.flush();
  store.record(one());
  tick(HUNG_AFTER_MS / FLUSH_EVERY_MS - 1);
  expect(workers).toHaveLength(1);
  expect(store.health()).toMatchObject({ kind: "failing", code: "busy" });
  tick();
  await flushed;
  expect(workers).toHaveLength(2);
  expect(store.health()).toMatchObject({ kind: "failing", code: "internal", lost: { batches: 1 } });
  await store.flush();
  expect(answerOf(await store.totals()).exchanges).toBe(1);
  expect(logged.map(({ message }) => message)).toContain(
    "the store's thread was lost (no answer for 15 minutes)",
  );
  await held.release();
});
