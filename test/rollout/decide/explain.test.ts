import { describe, expect, test } from "vitest";
import { explainSchema } from "../../../src/admin/rollout-schemas.ts";
import type { Cohort, RouteSettings } from "../../../src/core/snapshot.ts";
import type { DecidingSnapshot } from "../../../src/rollout/decide/decide.ts";
import type { DescribedRequest } from "../../../src/rollout/decide/described-request.ts";
import { explain } from "../../../src/rollout/decide/explain.ts";
import { header, routeOf, snapshotOf } from "./deciding.ts";

const ACME: DescribedRequest = { headers: [["X-Tenant", "acme"]], address: "192.0.2.1" };
const beta: Cohort = {
  name: "beta",
  conditions: [{ kind: "values", from: header("x-tenant"), values: ["acme"] }],
};
const tens: Cohort = { name: "tens", conditions: [{ kind: "networks", networks: ["10.0.0.0/8"] }] };

const of = (route: RouteSettings, request = ACME, snapshot: DecidingSnapshot = snapshotOf()) =>
  explain({ route, snapshot, request });

test("a percentage is explained with the unit, its bucket and the share from which it is served", () => {
  expect(of(routeOf("ramp", { basisPoints: 65 }))).toEqual({
    route: "orders",
    stage: "ramp",
    percent: 0.65,
    upstream: "legacy",
    reason: "percentage",
    rule: null,
    unit: {
      kind: "tenant",
      id: "acme",
      bucket: 28_125_750,
      threshold: (65 / 10_000) * 2 ** 32,
      bucketPercent: 0.66,
    },
    salt: "parallax",
    bucketingVersion: 1,
    text: "The tenant acme is the candidate's from 0.66 % on only, and the route is at 0.65 %: the legacy serves it.",
    notes: [],
  });
  expect(of(routeOf("ramp", { basisPoints: 66 }))).toMatchObject({
    upstream: "candidate",
    text: "The tenant acme is the candidate's from 0.66 % on, and the route is at 0.66 %: the candidate serves it.",
  });
});

describe("one sentence for each reason", () => {
  const override = { header: "x-parallax-upstream", networks: ["192.0.2.0/24"] };
  const asked: DescribedRequest = { ...ACME, headers: [["x-parallax-upstream", "legacy"]] };

  test.each([
    [of(routeOf("ramp"), ACME, snapshotOf({ isKilled: true })), "killed", "The kill switch is on"],
    [of(routeOf("shadow")), "stage", "At stage shadow the legacy"],
    [of(routeOf("canary")), "stage", "At stage canary and 0 %"],
    [
      of(routeOf("live"), ACME, snapshotOf({ upstreams: { candidate: undefined } })),
      "stage",
      "There is no candidate",
    ],
    [of(routeOf("live", { deny: [beta] })), "deny", "The deny list's beta holds"],
    [of(routeOf("live", { allow: [beta] })), "allow", "The allow list's beta holds"],
    [
      of(routeOf("live"), asked, snapshotOf({ override })),
      "override",
      "asked for the legacy with x-parallax-upstream",
    ],
    [of(routeOf("live", { cohorts: [beta] })), "cohort", "in the cohort beta"],
    [of(routeOf("complete")), "everybody", "At stage complete the candidate serves everybody"],
    [of(routeOf("ramp", { basisPoints: 1 }), {}), "unit-missing", "none of the route's units (tenant)"],
    [of(routeOf("ramp", { basisPoints: 1, units: [] })), "unit-missing", "The route has no units"],
  ] as const)("%#", (explanation, reason, text) => {
    expect(explanation).toMatchObject({ reason, text: expect.stringContaining(text) });
  });
});

test("the unit is told whoever decides, and is none where the request has none", () => {
  expect(of(routeOf("live", { deny: [beta] }))).toMatchObject({ rule: "beta", unit: { id: "acme" } });
  expect(of(routeOf("ramp"), {}).unit).toBeNull();
  expect(of(routeOf("off")).unit).toBeNull();
});

test("an address behind a trusted proxy is what that one says", () => {
  const route = routeOf("canary", { cohorts: [tens] });
  const snapshot = snapshotOf({ trustedProxies: ["192.0.2.0/24"] });
  const forwarded: DescribedRequest = { ...ACME, headers: [["x-forwarded-for", "10.0.0.1"]] };
  expect(of(route, forwarded, snapshot).reason).toBe("cohort");
  expect(of(route, { ...forwarded, address: "203.0.113.1" }, snapshot).reason).toBe("stage");
});

test("without an address, what that means for networks is noted", () => {
  const route = routeOf("live", { deny: [tens] });
  expect(of(route, { headers: ACME.headers })).toMatchObject({
    reason: "deny",
    notes: [expect.stringContaining("No address")],
  });
  expect(of(route).notes).toEqual([]);
  expect(of(routeOf("live"), {}).notes).toEqual([]);
});

test("it is what the API answers, but for what only the caller knows", () => {
  const answer = { ...of(routeOf("ramp")), step: "ramp 0 %", epoch: 3, isFromJournal: false };
  expect(explainSchema.parse(answer)).toEqual(answer);
});
