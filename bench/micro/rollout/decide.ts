// What a decision costs on a head of some 700 bytes: a percentage and three cohorts of which none holds, so that all of
// it is asked; against a route without rollout, and with other sources. Every request has another unit.
import { Buffer } from "node:buffer";
import type { Cohort, RequestValue, RouteRollout, RouteSettings } from "../../../src/core/snapshot.ts";
import { HeadView } from "../../../src/proxy/request-view.ts";
import { newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { RequestHead } from "../../../src/wire/request-head.ts";
import type { Pair, Variant } from "../pair.ts";

const HEADS = 64;
const LIMITS = { headBytesMax: 32_768, targetBytesMax: 8192, headerLinesMax: 128 };

function headOf(index: number): RequestHead {
  const lines = [
    `GET /tenants/t${index}/orders?page=2&sort=date&plan=silver HTTP/1.1`,
    "host: api.example.org",
    "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "accept: application/json, text/plain, */*",
    "accept-encoding: gzip, deflate, br",
    "accept-language: en-GB,en;q=0.9,de;q=0.8",
    `x-request-id: 0b5e3c4e-8d3a-4d6e-9c58-${String(index).padStart(12, "0")}`,
    `x-tenant: tenant-${index * 7919}`,
    "x-api-version: 2026-10-01",
    "sec-fetch-mode: cors",
    "sec-fetch-site: same-origin",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "referer: https://app.example.org/orders",
    `cookie: theme=dark; sid=${"a1b2c3d4".repeat(4)}${index}; consent=yes`,
    "cache-control: no-cache",
  ];
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
  const head = new RequestHead(LIMITS);
  if (head.parse(bytes, 0, bytes.length) !== bytes.length)
    throw new Error("the head of the bench is refused");
  return head;
}

const HEAD_LIST = Array.from({ length: HEADS }, (_, index) => headOf(index));

const header = (name: string): RequestValue => ({ kind: "header", name });

function cohort(name: string, from: RequestValue, values: readonly string[]): Cohort {
  return { name, conditions: [{ kind: "values", from, values }] };
}

const TENANTS = Array.from({ length: 100_000 }, (_, index) => `beta-${index}`);
const THREE: readonly Cohort[] = [
  cohort("beta", header("x-tenant"), TENANTS),
  cohort("gold", { kind: "query", name: "plan" }, ["gold", "platinum"]),
  {
    name: "office",
    conditions: [{ kind: "networks", networks: ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"] }],
  },
];

function deciderOf(changes: Partial<RouteRollout>): RouteDecider {
  const rollout: RouteRollout = {
    since: 0,
    basisPoints: 2500,
    salt: "parallax",
    units: [],
    deny: [],
    allow: [],
    cohorts: [],
    rescue: { isOn: true, statuses: [], afterMs: 1, budgetPercent: 1, budgetMin: 1 },
    tripwireFailures: 5,
    ...changes,
  };
  const route = { stage: "ramp", rollout } as unknown as RouteSettings;
  return new RouteDecider(route, {
    isKilled: false,
    upstreams: { candidate: {} },
    override: { header: "x-parallax-upstream", networks: [] },
    jwt: undefined,
    trustedProxies: [],
  });
}

const CLIENT = { address: "203.0.113.77", isTls: false, isTrusted: false };

function variant(name: string, changes: Partial<RouteRollout>): Variant {
  const decider = deciderOf(changes);
  const decision = newDecision();
  const view = new HeadView(HEAD_LIST[0] as RequestHead);
  return {
    name,
    run: (times) => {
      let candidates = 0;
      for (let i = 0; i < times; i++) {
        view.point(HEAD_LIST[i % HEADS] as RequestHead, CLIENT);
        decider.decide(view, decision);
        if (decision.isCandidate) candidates++;
      }
      return candidates;
    },
  };
}

const tenant = { kind: "tenant", from: header("x-tenant") };
const nothing = variant("no rollout", {});
/** The goal of the issue: a microsecond. */
const otherNanosecondsMax = 1000;

export const decidePairs: readonly Pair[] = [
  {
    name: "rollout/decide: percentage of a header",
    base: nothing,
    other: variant("percentage", { units: [tenant] }),
    otherNanosecondsMax,
  },
  {
    name: "rollout/decide: percentage of a cookie",
    base: nothing,
    other: variant("percentage", { units: [{ kind: "session", from: { kind: "cookie", name: "sid" } }] }),
    otherNanosecondsMax,
  },
  {
    name: "rollout/decide: percentage and three cohorts, 100,000 tenants in one",
    base: nothing,
    other: variant("percentage and cohorts", { units: [tenant], cohorts: THREE }),
    otherNanosecondsMax,
  },
  {
    name: "rollout/decide: percentage and a pattern",
    base: nothing,
    other: variant("percentage and pattern", {
      units: [tenant],
      cohorts: [
        {
          name: "beta",
          conditions: [{ kind: "pattern", from: header("x-tenant"), pattern: "beta-[0-9]+" }],
        },
      ],
    }),
  },
];
