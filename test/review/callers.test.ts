// What serving threads say of callers, on its way to the store.
import { expect, test } from "vitest";
import type { CallerDelta } from "../../src/core/callers.ts";
import { OTHER } from "../../src/core/other.ts";
import { DETECTORS, type Detector } from "../../src/core/snapshot.ts";
import { CALLERS_WAITING_MAX, CallerIntake, lastCallerMs } from "../../src/review/callers.ts";
import type { StoreFaultCode } from "../../src/store/store.ts";
import { answerOf, openStore, START_MS } from "../store/fixtures.ts";

function delta(unit: string, more: Partial<CallerDelta> = {}): CallerDelta {
  return { route: "old", unitKind: "tenant", unit, userAgent: "app/1", requests: 1, ...more };
}

/** A real store, that fails as long as there is a fault. */
function started(detectors: readonly Detector[] = DETECTORS) {
  const { store } = openStore({ callersPerRouteMax: 1_000_000 });
  const fault: { code?: StoreFaultCode } = {};
  let nowMs = START_MS;
  const intake = new CallerIntake({
    store: {
      recordCallers: async (sums) =>
        fault.code === undefined
          ? store.recordCallers(sums)
          : { kind: "failed", code: fault.code, message: "as the test wants" },
    },
    nowMs: () => nowMs++,
    detectors: () => detectors,
  });
  const rows = async () => {
    await intake.stop();
    return answerOf(await store.callers({ limit: 100_000 })).rows;
  };
  return { intake, fault, rows };
}

test("a unit and a user agent that look like secrets are never stored, and count as one", async () => {
  const { intake, rows } = started();
  intake.see([delta("ann@example.com"), delta("bob@example.com", { requests: 2 }), delta("acme")]);
  intake.see([delta("acme", { userAgent: "bot/1 bob@example.com" })]);
  const found = await rows();
  expect(found.map(({ unit, userAgent, requests }) => [unit, userAgent, requests]).sort()).toEqual([
    ["[redacted email]", "app/1", 3],
    ["acme", "app/1", 1],
    ["acme", "bot/1 [redacted email]", 1],
  ]);
  expect(JSON.stringify(found)).not.toContain("@");
});

test("what the config does not look for is stored as it is", async () => {
  const { intake, rows } = started([]);
  intake.see([delta("ann@example.com")]);
  expect((await rows())[0]?.unit).toBe("ann@example.com");
});

test("what could not be written waits, is added up, and is written once", async () => {
  const { intake, fault, rows } = started();
  fault.code = "disk-full";
  intake.see([delta("acme")]);
  expect(await rows()).toEqual([]);
  intake.see([delta("acme", { requests: 4 })]);
  expect(await rows()).toEqual([]);
  delete fault.code;
  intake.see([delta("other")]);
  expect((await rows()).map(({ unit, requests }) => [unit, requests]).sort()).toEqual([
    ["acme", 5],
    ["other", 1],
  ]);
});

test("what may have been written all the same is not written again", async () => {
  const { intake, fault, rows } = started();
  fault.code = "busy";
  intake.see([delta("acme")]);
  await rows();
  delete fault.code;
  expect(await rows()).toEqual([]);
});

test("what waits is bounded, and past it counted as one", async () => {
  const { intake, fault, rows } = started();
  fault.code = "disk-full";
  const many = Array.from({ length: CALLERS_WAITING_MAX + 3 }, (_, n) => delta(`t${n}`));
  intake.see(many);
  delete fault.code;
  const found = await rows();
  expect(found.reduce((sum, { requests }) => sum + requests, 0)).toBe(many.length);
  expect(found.find(({ unit }) => unit === OTHER)?.requests).toBe(3);
});

test("the last call is told to who asks whether the legacy is quiet: since then, not since, not known", async () => {
  const { store } = openStore();
  await store.recordCallers([{ ...delta("acme"), firstSeenMs: START_MS, lastSeenMs: START_MS + 5 }]);
  expect(await lastCallerMs(store, "old", START_MS + 5)).toBe(START_MS + 5);
  expect(await lastCallerMs(store, "old", START_MS + 6)).toBeNull();
  expect(await lastCallerMs(store, "other", 0)).toBeNull();
  await store.close();
  expect(await lastCallerMs(store, "old", 0)).toBeUndefined();
});
