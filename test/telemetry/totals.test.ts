import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import { readTotals, skippedOf } from "../../src/telemetry/totals.ts";

const ROUTES = [
  { slot: 0, name: "*other*" },
  { slot: 1, name: "users" },
];

test("sums serving, shadow and lost threads per route and overall, and the rest is in flight", () => {
  const [serving, shadow, lost] = [new Counters(), new Counters(), new Counters()];
  for (let n = 0; n < 10; n++) serving.addExchange(1);
  serving.addSkipped(1, "seam-full", 2);
  shadow.addMatch(1);
  shadow.addMatch(1);
  shadow.addMismatch(1);
  shadow.addIncomparable(1, "candidate-timeout");
  lost.addExchange(0);
  lost.addExchange(1);
  lost.addSkipped(0, "serving-thread-lost");
  const { overall, routes } = readTotals([serving, shadow, lost], ROUTES);
  expect(routes[1]).toMatchObject({
    name: "users",
    exchanges: 11,
    match: 2,
    mismatch: 1,
    incomparable: 1,
    inFlight: 5,
  });
  expect(routes[1]?.skipped).toMatchObject({ "seam-full": 2, killed: 0 });
  expect(routes[0]).toMatchObject({ exchanges: 1, inFlight: 0 });
  expect(overall).toMatchObject({ exchanges: 12, match: 2, mismatch: 1, incomparable: 1, inFlight: 5 });
  expect(overall.incomparableByReason["candidate-timeout"]).toBe(1);
  expect(skippedOf(overall)).toBe(3);
});

test("is never below zero in flight while threads write", async () => {
  const [serving, shadow] = [new Counters(), new Counters()];
  const memories = [serving.memory, shadow.memory];
  const worker = new Worker(fileURLToPath(new URL("./counting-thread.ts", import.meta.url)), {
    workerData: memories,
  });
  await new Promise((resolve) => worker.once("message", resolve));
  let least = 0;
  let exchanges = 0;
  for (let reading = 0; reading < 3000; reading++) {
    const { overall } = readTotals([serving, shadow], ROUTES);
    least = Math.min(least, overall.inFlight);
    exchanges = overall.exchanges;
  }
  await worker.terminate();
  expect(exchanges).toBeGreaterThan(0);
  expect(least).toBe(0);
});
