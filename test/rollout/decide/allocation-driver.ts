// Says how many bytes of heap a decision leaves behind, in a thread of its own: what V8 makes of the code depends on when
// it gets to it, and another thread begins anew. workerData: the case's name and what is few enough.
import { createHmac } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { Cohort, RequestValue, UnitKind } from "../../../src/core/snapshot.ts";
import { newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { viewOf } from "../../../src/rollout/decide/described-request.ts";
import { header, routeOf, snapshotOf, TENANT } from "./deciding.ts";

/** Of one run: few enough that the garbage collector leaves most runs alone. */
const DECISIONS = 2_000;
/** Some seconds of them at most. */
const RUNS_MAX = 1_000;
const RUNS_OF_MEDIAN = 15;

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
 * The median growth of the heap over the last runs: in a few of them the garbage collector runs, and they say nothing.
 * V8 optimises late on a busy machine: runs go on until the median is below `enough`, or there were too many.
 */
function heapBytesPerDecision(
  units: readonly UnitKind[],
  cohorts: readonly Cohort[],
  enough: number,
): number {
  const snapshot = snapshotOf({ jwt, trustedProxies: ["192.0.2.0/24"] });
  const decider = new RouteDecider(routeOf("ramp", { units, cohorts, basisPoints: 2500 }), snapshot);
  const decision = newDecision();
  const last: number[] = [];
  let median = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS_MAX && median >= enough; run++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < DECISIONS; i++) decider.decide(views[i % 16] as (typeof views)[number], decision);
    last.push((process.memoryUsage().heapUsed - before) / DECISIONS);
    if (last.length > RUNS_OF_MEDIAN) last.shift();
    if (last.length === RUNS_OF_MEDIAN)
      median = last.toSorted((a, b) => a - b)[RUNS_OF_MEDIAN >> 1] as number;
  }
  return median;
}

const values = (name: string, from: RequestValue): Cohort => ({
  name,
  conditions: [{ kind: "values", from, values: ["nobody", "else"] }],
});

const CASES: Readonly<Record<string, readonly [units: readonly UnitKind[], cohorts: readonly Cohort[]]>> = {
  "a percentage alone": [[TENANT], []],
  "a cookie": [[{ kind: "session", from: { kind: "cookie", name: "sid" } }], []],
  "a decoded path": [[{ kind: "t", from: { kind: "path", name: "t", segment: 1 } }], []],
  "a percentage and three cohorts": [
    [TENANT],
    [
      values("tenants", header("x-tenant")),
      values("plans", { kind: "query", name: "plan" }),
      { name: "office", conditions: [{ kind: "networks", networks: ["10.0.0.0/8", "fd00::/8"] }] },
    ],
  ],
  "a claim": [[{ kind: "user", from: { kind: "claim", name: "sub" } }], []],
};

const { name, enough } = workerData as { readonly name: string; readonly enough: number };
const [units, cohorts] = CASES[name] ?? [[], []];
parentPort?.postMessage(heapBytesPerDecision(units, cohorts, enough));
