// The counts of the summary: seldom read, and never waited for longer than a moment.
import { expect, test } from "vitest";
import { SignatureCounts } from "../../src/admin/signature-counts.ts";
import type { SignatureCount } from "../../src/store/review-store.ts";
import type { StoreRead } from "../../src/store/store.ts";
import { movableClock } from "./fixtures.ts";

const row = (changes: Partial<SignatureCount> = {}): SignatureCount => ({
  route: "r",
  endpoint: "GET /a",
  tier: "confirmed",
  state: "new",
  signatures: 1,
  ...changes,
});

function countsOf(rows: readonly SignatureCount[]) {
  const clock = movableClock();
  const state: { reads: number; answer: Promise<StoreRead<readonly SignatureCount[]>> } = {
    reads: 0,
    answer: Promise.resolve({ kind: "ok", value: rows }),
  };
  const review = {
    signatureCounts: () => {
      state.reads++;
      return state.answer;
    },
  };
  return { counts: new SignatureCounts(review, clock), clock, state };
}

test("noise and what was gone at a second look wait for nobody; a bug is open, and has been looked at", async () => {
  const { counts } = countsOf([
    row({ signatures: 1 }),
    row({ signatures: 2, tier: "suspect" }),
    row({ signatures: 4, state: "bug" }),
    row({ signatures: 8, state: "reopened" }),
    row({ signatures: 16, tier: "noise" }),
    row({ signatures: 32, tier: "transient" }),
    row({ signatures: 64, state: "accepted" }),
    row({ signatures: 128, state: "fixed" }),
  ]);
  expect(await counts.current()).toEqual({ open: 15, untriaged: 11, confirmed: 9 });
});

test("are read every two seconds at most, and anew where something was decided", async () => {
  const { counts, clock, state } = countsOf([row()]);
  await Promise.all([counts.current(), counts.current()]);
  clock.advance(1_999);
  await counts.current();
  expect(state.reads).toBe(1);
  clock.advance(1);
  await counts.current();
  expect(state.reads).toBe(2);
  counts.forget();
  await counts.current();
  expect(state.reads).toBe(3);
});

test("are unknown while the store cannot be read", async () => {
  const { counts, state } = countsOf([]);
  state.answer = Promise.resolve({ kind: "failed", code: "io", message: "" });
  expect(await counts.current()).toBeNull();
});

test("are those of before while the store is busy, and one question waits for it", async () => {
  const { counts, clock, state } = countsOf([row()]);
  const before = await counts.current();
  const busy = Promise.withResolvers<StoreRead<readonly SignatureCount[]>>();
  state.answer = busy.promise;
  clock.advance(2_000);
  expect(await Promise.all([counts.current(), counts.current()])).toEqual([before, before]);
  clock.advance(10_000);
  expect(await counts.current()).toEqual(before);
  expect(state.reads).toBe(2);
  busy.resolve({ kind: "ok", value: [row({ signatures: 7 })] });
  expect(await counts.current()).toMatchObject({ open: 7 });
});
