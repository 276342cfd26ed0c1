import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { within } from "../../src/core/within.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("patience", () => {
  test("has what the work comes to, and leaves no timer behind", async () => {
    const late = vi.fn();
    expect(await within(1_000, Promise.resolve("done"), late)).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
    expect(late).not.toHaveBeenCalled();
  });

  test("ends at its time, and not before", async () => {
    const answer = vi.fn();
    const asked = within(1_000, new Promise(() => undefined), () => "late").then(answer);
    await vi.advanceTimersByTimeAsync(999);
    expect(answer).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await asked;
    expect(answer).toHaveBeenCalledExactlyOnceWith("late");
  });

  test("passes on what the work fails with, and leaves no timer behind", async () => {
    await expect(within(1_000, Promise.reject(new Error("broken")), () => "late")).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("may end in an error of its own", async () => {
    const failed = expect(
      within(1_000, new Promise(() => undefined), () => {
        throw new Error("too late");
      }),
    ).rejects.toThrow("too late");
    await vi.advanceTimersByTimeAsync(1_000);
    await failed;
  });

  test("does not mind work that fails after its time", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const work = Promise.withResolvers<string>();
    const asked = within(1_000, work.promise, () => "late");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asked).toBe("late");
    work.reject(new Error("broken"));
    // The process says so in a turn of its own.
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
