// What a serving thread keeps from one snapshot to the next, and what it makes anew.
import { describe, expect, test } from "vitest";
import type { RouteRollout, Stage } from "../../src/core/snapshot.ts";
import { CallerBook } from "../../src/proxy/callers.ts";
import { type RouteServing, routeServingFrom } from "../../src/proxy/route-serving.ts";
import { type DecidingSnapshot, isDecidedAlike, newDecision } from "../../src/rollout/decide/decide.ts";
import { viewOf } from "../../src/rollout/decide/described-request.ts";
import { TokenReader } from "../../src/rollout/decide/token-reader.ts";
import { header, routeOf, snapshotOf } from "../rollout/decide/deciding.ts";

const tokens = new TokenReader(undefined);
const REDACT = { headers: [], pointers: [], queryParameters: [], detectors: [] };
const TENANTS = ["acme", "globex"];

function cohortOf(values: readonly string[]): Partial<RouteRollout> {
  const condition = { kind: "values", from: header("x-tenant"), values } as const;
  return { since: 3, cohorts: [{ name: "friends", conditions: [condition] }] };
}

/** As a thread has it: every snapshot is a copy of its own. */
function servingOf(
  { stage = "canary" as Stage, rollout = cohortOf(TENANTS), snapshot = snapshotOf() },
  before?: { readonly serving: RouteServing; readonly snapshot: DecidingSnapshot },
) {
  const own = structuredClone({ ...snapshot, servedByHeader: true, redact: REDACT });
  const serving = routeServingFrom(structuredClone(routeOf(stage, rollout)), own, {
    before: before?.serving,
    isDecidedAlike: before !== undefined && isDecidedAlike(before.snapshot, own),
    tokens,
    onTripped: () => undefined,
    callers: new CallerBook(),
  });
  return { serving, snapshot: own };
}

function isServedByCandidate({ decider }: RouteServing, tenant: string): boolean {
  const decision = newDecision();
  const request = { headers: [["x-tenant", tenant]] as const };
  decider.decide(
    viewOf(request, () => false),
    decision,
  );
  return decision.isCandidate;
}

describe("the decider of a route", () => {
  test("is kept while nothing that it decides by has changed", () => {
    const before = servingOf({});
    expect(servingOf({}, before).serving.decider).toBe(before.serving.decider);
  });

  test("is another for another list, and decides by it", () => {
    const before = servingOf({});
    const { serving } = servingOf({ rollout: cohortOf(["acme", "umbrella"]) }, before);
    expect(["acme", "globex", "umbrella"].map((tenant) => isServedByCandidate(serving, tenant))).toEqual([
      true,
      false,
      true,
    ]);
  });

  test.each<[string, Parameters<typeof servingOf>[0]]>([
    ["stage", { stage: "shadow" }],
    ["step", { rollout: { ...cohortOf(TENANTS), since: 4 } }],
    ["kill switch", { snapshot: snapshotOf({ isKilled: true }) }],
    ["candidate", { snapshot: snapshotOf({ upstreams: { candidate: undefined } }) }],
    ["trusted proxies", { snapshot: snapshotOf({ trustedProxies: ["10.0.0.0/8"] }) }],
    ["override", { snapshot: snapshotOf({ override: { header: "x-o", networks: ["10.0.0.0/8"] } }) }],
    [
      "settings of tokens",
      {
        snapshot: snapshotOf({
          jwt: { trust: "unverified", keys: [], issuer: undefined, audience: undefined },
        }),
      },
    ],
  ])("is another with another %s", (_, changed) => {
    const before = servingOf({});
    expect(servingOf(changed, before).serving.decider).not.toBe(before.serving.decider);
  });

  test("gives the kill switch what it asks for, although the list is as it was", () => {
    const before = servingOf({});
    const { serving } = servingOf({ snapshot: snapshotOf({ isKilled: true }) }, before);
    expect([before.serving, serving].map((one) => isServedByCandidate(one, "acme"))).toEqual([true, false]);
  });
});

describe("the tripwire of a route", () => {
  test("is its step's: kept over a reload, another with another step", () => {
    const before = servingOf({});
    const reloaded = servingOf({ rollout: cohortOf(["acme"]) }, before);
    expect(reloaded.serving.tripwire).toBe(before.serving.tripwire);
    const moved = servingOf({ rollout: { ...cohortOf(TENANTS), since: 4 } }, before);
    expect(moved.serving.tripwire).not.toBe(before.serving.tripwire);
  });
});

test("looks for no way back at complete, where the legacy may be gone", () => {
  const { serving } = servingOf({ stage: "complete" });
  for (let failure = 0; failure < 1_000; failure++) serving.tripwire.addFailure("refused");
  expect([serving.route.rollout.rescue.isOn, serving.tripwire.isTripped]).toEqual([false, false]);
  const { serving: live } = servingOf({ stage: "live" });
  for (let failure = 0; failure < 1_000; failure++) live.tripwire.addFailure("refused");
  expect([live.route.rollout.rescue.isOn, live.tripwire.isTripped]).toEqual([true, true]);
});
