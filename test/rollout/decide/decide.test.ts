import { describe, expect, test } from "vitest";
import { DECISION_REASONS } from "../../../src/core/decision.ts";
import { type Cohort, STAGES } from "../../../src/core/snapshot.ts";
import { newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { type DescribedRequest, viewOf } from "../../../src/rollout/decide/described-request.ts";
import type { RequestView } from "../../../src/rollout/decide/request-view.ts";
import { answerTo, header, routeOf, snapshotOf, TENANT } from "./deciding.ts";

/** Its bucket, 28125750, is the candidate's from 0.66 % on (docs/bucketing.md). */
const ACME: DescribedRequest = { headers: [["X-Tenant", "acme"]], address: "192.0.2.1" };
const ACME_BUCKET = 28_125_750;
const NOBODY: DescribedRequest = { address: "192.0.2.1" };

const cohort = (name: string, value: string): Cohort => ({
  name,
  conditions: [{ kind: "values", from: header("x-tenant"), values: [value] }],
});
const OVERRIDE = { header: "x-parallax-upstream", networks: ["192.0.2.0/24"] };
const asking = (upstream: string, request = ACME): DescribedRequest => ({
  ...request,
  headers: [...(request.headers ?? []), ["x-parallax-upstream", upstream]],
});

describe("the stages", () => {
  test.each([
    ["off", "legacy", "stage"],
    ["shadow", "legacy", "stage"],
    ["canary", "legacy", "stage"],
    ["ramp", "legacy", "stage"],
    ["live", "candidate", "everybody"],
    ["complete", "candidate", "everybody"],
  ] as const)("at %s and 0 %%, the %s serves: %s", (stage, by, reason) => {
    expect(answerTo(ACME, { route: routeOf(stage) })).toMatchObject({ by, reason });
  });

  test("a percentage counts at canary and ramp alone", () => {
    for (const stage of ["canary", "ramp"] as const)
      expect(answerTo(ACME, { route: routeOf(stage, { basisPoints: 66 }) })).toMatchObject({
        by: "candidate",
        reason: "percentage",
      });
    for (const stage of ["off", "shadow"] as const)
      expect(answerTo(ACME, { route: routeOf(stage, { basisPoints: 10_000 }) })).toMatchObject({
        by: "legacy",
        reason: "stage",
      });
  });

  test("without a candidate, the legacy serves at every stage", () => {
    for (const stage of STAGES) {
      const route = routeOf(stage, { basisPoints: 10_000, allow: [cohort("all", "acme")] });
      const snapshot = snapshotOf({ upstreams: { candidate: undefined }, override: OVERRIDE });
      expect(answerTo(asking("candidate"), { route, snapshot })).toMatchObject({
        by: "legacy",
        reason: "stage",
      });
    }
  });
});

describe("the order", () => {
  const lists = {
    deny: [cohort("no", "acme")],
    allow: [cohort("yes", "acme")],
    cohorts: [cohort("beta", "acme")],
  };
  const route = (stage: "canary" | "live", changes: Partial<typeof lists>) =>
    routeOf(stage, { ...changes, basisPoints: 10_000 });
  const withOverride = snapshotOf({ override: OVERRIDE });

  test.each(["canary", "live"] as const)("at %s: kill, deny, allow, override, cohorts", (stage) => {
    const { allow, cohorts } = lists;
    const ask = (changes: Partial<typeof lists>, snapshot = withOverride) =>
      answerTo(asking("legacy"), { route: route(stage, changes), snapshot });
    expect(ask(lists, snapshotOf({ isKilled: true, override: OVERRIDE }))).toMatchObject({
      by: "legacy",
      reason: "killed",
      rule: undefined,
    });
    expect(ask(lists)).toMatchObject({ by: "legacy", reason: "deny", rule: "no" });
    expect(ask({ allow, cohorts })).toMatchObject({ by: "candidate", reason: "allow", rule: "yes" });
    expect(ask({ cohorts })).toMatchObject({ by: "legacy", reason: "override", rule: undefined });
    expect(ask({ deny: [], cohorts }, snapshotOf())).toMatchObject({
      by: "candidate",
      reason: "cohort",
      rule: "beta",
    });
  });

  test("a cohort that does not hold leaves the decision to the percentage", () => {
    const others = { deny: [cohort("no", "x")], allow: [cohort("yes", "x")], cohorts: [cohort("beta", "x")] };
    expect(answerTo(ACME, { route: routeOf("ramp", { ...others, basisPoints: 65 }) })).toEqual({
      by: "legacy",
      reason: "percentage",
      unit: ACME_BUCKET,
      rule: undefined,
    });
    expect(answerTo(ACME, { route: routeOf("ramp", { ...others, basisPoints: 66 }) })).toMatchObject({
      by: "candidate",
      reason: "percentage",
    });
  });

  test("before canary no list counts", () => {
    for (const stage of ["off", "shadow"] as const)
      expect(answerTo(ACME, { route: routeOf(stage, lists) })).toMatchObject({
        by: "legacy",
        reason: "stage",
      });
  });

  test("the first cohort that holds is named", () => {
    const cohorts = [cohort("other", "globex"), cohort("one", "acme"), cohort("two", "acme")];
    expect(answerTo(ACME, { route: routeOf("canary", { cohorts }) }).rule).toBe("one");
  });

  test("a cohort without conditions holds for nobody", () => {
    const route = routeOf("canary", { cohorts: [{ name: "empty", conditions: [] }] });
    expect(answerTo(ACME, { route }).by).toBe("legacy");
  });
});

describe("the override", () => {
  const snapshot = snapshotOf({ override: OVERRIDE });

  test("counts from shadow on", () => {
    expect(answerTo(asking("candidate"), { route: routeOf("off"), snapshot }).reason).toBe("stage");
    expect(answerTo(asking("candidate"), { route: routeOf("shadow"), snapshot })).toMatchObject({
      by: "candidate",
      reason: "override",
    });
    expect(answerTo(asking("legacy"), { route: routeOf("live"), snapshot })).toMatchObject({
      by: "legacy",
      reason: "override",
    });
  });

  test("at shadow, who is denied does not get the candidate", () => {
    const route = routeOf("shadow", { deny: [cohort("no", "acme")] });
    expect(answerTo(asking("candidate"), { route, snapshot })).toMatchObject({
      by: "legacy",
      reason: "deny",
    });
    expect(answerTo(ACME, { route, snapshot }).reason).toBe("stage");
  });

  test.each(["", "baseline", "candidate, legacy", "candidates", "true"])("the text %j is ignored", (text) => {
    expect(answerTo(asking(text), { route: routeOf("live"), snapshot }).reason).toBe("everybody");
  });

  test("said twice it is ignored", () => {
    const twice = asking("legacy", asking("legacy"));
    expect(answerTo(twice, { route: routeOf("live"), snapshot }).reason).toBe("everybody");
  });

  test("from another network, or an address that is none, it is ignored", () => {
    for (const address of ["192.0.3.1", "unknown", ""])
      expect(answerTo({ ...asking("legacy"), address }, { route: routeOf("live"), snapshot }).reason).toBe(
        "everybody",
      );
  });

  test("nobody is believed where no network is", () => {
    const nobody = snapshotOf({ override: { header: "x-parallax-upstream", networks: [] } });
    expect(answerTo(asking("legacy"), { route: routeOf("live"), snapshot: nobody }).reason).toBe("everybody");
  });
});

describe("the unit", () => {
  test("is told at every stage but off, whoever serves", () => {
    for (const stage of STAGES)
      expect(answerTo(ACME, { route: routeOf(stage) }).unit).toBe(stage === "off" ? -1 : ACME_BUCKET);
    const killed = snapshotOf({ isKilled: true });
    expect(answerTo(ACME, { route: routeOf("ramp"), snapshot: killed }).unit).toBe(ACME_BUCKET);
  });

  test("missing, the legacy serves, at 100 % too", () => {
    expect(answerTo(NOBODY, { route: routeOf("ramp", { basisPoints: 10_000 }) })).toMatchObject({
      by: "legacy",
      reason: "unit-missing",
      unit: -1,
    });
    expect(answerTo(ACME, { route: routeOf("ramp", { basisPoints: 10_000, units: [] }) })).toMatchObject({
      by: "legacy",
      reason: "unit-missing",
    });
  });

  test("is the first that the request has", () => {
    const route = routeOf("ramp", { units: [{ kind: "user", from: header("x-user") }, TENANT] });
    expect(answerTo(ACME, { route }).unit).toBe(ACME_BUCKET);
    const both = {
      headers: [
        ["x-tenant", "acme"],
        ["x-user", "acme"],
      ],
    } as const;
    expect(answerTo(both, { route }).unit).toBe(1_113_904_910);
  });

  test("has another bucket under another salt", () => {
    expect(answerTo(ACME, { route: routeOf("ramp", { salt: "orders-2026" }) }).unit).toBe(3_625_359_171);
  });
});

describe("a route that asks nothing of a request", () => {
  /** Breaks when anything is read of it. */
  const untouchable = new Proxy({} as RequestView, {
    get: (_view, key) => {
      throw new Error(`read ${String(key)}`);
    },
  });

  test.each(STAGES)("reads nothing at %s", (stage) => {
    const decider = new RouteDecider(routeOf(stage, { units: [] }), snapshotOf());
    expect(decider.needsRequest).toBe(false);
    decider.decide(untouchable, newDecision());
  });

  test("is one at off with units and lists, too", () => {
    const route = routeOf("off", { deny: [cohort("no", "acme")], allow: [cohort("yes", "acme")] });
    const decider = new RouteDecider(route, snapshotOf({ override: OVERRIDE }));
    expect(decider.needsRequest).toBe(false);
    decider.decide(untouchable, newDecision());
  });

  test("is none with a unit, a list or an override that counts", () => {
    const needs = (route: ReturnType<typeof routeOf>, snapshot = snapshotOf()) =>
      new RouteDecider(route, snapshot).needsRequest;
    expect(needs(routeOf("shadow"))).toBe(true);
    expect(needs(routeOf("live", { units: [], deny: [cohort("no", "acme")] }))).toBe(true);
    expect(needs(routeOf("shadow", { units: [] }), snapshotOf({ override: OVERRIDE }))).toBe(true);
  });
});

test("one decision after another rests on nothing of the one before", () => {
  const route = routeOf("ramp", { basisPoints: 66, cohorts: [cohort("beta", "globex")] });
  const decider = new RouteDecider(route, snapshotOf());
  const decision = newDecision();
  const told = [ACME, NOBODY, { headers: [["x-tenant", "globex"]] } as const, ACME].map((request) => {
    decider.decide(
      viewOf(request, () => false),
      decision,
    );
    return [DECISION_REASONS[decision.reason], decision.isCandidate, decision.unit, decider.grounds().rule];
  });
  expect(told).toEqual([
    ["percentage", true, ACME_BUCKET, undefined],
    ["unit-missing", false, -1, undefined],
    ["cohort", true, 3_922_201_064, "beta"],
    ["percentage", true, ACME_BUCKET, undefined],
  ]);
});
