import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Cohort, RequestValue, UnitKind } from "../../../src/core/snapshot.ts";
import { newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { viewOf } from "../../../src/rollout/decide/described-request.ts";
import { header, routeOf, snapshotOf, TENANT } from "./deciding.ts";

/** Of one run: few enough that the garbage collector leaves most runs alone. */
const DECISIONS = 20_000;
/** Seconds of them, when none is good enough. */
const RUNS_MAX = 1_000;
const RED_MS_MAX = 60_000;

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const secret = Buffer.alloc(32, 1);
const data = `${part({ alg: "HS256" })}.${part({ sub: "acme" })}`;
const token = `${data}.${createHmac("sha256", secret).update(data).digest("base64url")}`;
const jwt = {
  trust: "verified",
  keys: [{ kty: "oct", k: secret.toString("base64url") }],
  issuer: undefined,
  audience: undefined,
} as const;

const views = Array.from({ length: 16 }, (_, index) =>
  viewOf(
    {
      target: `/t/a%20${index}?plan=a+${index}`,
      headers: [
        ["x-tenant", `tenant-${index}`],
        ["cookie", `theme=dark; sid=${index}`],
        ["authorization", `Bearer ${token}`],
        ["x-forwarded-for", `203.0.113.${index}, 192.0.2.1`],
      ],
      address: "192.0.2.7",
    },
    () => true,
  ),
);

/**
 * The least that the heap grew by over a run of decisions. What is measured is code that V8 has optimised, and on a busy
 * machine that comes late: runs go on until one is below `enough`, which only code that allocates never is.
 */
function heapBytesPerDecision(
  units: readonly UnitKind[],
  cohorts: readonly Cohort[],
  enough: number,
): number {
  const snapshot = snapshotOf({ jwt, trustedProxies: ["192.0.2.0/24"] });
  const decider = new RouteDecider(routeOf("ramp", { units, cohorts, basisPoints: 2500 }), snapshot);
  const decision = newDecision();
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS_MAX && least >= enough; run++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < DECISIONS; i++) decider.decide(views[i % 16] as (typeof views)[number], decision);
    const grown = process.memoryUsage().heapUsed - before;
    // Below zero, the garbage collector ran in between: that run says nothing.
    if (grown >= 0) least = Math.min(least, grown / DECISIONS);
  }
  return least;
}

const values = (name: string, from: RequestValue): Cohort => ({
  name,
  conditions: [{ kind: "values", from, values: ["nobody", "else"] }],
});

describe("a decision leaves nothing for the garbage collector", () => {
  test.each([
    ["a percentage alone", [TENANT], []],
    ["a cookie", [{ kind: "session", from: { kind: "cookie", name: "sid" } }], []],
    ["a decoded path", [{ kind: "t", from: { kind: "path", name: "t", segment: 1 } }], []],
    [
      "a percentage and three cohorts",
      [TENANT],
      [
        values("tenants", header("x-tenant")),
        values("plans", { kind: "query", name: "plan" }),
        { name: "office", conditions: [{ kind: "networks", networks: ["10.0.0.0/8", "fd00::/8"] }] },
      ],
    ],
  ] as readonly [string, readonly UnitKind[], readonly Cohort[]][])(
    "%s",
    (_name, units, cohorts) => {
      // The smallest object takes 16 bytes: one for every other decision would be seen.
      expect(heapBytesPerDecision(units, cohorts, 8)).toBeLessThan(8);
    },
    RED_MS_MAX,
  );

  test(
    "a claim of a token that is known: the time alone, which is asked for",
    () => {
      const units = [{ kind: "user", from: { kind: "claim", name: "sub" } }] as const;
      expect(heapBytesPerDecision(units, [], 24)).toBeLessThan(24);
    },
    RED_MS_MAX,
  );
});
