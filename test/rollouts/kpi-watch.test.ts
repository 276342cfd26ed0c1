import { beforeEach, expect, test } from "vitest";
import type { KpiReading, KpiSettings } from "../../src/core/gate-settings.ts";
import { KpiWatch } from "../../src/rollouts/kpi-watch.ts";

const ORDERS: KpiSettings = {
  name: "orders",
  source: { kind: "webhook", url: "http://127.0.0.1:1" },
  token: undefined,
  min: 10,
  max: undefined,
  timeoutMs: 1000,
};
const OTHER_ROUND_MS = 15_000;
const asked = { route: "users", since: 7, kpis: [ORDERS], isWarm: true };

let nowMs: number;
let answer: () => Promise<number | undefined>;
let reads: number;
let watch: KpiWatch;

beforeEach(() => {
  nowMs = 0;
  reads = 0;
  const read = async ({ name, min, max }: KpiSettings): Promise<KpiReading> => {
    reads++;
    const value = await answer();
    return value === undefined
      ? { kind: "unhealthy", name, min, max, why: "ECONNREFUSED" }
      : { kind: "value", name, min, max, value };
  };
  watch = new KpiWatch({ read }, () => nowMs);
});

/** What each round says: `undefined` for no answer. */
async function inARowAfter(values: readonly (number | undefined)[], more: Partial<typeof asked> = {}) {
  for (const value of values) {
    answer = async () => value;
    await watch.ask([{ ...asked, ...more }]);
    nowMs += OTHER_ROUND_MS;
  }
  return watch.of({ ...asked, ...more })[0]?.outsideInARow;
}

test("counts readings outside their limits in a row; one within begins anew, none at all does neither", async () => {
  expect(await inARowAfter([9])).toBe(1);
  expect(await inARowAfter([undefined])).toBe(1);
  expect(await inARowAfter([8])).toBe(2);
  expect(await inARowAfter([10])).toBe(0);
});

test("counts nothing of a warm-up, and nothing that another step was told", async () => {
  expect(await inARowAfter([9, 9], { isWarm: false })).toBe(0);
  expect(await inARowAfter([9])).toBe(1);
  expect(watch.of({ ...asked, since: 8 })).toMatchObject([{ kind: "unhealthy", why: "not asked yet" }]);
  expect(await inARowAfter([9], { since: 8 })).toBe(1);
});

test("asks again only when a number is old, and never twice at once", async () => {
  let release: (value: number) => void = () => undefined;
  answer = () => new Promise((resolve) => (release = resolve));
  const first = watch.ask([asked]);
  nowMs += 10 * OTHER_ROUND_MS;
  await watch.ask([asked]);
  expect(reads).toBe(1);
  release(12);
  await first;
  await inARowAfter([12]);
  expect(reads).toBe(2);
  nowMs -= OTHER_ROUND_MS;
  await watch.ask([asked]);
  expect(reads).toBe(2);
});
