import { expect, test } from "vitest";
import { type CleanupFacts, findCleanups } from "../../src/admin/cleanup.ts";
import type { RuleAnswer } from "../../src/admin/rule-schemas.ts";

const NOW_MS = Date.UTC(2026, 5, 30);
const DAY_MS = 86_400_000;

const FACTS: CleanupFacts = {
  nowMs: NOW_MS,
  uptimeSeconds: 30 * 86_400,
  rules: [],
  rollouts: [],
  inUse: { routes: [], overrideHeader: undefined, overridden: 0, requests: 5000 },
  calledSinceSunset: new Map(),
};
const LISTS = { deny: [], allow: [], cohorts: [], sunsetMs: undefined, adapter: undefined };

function rule(changes: Partial<RuleAnswer>): RuleAnswer {
  const unused = { routes: [], routesTotal: 1, endpoints: [], endpointsTotal: 0, examples: [] };
  return {
    id: "0123456789ab",
    rule: { kind: "ignore", path: "/meta/at" },
    ...unused,
    hits: 0,
    lastHitMs: null,
    added: null,
    flags: [],
    ...changes,
  };
}

/** Kind and subject of what can go. */
function found(facts: Partial<CleanupFacts>): readonly string[] {
  return findCleanups({ ...FACTS, ...facts }).map(({ kind, subject }) => `${kind} ${subject}`);
}

test("rules that never hid anything, or outlived their date, and no others", () => {
  const never = rule({ id: "dead", flags: [{ kind: "never-hit", compared: 12_000 }] });
  const expired = rule({
    id: "old",
    hits: 7,
    lastHitMs: 0,
    flags: [{ kind: "expired", expires: "2026-01-01" }],
    added: { who: "alice", atMs: 0 },
  });
  const broad = rule({ id: "broad", flags: [{ kind: "too-broad", endpoint: "GET /a", share: 0.9 }] });
  const items = findCleanups({ ...FACTS, rules: [never, expired, broad, rule({ id: "fine" })] });
  expect(items).toEqual([
    {
      kind: "rule",
      subject: "dead",
      what: "rule ignore /meta/at",
      evidence: ["It hid nothing in 12,000 exchanges that were compared."],
      how: "take it out of the config and reload, or agree upon another date",
    },
    {
      kind: "rule",
      subject: "old",
      what: "rule ignore /meta/at",
      evidence: ["It was agreed upon until 2026-01-01; it hid 7 places, last at 1970-01-01T00:00:00.000Z."],
      how: "DELETE /api/rules/old, or the page",
    },
  ]);
});

test("routes that are complete, and their lists", () => {
  const at = { enteredAtMs: NOW_MS, latch: null };
  const rollouts = [
    { ...at, route: "done", stage: "complete" },
    { ...at, route: "bare", stage: "complete" },
    { ...at, route: "live", stage: "live" },
  ] as const;
  const routes = ["done", "bare", "live"].map((route) => ({ ...LISTS, route }));
  const listed = routes.map((route) => (route.route === "bare" ? route : { ...route, cohorts: ["beta"] }));
  expect(found({ rollouts, inUse: { ...FACTS.inUse, routes: listed } })).toEqual([
    "route done",
    "list done",
    "route bare",
  ]);
});

test("an override that nobody used for a week, where there was traffic", () => {
  const inUse = { ...FACTS.inUse, overrideHeader: "x-upstream" };
  expect(found({ inUse })).toEqual(["override x-upstream"]);
  expect(found({ inUse: { ...inUse, overridden: 1 } })).toEqual([]);
  expect(found({ inUse: { ...inUse, requests: 0 } })).toEqual([]);
  expect(found({ inUse, uptimeSeconds: 7 * 86_400 - 1 })).toEqual([]);
  expect(found({ inUse, uptimeSeconds: 7 * 86_400 })).toHaveLength(1);
});

test("a legacy that nobody called for a week after its sunset", () => {
  const facts = (sunsetMs: number, isCalled?: boolean): Partial<CleanupFacts> => ({
    inUse: { ...FACTS.inUse, routes: [{ ...LISTS, route: "v1", sunsetMs }] },
    calledSinceSunset: new Map(isCalled === undefined ? [] : [["v1", isCalled]]),
  });
  expect(found(facts(NOW_MS - 7 * DAY_MS, false))).toEqual(["deprecation v1"]);
  expect(found(facts(NOW_MS - 7 * DAY_MS + 1, false))).toEqual([]);
  expect(found(facts(NOW_MS - 30 * DAY_MS, true))).toEqual([]);
  expect(found(facts(NOW_MS - 30 * DAY_MS))).toEqual([]);
});

test("an adapter through which nobody went for a week, of those that the candidate served", () => {
  const of = (adapted: number, toCandidate: number) => ({
    inUse: { ...FACTS.inUse, routes: [{ ...LISTS, route: "orders", adapter: { adapted, toCandidate } }] },
  });
  expect(found(of(0, 900))).toEqual(["adapter orders"]);
  expect(found(of(1, 900))).toEqual([]);
  expect(found(of(0, 0))).toEqual([]);
  expect(found({ ...of(0, 900), uptimeSeconds: 6 * 86_400 })).toEqual([]);
});
