// The kept bytes of a message: whole and in order up to the limit, nothing past it, and no more memory than bytes.
import { describe, expect, test } from "vitest";
import { Capture, CaptureBudget } from "../../src/core/capture.ts";

const PLENTY = 1024 * 1024;

function captureOf(parts: readonly Buffer[], bytesMax = PLENTY, budget = new CaptureBudget(PLENTY)): Capture {
  const capture = new Capture(budget);
  capture.begin(bytesMax);
  for (const part of parts) capture.add(part);
  return capture;
}

describe("a capture", () => {
  test("keeps the bytes in order, whatever the sizes of the parts", () => {
    const sizes = [1, 1, 5000, 3, 2047, 2048, 1, 16_384, 16_383, 2];
    const parts = sizes.map((size, index) => Buffer.alloc(size, index + 1));
    const capture = captureOf(parts);
    expect(capture.state).toBe("complete");
    expect(Buffer.concat(capture.parts()).equals(Buffer.concat(parts))).toBe(true);
  });

  test("of many one-byte parts holds a few blocks", () => {
    const capture = captureOf(Array.from({ length: 40_000 }, () => Buffer.from("x")));
    expect(Buffer.concat(capture.parts())).toHaveLength(40_000);
    expect(capture.parts().length).toBeLessThan(6);
  });

  test.each([
    [9, "complete", 9],
    [10, "complete", 10],
    [11, "overflow", 0],
  ] as const)("of %i bytes with a limit of 10 is %s", (bytes, state, kept) => {
    const capture = captureOf(
      Array.from({ length: bytes }, () => Buffer.from("x")),
      10,
    );
    expect(capture.state).toBe(state);
    expect(capture.isOverBudget).toBe(false);
    expect(Buffer.concat(capture.parts())).toHaveLength(kept);
  });

  test("without bytes is absent", () => {
    expect(captureOf([]).state).toBe("absent");
  });

  test("past the budget is an overflow that is not its own, and gives back what it took", () => {
    const budget = new CaptureBudget(100);
    const capture = captureOf([Buffer.alloc(60), Buffer.alloc(5000)], PLENTY, budget);
    expect([capture.state, capture.isOverBudget]).toEqual(["overflow", true]);
    expect(budget.take(100)).toBe(true);
  });

  test("gives back its budget when it is released", () => {
    const budget = new CaptureBudget(20_000);
    const capture = captureOf([Buffer.alloc(60), Buffer.from("x")], PLENTY, budget);
    expect(budget.take(20_000)).toBe(false);
    capture.release();
    expect(budget.take(20_000)).toBe(true);
    expect(capture.parts()).toEqual([]);
  });
});
