// What the board says of a route, without a browser: its place, its numbers, its words, its order, and what is sent.
import { expect, test } from "vitest";
import {
  checkAction,
  EMPTY_ACTION,
  promotionOf,
  stepName,
  targetsOf,
} from "../../src/ui/rollout/action-form.ts";
import { attentionOf, filterRoutes, sortRoutes } from "../../src/ui/rollout/board-order.ts";
import { bulletOf, type Check } from "../../src/ui/rollout/bullet.ts";
import { askExplain, EMPTY_EXPLAIN } from "../../src/ui/rollout/explain-form.ts";
import { formatMeasure, formatShare, measureWords, thresholdWords } from "../../src/ui/rollout/numbers.ts";
import { marksOf, placeOf, STAGE_ORDER } from "../../src/ui/rollout/track.ts";
import {
  concernsOf,
  etaWords,
  gateWords,
  sharesApart,
  shortWords,
  worstFirst,
} from "../../src/ui/rollout/words.ts";
import { MemoryRollout } from "../admin/memory-rollout.ts";
import { boardRoute, PASSING, ROUTES, SHORT_OF_PAIRS } from "./rollout-routes.ts";

const named = (name: string) => {
  const found = ROUTES.find(({ route }) => route === name);
  if (found === undefined) throw new Error(`no route ${name}`);
  return found;
};

const RAMP = [1, 5, 25, 50, 100];

test("a larger share stands farther along, and any share between the ticks has its place", () => {
  const ramp = [0.01, 0.5, 1, 3, 5, 10, 25, 37, 50, 99, 100].map((percent) =>
    placeOf({ stage: "ramp", percent }, RAMP),
  );
  expect(ramp).toEqual(ramp.toSorted((a, b) => a - b));
  const all = STAGE_ORDER.map((stage) => placeOf({ stage, percent: stage === "ramp" ? 1 : 0 }, RAMP));
  expect(new Set(all).size).toBe(STAGE_ORDER.length);
  expect(all).toEqual(all.toSorted((a, b) => a - b));
  expect(ramp.at(-1)).toBeLessThan(placeOf({ stage: "live", percent: 100 }, RAMP));
  expect(placeOf({ stage: "ramp", percent: 15 }, RAMP)).toBeCloseTo(
    (placeOf({ stage: "ramp", percent: 5 }, RAMP) + placeOf({ stage: "ramp", percent: 25 }, RAMP)) / 2,
  );
});

test.each<[readonly number[], readonly string[]]>([
  [RAMP, ["1", "5", "25", "50", "100"]],
  [[10], ["10"]],
  [[], []],
  [
    [0.1, 0.5, 1, 2, 5, 10, 20, 50, 100],
    ["0.1", "1", "5", "20", "100"],
  ],
  [
    [1, 2, 3, 4, 5, 6],
    ["1", "3", "6"],
  ],
])("the ramp of %j has a tick for each step, at equal distances, and room for its labels", (ramp, labels) => {
  const ticks = marksOf(ramp).filter(({ isStop }) => !isStop);
  expect(ticks.length).toBe(ramp.length);
  expect(ticks.map(({ label }) => label).filter((label) => label !== "")).toEqual(labels);
  const gaps = ticks.slice(1).map(({ at }, index) => at - (ticks[index]?.at ?? 0));
  for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0] ?? 0);
  expect(new Set(marksOf(ramp).map(({ at }) => at)).size).toBe(ramp.length + 5);
});

test("a KPI says whether its threshold is a least or a most, where the API says so", () => {
  const kpi = { name: "kpi", unit: "number", value: 812, threshold: 700 } as const;
  const words = (direction: Check["direction"]) =>
    thresholdWords(check({ ...kpi, ...(direction === undefined ? {} : { direction }) }));
  expect([words("at-least"), words("at-most"), words("between"), words(undefined)]).toEqual([
    "≥ 700",
    "≤ 700",
    "limit 700",
    "limit 700",
  ]);
});

test("what holds a gate up is named, the worst first, and the rest counted", () => {
  const short = (name: Check["name"], verdict: Check["verdict"], subject = "") => ({
    name,
    verdict,
    subject,
  });
  const checks = [short("hold", "insufficient"), short("pairs", "pass"), short("errors", "fail")];
  expect(shortWords({ verdict: "fail", checks })).toBe("errors above the legacy's, time in the step");
  expect(shortWords({ verdict: "fail", checks, notPassed: 5 })).toBe(
    "errors above the legacy's, time in the step and 3 more",
  );
  expect(shortWords({ verdict: "unhealthy", checks: [short("kpi", "unhealthy", "orders")] })).toBe(
    "KPI orders",
  );
  expect(shortWords({ verdict: "pass", checks: [short("pairs", "pass")] })).toBe("");
});

const check = (told: Partial<Check>): Check => ({
  name: "mismatches",
  subject: "",
  verdict: "pass",
  value: null,
  bound: null,
  threshold: null,
  samples: 0,
  unit: "rate",
  text: "",
  ...told,
});

test("a bullet keeps the order of value, bound and threshold, below zero and on a scale of factors", () => {
  const rate = bulletOf(check({ value: -0.001, bound: 0.002, threshold: 0.005 }));
  expect(rate?.value).toBeLessThan(rate?.zero ?? 0);
  expect(rate?.zero).toBeLessThan(rate?.bound ?? 0);
  expect(rate?.bound).toBeLessThan(rate?.threshold ?? 0);
  expect(rate?.threshold).toBeLessThan(1);
  const [ten, hundred, thousand] = [10, 100, 1000].map(
    (value) =>
      bulletOf(check({ name: "sample-ratio", unit: "e-value", value, threshold: 10_000 }))?.value ?? 0,
  ) as [number, number, number];
  expect(hundred - ten).toBeCloseTo(thousand - hundred);
  expect(bulletOf(check({ unit: "e-value", value: 0, threshold: 100 }))?.value).toBe(0);
});

test("a bullet of zero against zero, of nothing, and of what is no number", () => {
  expect(bulletOf(check({ name: "confirmed", unit: "count", value: 0, threshold: 0 }))).toMatchObject({
    value: 0,
    threshold: 0,
  });
  expect(bulletOf(check({}))).toBeUndefined();
  expect(bulletOf(check({ value: Number.POSITIVE_INFINITY }))).toBeUndefined();
  expect(bulletOf(check({ name: "kpi", value: 5, threshold: 4 }))?.direction).toBe("unknown");
});

test("numbers as people read them, never rounded up to a whole", () => {
  expect(formatMeasure(0.00094, "rate")).toBe("0.094\u00a0%");
  expect(formatMeasure(7_200_000, "ms")).toBe("2\u00a0h");
  expect(formatMeasure(5_400_000, "ms")).toBe("1\u00a0h 30\u00a0min");
  expect(formatMeasure(12.34, "ms")).toBe("12.3\u00a0ms");
  expect(formatMeasure(1.234, "ratio")).toBe("1.23×");
  expect(formatMeasure(1_234_567, "e-value")).toBe("1M");
  expect(formatMeasure(null, "count")).toBe("–");
  expect([0.0001, 0.05, 0.2493, 0.99999, 1, null].map(formatShare)).toEqual([
    "0.01\u00a0%",
    "5\u00a0%",
    "24.9\u00a0%",
    "99.9\u00a0%",
    "100\u00a0%",
    "–",
  ]);
  expect(measureWords(check({ name: "pairs", unit: "count", threshold: 3000 }))).toBe(
    "measured nothing, threshold ≥ 3,000",
  );
});

test("marks shares that are far apart, by factor and by points, whichever is the larger", () => {
  expect(sharesApart({ units: 0.05, requests: 0.0749 })).toBeUndefined();
  expect(sharesApart({ units: 0.05, requests: 0.0751 })).toBe(
    "1.5× as large a share of the requests: few units ask for much",
  );
  expect(sharesApart({ units: 0.005, requests: 0.02 })).toBeUndefined();
  expect(sharesApart({ units: 0.5, requests: 0.2 })).toBe(
    "2.5× as large a share of the units: they ask for little",
  );
  expect(sharesApart({ units: 0, requests: 0.3 })).toBe("requests, and hardly a unit");
  expect(sharesApart({ units: null, requests: 0.3 })).toBeUndefined();
});

test("says the gravest first, and each thing once", () => {
  const nowMs = Date.now();
  const all = concernsOf(
    { ...named("payments"), isKilled: true, isPaused: true, stragglers: ["a", "b"], warnings: ["frozen"] },
    nowMs,
  );
  expect(all.map(({ text }) => text.split(/[: ]/)[0])).toEqual(["Killed", "Rolled", "2", "Paused", "frozen"]);
  expect(concernsOf(named("users"), nowMs)).toEqual([]);
  expect(concernsOf({ ...named("users"), clockAtMs: null }, nowMs)).toEqual([
    { tone: "warn", text: "The step's clock has not begun" },
  ]);
  expect(concernsOf(named("images"), nowMs)).toEqual([]);
});

test("says what a gate is short of, and when it would pass", () => {
  expect(gateWords(PASSING)).toBe("12 pass");
  expect(gateWords(SHORT_OF_PAIRS)).toBe("2 insufficient: Compared exchanges, Mismatch rate; 10 pass");
  expect(worstFirst(SHORT_OF_PAIRS.checks).map(({ name }) => name)).toEqual([
    "pairs",
    "mismatches",
    ...PASSING.checks.map(({ name }) => name).filter((name) => name !== "pairs" && name !== "mismatches"),
  ]);
  expect(etaWords(named("users"), 0).text).toBe("certified");
  expect(etaWords(named("images"), 0).text).toBe("nothing is next");
  expect(etaWords(named("orders"), 0).title).toBe(
    "at this traffic, 25 % is certified in 3 h: 1970-01-01 03:00:00 UTC",
  );
});

test("tells what cannot wait from what is ready and what is at rest", () => {
  expect(ROUTES.map(attentionOf)).toEqual([
    "ready",
    "look",
    "act",
    "look",
    "look",
    "ready",
    "at-rest",
    "at-rest",
  ]);
  expect(attentionOf({ ...named("users"), isKilled: true })).toBe("act");
});

test("sorts by place and by time to certify, what is not known last both ways", () => {
  const names = (key: string, isDescending: boolean) =>
    sortRoutes(ROUTES, { key, isDescending }).map(({ route }) => route.slice(0, 7));
  expect(names("stage", true)).toEqual([
    "images",
    "session",
    "search",
    "orders",
    "users",
    "catalog",
    "payment",
    "a route",
  ]);
  expect(names("share", false).at(-1)).toBe("a route");
  expect(names("share", true).at(-1)).toBe("a route");
  expect(names("eta", false).slice(0, 4)).toEqual(["session", "users", "orders", "catalog"]);
  expect(filterRoutes(ROUTES, { search: "as LONG name", stage: undefined, show: "all" })).toHaveLength(1);
  expect(filterRoutes(ROUTES, { search: "", stage: undefined, show: "attention" })).toHaveLength(4);
});

test("names a step as the API takes it, the usual one first, the nearest next", () => {
  const desk = new MemoryRollout([...ROUTES]);
  const plan = desk.plan("users");
  expect(targetsOf("rollback", named("users"), plan).map(({ to }) => to)).toEqual([
    "",
    "canary",
    "shadow",
    "off",
  ]);
  expect(targetsOf("force", named("users"), plan).map(({ to }) => to)).toEqual(["", "live", "complete"]);
  expect(targetsOf("promote", named("images"), plan)).toEqual([]);
  expect(targetsOf("kill", named("users"), plan)).toEqual([]);
  expect(stepName({ stage: "ramp", percent: 0.5 })).toBe("0.5");
});

test("promotes freely, by force where the API gives a why, or not at all", () => {
  expect(["users", "orders", "payments"].map((name) => promotionOf(named(name)))).toEqual([
    "freely",
    "by-force",
    "not",
  ]);
  expect(promotionOf({ actions: [] })).toBe("not");
});

test("sends the epoch that was shown; wants a reason but for resume, and the name where it is forced", () => {
  const shown = boardRoute({ route: "users", epoch: 41 });
  const form = { ...EMPTY_ACTION, reason: " it passed " };
  expect(checkAction("promote", shown, form)).toEqual({
    ok: true,
    action: "promote",
    body: { epoch: 41, reason: "it passed" },
  });
  expect(checkAction("resume", shown, EMPTY_ACTION)).toEqual({
    ok: true,
    action: "resume",
    body: { epoch: 41 },
  });
  expect(checkAction("kill", shown, { ...EMPTY_ACTION, reason: "  " }).ok).toBe(false);
  expect(checkAction("force", shown, { ...form, typed: "user" }).ok).toBe(false);
  expect(checkAction("force", shown, { ...form, typed: "users", to: "50" })).toEqual({
    ok: true,
    action: "promote",
    body: { epoch: 41, reason: "it passed", to: "50", force: true },
  });
});

test("asks explain as a client would send it, and says what is no header, cookie or path", () => {
  const asked = askExplain("users", {
    headers: "x-tenant: acme\n\nx-user:7",
    cookies: "a=1; b=2",
    target: "/users/7?x=1",
    address: " 10.0.0.1 ",
    at: "2026-11-22T14:02",
  });
  if (!asked.ok) throw new Error(JSON.stringify(asked.problems));
  const query = new URLSearchParams(asked.query);
  expect(query.getAll("header")).toEqual(["x-tenant: acme", "x-user:7", "cookie: a=1; b=2"]);
  expect(query.get("address")).toBe("10.0.0.1");
  expect(query.get("at")).toBe("2026-11-22T14:02:00.000Z");
  const wrong = askExplain("users", {
    ...EMPTY_EXPLAIN,
    headers: "acme",
    cookies: "a",
    target: "users",
    at: "noon",
  });
  expect(wrong.ok ? [] : Object.keys(wrong.problems)).toEqual(["headers", "cookies", "target", "at"]);
});
