import { expect, test } from "vitest";
import { type Pace, Pacer } from "../../src/replay/pacer.ts";

/** How many of `exchanges` are sent within `ms` by somebody who waits exactly as told. */
function sentWithin(pace: Pace, ms: number, exchanges: number, tookMs = 0): number {
  const pacer = new Pacer(pace);
  let nowMs = 0;
  for (let sent = 0; sent < exchanges; sent++) {
    nowMs += pacer.waitMs(nowMs, 5000 + sent * 100);
    if (nowMs >= ms) return sent;
    nowMs += tookMs;
  }
  return exchanges;
}

test("sends at once where no pace is given", () => {
  expect(sentWithin({ kind: "free" }, 1, 1000)).toBe(1000);
});

test.each([
  [50, 50],
  [0.5, 1],
  [1000, 1000],
])("sends %d a second", (perSecond, sent) => {
  expect(sentWithin({ kind: "rate", perSecond }, 1000, 5000)).toBe(sent);
});

test("makes up for late timers", () => {
  // Each comes 5 ms late, of 20 ms between two.
  expect(sentWithin({ kind: "rate", perSecond: 50 }, 1000, 5000, 5)).toBe(50);
});

test("sends no burst after a pause", () => {
  const pacer = new Pacer({ kind: "rate", perSecond: 10 });
  pacer.waitMs(0, 0);
  const after = [0, 1, 2, 3].map(() => pacer.waitMs(60_000, 0));
  expect(after).toEqual([0, 0, 100, 200]);
});

test("follows the recorded times, and what is out of order at once", () => {
  const pacer = new Pacer({ kind: "speed", factor: 2 });
  expect([5000, 5200, 5100, 6000].map((atMs) => pacer.waitMs(100, atMs))).toEqual([0, 100, 50, 500]);
  expect(pacer.waitMs(10_000, 6000)).toBe(0);
});
