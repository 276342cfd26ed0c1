import process from "node:process";
import { mock } from "node:test";
import { afterEach, expect, test } from "vitest";
import { allocateRefusal, RefusalSign } from "../../src/seam/refusal.ts";

afterEach(() => mock.restoreAll());

test("says a reason for as long as it was told, to whoever shares the memory", () => {
  let nowNs = 5_000_000_000n;
  mock.method(process.hrtime, "bigint", () => nowNs);
  const memory = allocateRefusal();
  const [shadow, serving] = [new RefusalSign(memory), new RefusalSign(memory)];
  expect(serving.reason()).toBeUndefined();
  shadow.refuse("breaker-open", 25);
  nowNs += 24_999_000n;
  expect(serving.reason()).toBe("breaker-open");
  nowNs += 1_000n;
  expect(serving.reason()).toBeUndefined();
});

test("is taken back before its time, and set anew for another reason", () => {
  const memory = allocateRefusal();
  const [shadow, serving] = [new RefusalSign(memory), new RefusalSign(memory)];
  shadow.refuse("in-flight", 60_000);
  expect(serving.reason()).toBe("in-flight");
  shadow.admit();
  expect(serving.reason()).toBeUndefined();
  shadow.refuse("breaker-open", 60_000);
  expect(serving.reason()).toBe("breaker-open");
});
