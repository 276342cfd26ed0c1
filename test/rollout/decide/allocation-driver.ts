// Says how many bytes of heap a decision leaves behind, in a thread of its own: what V8 makes of the code depends on when
// it gets to it, and another thread begins anew. workerData: the case's name and what is few enough.
import { createHmac } from "node:crypto";
import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import type { Cohort, RequestValue, UnitKind } from "../../../src/core/snapshot.ts";
import { newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { viewOf } from "../../../src/rollout/decide/described-request.ts";
import { header, routeOf, snapshotOf, TENANT } from "./deciding.ts";

/** Of one run. */
const DECISIONS = 100_000;
/** V8 optimises late on a busy machine: so many runs it has for that. */
const RUNS_MAX = 40;

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

/** What V8 has ever handed out, whether or not it was collected since. */
const allocatedBytes = (): number => getHeapStatistics().total_allocated_bytes;

/** Of the run that allocated least; runs go on until one is below `enough`. */
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
    const before = allocatedBytes();
    for (let i = 0; i < DECISIONS; i++) decider.decide(views[i % 16] as (typeof views)[number], decision);
    least = Math.min(least, (allocatedBytes() - before) / DECISIONS);
  }
  return least;
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
