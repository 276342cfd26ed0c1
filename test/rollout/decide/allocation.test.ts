import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";

/** Threads that may begin anew: now and then V8 never gets to the code that allocates nothing. */
const THREADS_MAX = 8;
const RED_MS_MAX = 120_000;

/** The least of several threads, which stop at one that is below `enough`. */
async function heapBytesPerDecision(name: string, enough: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let thread = 0; thread < THREADS_MAX && least >= enough; thread++) {
    const worker = new Worker(new URL("./allocation-driver.ts", import.meta.url), {
      workerData: { name, enough },
    });
    const [bytes] = await once(worker, "message");
    await worker.terminate();
    least = Math.min(least, bytes);
  }
  return least;
}

describe("a decision leaves nothing for the garbage collector", () => {
  test.each(["a percentage alone", "a cookie", "a decoded path", "a percentage and three cohorts"])(
    "%s",
    async (name) => {
      // The smallest object takes 16 bytes: one for every other decision would be seen.
      expect(await heapBytesPerDecision(name, 8)).toBeLessThan(8);
    },
    RED_MS_MAX,
  );

  test(
    "a claim of a token that is known: the time alone, which is asked for",
    async () => {
      expect(await heapBytesPerDecision("a claim", 24)).toBeLessThan(24);
    },
    RED_MS_MAX,
  );
});
