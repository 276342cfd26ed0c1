// Reports as the admin API would make them, with names and values that a stranger chose.
import type { EndpointAnswer, SignatureAnswer } from "../../src/admin/schemas.ts";
import type { Report, ReportedEndpoint } from "../../src/report/fetch-report.ts";

const AT_MS = Date.UTC(2026, 0, 1);

/** One of each that breaks something: markup, cells, code spans, CDATA, controls, direction, links, mentions, length. */
export const HOSTILE = [
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "a|b`c``d</code></details>| x |",
  "]]>&amp;<![CDATA[",
  "\u0000\u0007\u001b[2J\r\n# heading\n\n- item",
  "\u202ertl\u2066\u200fmark\ud800\uffff",
  "[link](https://evil.example) https://evil.example www.evil.example @octocat #1 ![i](x) **b** _e_ ~~s~~ $x$",
  `"><svg onload='x'>${"é10KB".repeat(2000)}`,
] as const;

const rate = (count: number, of: number) => ({ count, rate: of === 0 ? null : count / of, low: 0, high: 1 });

export function signature(changes: Partial<SignatureAnswer> = {}): SignatureAnswer {
  return {
    id: "00000000000000aa",
    endpoint: "GET /users/{id}",
    part: "body",
    path: "/items/*/price",
    kind: "changed",
    count: 12,
    breaking: 12,
    exchanges: 9,
    firstSeenMs: AT_MS,
    lastSeenMs: AT_MS,
    state: "new",
    triage: null,
    owner: null,
    comments: 0,
    values: [],
    window: null,
    tier: "confirmed",
    paired: 30,
    pairs: { candidateOnly: 9, baselineOnly: 0, both: 0 },
    eValue: 102,
    candidateRate: rate(9, 30),
    baselineRate: rate(0, 30),
    noiseShare: 0,
    shapeBroken: 0,
    rechecked: 0,
    transient: 0,
    exchangeIds: ["x1"],
    example: { exchangeId: "x1", path: "/items/3/price", legacy: "1.5", candidate: "1.50" },
    ...changes,
  };
}

function stateTotalsOf(signatures: readonly SignatureAnswer[]): Report["stateTotals"] {
  const totals = { new: 0, reopened: 0, bug: 0, accepted: 0, fixed: 0 };
  for (const { state } of signatures) totals[state]++;
  return totals;
}

export function endpoint(
  changes: Partial<EndpointAnswer> = {},
  signatures: readonly SignatureAnswer[] = [],
): ReportedEndpoint {
  const upstream = { status: { "200": 100 }, latencyMs: { p50: 2, p95: 12.5, p99: 40 } };
  return {
    endpoint: "GET /users/{id}",
    route: "users",
    exchanges: 100,
    match: 90,
    mismatch: 9,
    incomparable: { overflow: 1 },
    skipped: {},
    noise: 1,
    paired: 30,
    matchRate: { compared: 99, rate: 90 / 99, low: 0.8365, high: 0.9516 },
    matchRateWithoutNoise: { compared: 98, rate: 90 / 98, low: 0.8467, high: 0.9581 },
    legacy: upstream,
    candidate: upstream,
    openSignatures: 0,
    stage: "shadow",
    lastSeenMs: AT_MS,
    window: null,
    signatures,
    signaturesTotal: signatures.length,
    tierTotals: { confirmed: signatures.length, suspect: 0, transient: 0, noise: 0 },
    stateTotals: stateTotalsOf(signatures),
    failing: {
      mismatch: signatures.length,
      untriaged: signatures.filter(({ tier }) => tier === "confirmed").length,
      breaking: signatures.filter(({ breaking, tier }) => breaking > 0 && tier !== "noise").length,
    },
    ...changes,
  };
}

const sum = (endpoints: readonly ReportedEndpoint[], of: (row: ReportedEndpoint) => number) =>
  endpoints.reduce((total, row) => total + of(row), 0);

export function reportOf(endpoints: readonly ReportedEndpoint[], changes: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    filters: {},
    summary: {
      uptime: 60,
      epoch: 1,
      isKilled: false,
      upstreams: [],
      signatures: null,
      totals: {
        exchanges: 210,
        match: 190,
        mismatch: 9,
        incomparable: 2,
        skipped: { "seam-full": 8 },
        inFlight: 1,
        incomparableByReason: { overflow: 2 },
      },
      noise: { mismatches: 1, baseline: { paired: 30 }, rechecks: {} },
      threads: [],
      store: {
        kind: "ok",
        failedFlushes: 0,
        lost: { batches: 0, signatures: 0, samples: 0 },
        corruptFiles: 0,
      },
    },
    sums: {
      exchanges: sum(endpoints, (row) => row.exchanges),
      match: sum(endpoints, (row) => row.match),
      mismatch: sum(endpoints, (row) => row.mismatch),
      noise: sum(endpoints, (row) => row.noise),
    },
    window: null,
    endpoints,
    endpointsTotal: endpoints.length,
    signaturesTotal: sum(endpoints, (row) => row.signaturesTotal),
    tierTotals: { confirmed: 1, suspect: 0, transient: 0, noise: 1 },
    stateTotals: stateTotalsOf(endpoints.flatMap((row) => row.signatures)),
    failing: {
      mismatch: sum(endpoints, (row) => row.failing.mismatch),
      untriaged: sum(endpoints, (row) => row.failing.untriaged),
      breaking: sum(endpoints, (row) => row.failing.breaking),
    },
    untriagedTotal: sum(endpoints, (row) => row.failing.untriaged),
    rules: [],
    rulesTotal: 0,
    flaggedRules: [],
    flaggedRulesTotal: 0,
    ...changes,
  };
}

const FLAGGED = {
  id: "0123456789ab",
  rule: { kind: "ignore", path: "/at", owner: "team-a", reason: "a clock" },
  routes: ["users"],
  routesTotal: 1,
  hits: 0,
  lastHitMs: null,
  endpoints: [],
  endpointsTotal: 0,
  examples: [],
  flags: [{ kind: "never-hit", compared: 199 }],
  added: null,
} as const satisfies Report["rules"][number];

/** What a pull request would show: one endpoint that differs, one that does not, one that was never compared. */
export const ORDINARY = reportOf(
  [
    endpoint({}, [
      signature(),
      signature({
        id: "bb",
        path: "/nickname",
        kind: "added",
        tier: "noise",
        breaking: 0,
        count: 3,
        example: { exchangeId: "x2", path: "/nickname", candidate: '"Ann"' },
      }),
    ]),
    endpoint({ endpoint: "GET /quiet", mismatch: 0, match: 99, noise: 0 }),
    endpoint({
      endpoint: "GET /files/{name}",
      route: "files",
      match: 0,
      mismatch: 0,
      noise: 0,
      paired: 0,
      incomparable: { overflow: 4 },
      matchRate: { compared: 0, rate: null, low: 0, high: 1 },
    }),
  ],
  { rules: [FLAGGED], rulesTotal: 1, flaggedRules: [FLAGGED], flaggedRulesTotal: 1 },
);

const window = { fromMs: AT_MS, resolution: "hour", exchanges: 4 } as const;
const decided = { who: "ann@example.org", atMs: AT_MS };

/** The same service since a time, after people have looked at it. */
export const REVIEWED = reportOf(
  [
    endpoint(
      {
        window: {
          ...{ ...window, exchanges: 40, match: 30, mismatch: 8, noise: 1, incomparable: 1, skipped: 1 },
          matchRate: { compared: 38, rate: 30 / 38, low: 0.6365, high: 0.8932 },
        },
      },
      [
        signature({ window }),
        signature({ id: "b1", path: "/total", state: "reopened", triage: decided, owner: "team-a", window }),
        signature({
          ...{ id: "b2", path: "/nickname", kind: "added", breaking: 0, state: "accepted" },
          triage: { ...decided, expiresMs: AT_MS + 31 * 86_400_000 },
        }),
        signature({
          ...{ id: "b3", path: "/tax", state: "bug", window },
          triage: { ...decided, link: "https://tracker.example/PAY-7" },
        }),
        signature({ id: "b4", path: "/vat", state: "fixed", triage: decided }),
        signature({
          ...{ id: "b5", path: "/fee", tier: "suspect" },
          triage: { ...decided, expiresMs: AT_MS },
        }),
      ],
    ),
    endpoint({ endpoint: "GET /unknown", mismatch: 0, match: 99, noise: 0 }),
    endpoint({
      endpoint: "GET /waiting",
      window: {
        ...{ ...window, exchanges: 3, match: 0, mismatch: 0, noise: 0, incomparable: 2, skipped: 1 },
        matchRate: { compared: 0, rate: null, low: 0, high: 1 },
      },
    }),
  ],
  {
    filters: { since: "2026-01-01T00:20:00.000Z", state: "open", owner: "team-a" },
    window: {
      ...{ fromMs: AT_MS, resolution: "hour", exchanges: 43, match: 30, mismatch: 8, noise: 1 },
      ...{ incomparable: 3, skipped: 2, unknownEndpoints: 1 },
    },
  },
);

/** Each text at every place that the network can fill. */
export const STRANGE = reportOf(
  HOSTILE.map((text, index) =>
    endpoint({ endpoint: `GET /${text}`, route: text }, [
      signature({
        id: `${index}`,
        endpoint: `GET /${text}`,
        path: `/${text}`,
        state: "bug",
        triage: { who: text, atMs: AT_MS, link: `https://evil.example/${text}` },
        owner: text,
        example: { exchangeId: "x", path: `/${text}`, legacy: text, candidate: text },
      }),
    ]),
  ),
  {
    filters: { endpoint: HOSTILE.slice(0, 6).join("*"), route: HOSTILE[0] },
    flaggedRulesTotal: 1,
    flaggedRules: [
      {
        ...FLAGGED,
        rule: { ...FLAGGED.rule, path: `/${HOSTILE[0]}`, owner: HOSTILE[1], reason: HOSTILE[5] },
      },
    ],
    rulesTotal: 1,
    rules: [{ ...FLAGGED, rule: { ...FLAGGED.rule, path: `/${HOSTILE[2]}` } }],
  },
);
