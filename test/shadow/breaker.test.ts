// The circuit breaker, with a clock of the test's. Around a real candidate: test/invariants.
import { describe, expect, test } from "vitest";
import { Breaker, CLOSED, HALF_OPEN, OPEN } from "../../src/shadow/breaker.ts";

const SETTINGS = { failuresToOpen: 3, openMs: 1000 };

function opened(atMs: number): Breaker {
  const breaker = new Breaker(SETTINGS);
  for (let i = 0; i < SETTINGS.failuresToOpen; i++) breaker.fail(atMs);
  return breaker;
}

describe("the breaker", () => {
  test("opens at the last of so many failures in a row, not before", () => {
    const breaker = new Breaker(SETTINGS);
    breaker.fail(0);
    breaker.fail(0);
    expect([breaker.state, breaker.admits(0), breaker.opened]).toEqual([CLOSED, true, 0]);
    breaker.fail(0);
    expect([breaker.state, breaker.admits(0), breaker.opened]).toEqual([OPEN, false, 1]);
  });

  test("counts failures in a row alone", () => {
    const breaker = new Breaker(SETTINGS);
    for (let i = 0; i < 10; i++) {
      breaker.fail(0);
      breaker.fail(0);
      breaker.succeed();
    }
    expect(breaker.state).toBe(CLOSED);
  });

  test("lets one probe through once openMs have passed, and no second one meanwhile", () => {
    const breaker = opened(5000);
    expect(breaker.admits(5999)).toBe(false);
    expect(breaker.admits(6000)).toBe(true);
    expect(breaker.state).toBe(HALF_OPEN);
    expect(breaker.admits(99_999)).toBe(false);
  });

  test("closes when the probe is answered", () => {
    const breaker = opened(0);
    breaker.admits(1000);
    breaker.succeed();
    expect([breaker.state, breaker.admits(1000)]).toEqual([CLOSED, true]);
    breaker.fail(1000);
    expect(breaker.state).toBe(CLOSED);
  });

  test("opens again for the whole time when the probe fails", () => {
    const breaker = opened(0);
    breaker.admits(1000);
    breaker.fail(1200);
    expect([breaker.state, breaker.opened]).toEqual([OPEN, 2]);
    expect([breaker.admits(2199), breaker.admits(2200)]).toEqual([false, true]);
  });

  test("is not kept open by failures of mirrors that were sent before it opened", () => {
    const breaker = opened(0);
    breaker.fail(900);
    expect([breaker.opened, breaker.admits(1000)]).toEqual([1, true]);
  });

  test("lets another probe through when one was never sent", () => {
    const breaker = opened(0);
    expect(breaker.admits(1000)).toBe(true);
    breaker.abandon();
    expect([breaker.state, breaker.opened]).toEqual([OPEN, 1]);
    expect(breaker.admits(1000)).toBe(true);
  });

  test("stays closed when a mirror was never sent", () => {
    const breaker = new Breaker(SETTINGS);
    breaker.abandon();
    expect(breaker.state).toBe(CLOSED);
  });
});
