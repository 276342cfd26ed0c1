// One thread's book: what a lost thread leaves behind is settled, and nothing is counted twice.
import { describe, expect, test } from "vitest";
import { Counters, DURATION_BOUNDS_SECONDS, OTHER_SLOT, ROUTE_SLOTS } from "../../src/core/counters.ts";
import { SKIP_REASONS } from "../../src/core/skip.ts";
import { INCOMPARABLE_REASONS } from "../../src/core/verdict.ts";

const ended = (counters: Counters, slot: number): number => {
  const { match, mismatch, incomparable, skipped } = counters.outcomes(slot);
  return [...incomparable.values(), ...skipped.values()].reduce(
    (sum, count) => sum + count,
    match + mismatch,
  );
};

describe("a block of counters", () => {
  test("has a cell of its own for every count of every slot", () => {
    const counters = new Counters();
    const slots = [OTHER_SLOT, 1, ROUTE_SLOTS - 1];
    slots.forEach((slot, index) => {
      const times = index + 1;
      for (let i = 0; i < times; i++) {
        counters.addExchange(slot);
        counters.addPublished(slot);
        counters.addDrained(slot);
        counters.addMatch(slot);
        counters.addMismatch(slot);
        for (const reason of INCOMPARABLE_REASONS) counters.addIncomparable(slot, reason);
        for (const reason of SKIP_REASONS) counters.addSkipped(slot, reason);
        counters.addRequest(slot, 0, 200, 0.001);
      }
    });
    slots.forEach((slot, index) => {
      const times = index + 1;
      expect([counters.exchanges(slot), counters.published(slot), counters.drained(slot)]).toEqual([
        times,
        times,
        times,
      ]);
      const { match, mismatch, incomparable, skipped } = counters.outcomes(slot);
      expect(new Set([match, mismatch, ...incomparable.values(), ...skipped.values()])).toEqual(
        new Set([times]),
      );
      expect(counters.requests(slot, 0, 1)).toBe(times);
      expect(counters.requests(slot, 1, 1)).toBe(0);
    });
    expect(ended(counters, 2)).toBe(0);
  });

  test("is the same memory for who writes and who reads", () => {
    const writer = new Counters();
    const reader = new Counters(writer.memory);
    writer.addMatch(7);
    writer.set("seamPublished", 3);
    expect([reader.outcomes(7).match, reader.get("seamPublished")]).toEqual([1, 3]);
  });

  test("puts a duration into the bucket whose bound it does not pass", () => {
    const counters = new Counters();
    for (const seconds of [0, 0.0005, 0.00051, 30, 30.1]) counters.addUpstreamDuration(1, seconds);
    const { buckets, sumSeconds } = counters.upstreamDuration(1);
    expect(buckets).toHaveLength(DURATION_BOUNDS_SECONDS.length + 1);
    expect([buckets[0], buckets[1], buckets.at(-2), buckets.at(-1)]).toEqual([2, 1, 1, 1]);
    expect(sumSeconds).toBeCloseTo(60.101_01, 5);
  });

  test("counts a status under its class, beyond 599 as a 5xx, and none as aborted", () => {
    const counters = new Counters();
    for (const status of [101, 200, 304, 404, 502, 799, 0]) counters.addRequest(1, 2, status, 0);
    expect([0, 1, 2, 3, 4, 5].map((codeClass) => counters.requests(1, 2, codeClass))).toEqual([
      1, 1, 1, 1, 2, 1,
    ]);
  });
});

describe("a lost thread's book", () => {
  test("of a serving thread is closed by what it had not published", () => {
    const counters = new Counters();
    for (let i = 0; i < 10; i++) counters.addExchange(3);
    for (let i = 0; i < 4; i++) counters.addPublished(3);
    counters.addSkipped(3, "method", 5);
    counters.settle("serving-thread-lost");
    expect(counters.outcomes(3).skipped.get("serving-thread-lost")).toBe(1);
    counters.settle("serving-thread-lost");
    expect(counters.published(3) + ended(counters, 3)).toBe(counters.exchanges(3));
  });

  test("of a shadow thread is closed by what it had drained", () => {
    const counters = new Counters();
    for (let i = 0; i < 6; i++) counters.addDrained(ROUTE_SLOTS - 1);
    counters.addMatch(ROUTE_SLOTS - 1);
    counters.addIncomparable(ROUTE_SLOTS - 1, "overflow");
    counters.settle("shadow-thread-lost");
    expect(counters.outcomes(ROUTE_SLOTS - 1).skipped.get("shadow-thread-lost")).toBe(4);
  });

  test("is added to the retired ones: counts are, what was of its moment is not", () => {
    const [retired, lost] = [new Counters(), new Counters()];
    for (const block of [retired, lost]) {
      block.add("resends", 2);
      block.set("requestsInFlight", 5);
      block.set("breakerState", 2);
      block.addMatch(1);
    }
    retired.set("requestsInFlight", 0);
    retired.set("breakerState", 0);
    retired.absorb(lost);
    expect([retired.get("resends"), retired.outcomes(1).match]).toEqual([4, 2]);
    expect([retired.get("requestsInFlight"), retired.get("breakerState")]).toEqual([0, 0]);
  });
});
