// The way back that a serving thread takes by itself: what trips a route, once, and what does not.
import { describe, expect, test } from "vitest";
import type { RouteRollout } from "../../src/core/snapshot.ts";
import { type Trip, Tripwire } from "../../src/proxy/tripwire.ts";

const rollout: RouteRollout = {
  since: 7,
  basisPoints: 5000,
  salt: "parallax",
  units: [],
  deny: [],
  allow: [],
  cohorts: [],
  rescue: { isOn: true, statuses: [503], afterMs: 1000, budgetPercent: 20, budgetMin: 2 },
  tripwireFailures: 3,
};

function tripwireOf(settings = rollout): { tripwire: Tripwire; trips: Trip[] } {
  const trips: Trip[] = [];
  return { tripwire: new Tripwire(4, settings, (trip) => trips.push(trip)), trips };
}

function fail(tripwire: Tripwire, times: number): void {
  for (let i = 0; i < times; i++) tripwire.addFailure("503");
}

describe("failures in a row", () => {
  test("trip at the configured number, and not one earlier", () => {
    const { tripwire, trips } = tripwireOf();
    fail(tripwire, 2);
    expect(tripwire.isTripped).toBe(false);
    fail(tripwire, 1);
    expect(tripwire.isTripped).toBe(true);
    expect(trips).toEqual([
      { slot: 4, since: 7, cause: "failures-in-a-row", detail: "3 failures in a row, the last: 503" },
    ]);
  });

  test("are counted anew after a success", () => {
    const { tripwire } = tripwireOf();
    fail(tripwire, 2);
    tripwire.addSuccess();
    fail(tripwire, 2);
    expect(tripwire.isTripped).toBe(false);
  });

  test("are told once, and a later success does not take the trip back", () => {
    const { tripwire, trips } = tripwireOf();
    fail(tripwire, 9);
    tripwire.addSuccess();
    expect([tripwire.isTripped, trips.length]).toEqual([true, 1]);
  });
});

describe("the rescue budget", () => {
  test("allows as many as its minimum, however few the requests, and trips at the next", () => {
    const { tripwire, trips } = tripwireOf();
    tripwire.addSent(0);
    expect([tripwire.addRescue(0), tripwire.addRescue(0), tripwire.addRescue(0)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(trips[0]).toMatchObject({
      cause: "rescue-budget",
      detail: expect.stringContaining("3 of 1 requests"),
    });
  });

  test("allows its share of the requests of the last ten seconds", () => {
    const { tripwire } = tripwireOf();
    for (let i = 0; i < 50; i++) tripwire.addSent(500);
    for (let i = 0; i < 10; i++) expect(tripwire.addRescue(900)).toBe(true);
    expect(tripwire.addRescue(900)).toBe(false);
  });

  test("forgets what is ten seconds old, and not what is nine", () => {
    const { tripwire } = tripwireOf();
    expect([tripwire.addRescue(900), tripwire.addRescue(900)]).toEqual([true, true]);
    expect(tripwire.addRescue(10_000)).toBe(true);
    expect(tripwire.addRescue(10_000)).toBe(true);
    const late = tripwireOf().tripwire;
    expect([late.addRescue(900), late.addRescue(900), late.addRescue(9_999)]).toEqual([true, true, false]);
  });

  test("is empty after a long silence", () => {
    const { tripwire } = tripwireOf();
    for (let i = 0; i < 50; i++) tripwire.addSent(500);
    for (let i = 0; i < 2; i++) expect(tripwire.addRescue(3_600_000)).toBe(true);
    expect(tripwire.addRescue(3_600_000)).toBe(false);
  });
});

describe("another snapshot", () => {
  test("of the same step keeps the trip, and brings its settings", () => {
    const { tripwire } = tripwireOf();
    fail(tripwire, 2);
    expect(tripwire.keepFor({ ...rollout, tripwireFailures: 5 })).toBe(true);
    fail(tripwire, 2);
    expect(tripwire.isTripped).toBe(false);
    fail(tripwire, 1);
    expect(tripwire.isTripped).toBe(true);
  });

  test("of another step is not this one's", () => {
    const { tripwire } = tripwireOf();
    expect(tripwire.keepFor({ ...rollout, since: 8 })).toBe(false);
  });
});
