// Routes of a migration, standing everywhere a route can stand: for the board, in the schemas of the API.
import type { JournalEntryAnswer, RolloutRouteAnswer } from "../../src/admin/rollout-schemas.ts";
import { journalEntrySchema, rolloutRouteSchema } from "../../src/admin/rollout-schemas.ts";
import { journalEntry, routeAnswer } from "../admin/memory-rollout.ts";

type Gate = NonNullable<RolloutRouteAnswer["gate"]>;
type Check = Gate["checks"][number];

const HOUR_MS = 3_600_000;
const NOW_MS = Date.now();

const check = (name: Check["name"], told: Partial<Check>): Check => ({
  name,
  subject: "",
  verdict: "pass",
  value: null,
  bound: null,
  threshold: null,
  samples: 4_120,
  unit: "rate",
  text: "",
  ...told,
});

/** As the gate has it, in its order. */
const CHECKS: readonly Check[] = [
  check("hold", {
    value: 2 * HOUR_MS,
    threshold: HOUR_MS,
    unit: "ms",
    samples: 1,
    text: "the step has lasted 2 h of the 1 h that it is held",
  }),
  check("pairs", {
    value: 4_120,
    threshold: 3_000,
    unit: "count",
    text: "4,120 of 3,000 pairs were compared",
  }),
  check("units", { value: 412, threshold: 50, unit: "count", text: "412 of 50 tenants were seen" }),
  check("mismatches", {
    value: 0.0002,
    bound: 0.0009,
    threshold: 0.001,
    text: "at most 0.09 % differ with 95 % confidence; 0.1 % may",
  }),
  check("discordant-failures", {
    value: 1.4,
    threshold: 100,
    unit: "e-value",
    samples: 3,
    text: "2 failures of the candidate alone, 1 of the legacy alone: no evidence of harm",
  }),
  check("errors", {
    value: -0.0004,
    bound: 0.0011,
    threshold: 0.005,
    text: "no more errors than the legacy",
  }),
  check("latency", {
    value: 1.04,
    bound: 1.11,
    threshold: 1.2,
    unit: "ratio",
    text: "p99 is at most 1.11 times the legacy's",
  }),
  check("rescues", { value: 0, bound: 0.0007, threshold: 0.01, text: "none was rescued" }),
  check("confirmed", {
    value: 0,
    threshold: 0,
    unit: "count",
    text: "every confirmed signature was decided on",
  }),
  check("request-share", { value: 0.072, threshold: 0.3, text: "7.2 % of the requests, 30 % may be" }),
  check("sample-ratio", {
    value: 0.8,
    threshold: 100,
    unit: "e-value",
    text: "units by arm are as the share has it",
  }),
  check("kpi", {
    subject: "orders per minute",
    value: 812,
    threshold: 700,
    unit: "number",
    samples: 30,
    text: "orders per minute: 812, at least 700",
  }),
];

function gate(
  verdict: Gate["verdict"],
  changes: Readonly<Partial<Record<Check["name"], Partial<Check>>>> = {},
): Gate {
  return {
    verdict,
    atMs: NOW_MS - 4_000,
    elapsedMs: 2 * HOUR_MS,
    checks: CHECKS.map((one) => ({ ...one, ...changes[one.name] })),
  };
}

export const PASSING = gate("pass");
export const SHORT_OF_PAIRS = gate("insufficient", {
  pairs: { verdict: "insufficient", value: 1_204, text: "1,204 of 3,000 pairs were compared" },
  mismatches: {
    verdict: "insufficient",
    bound: 0.0031,
    text: "at most 0.31 % differ with 95 % confidence; 0.1 % may: about 2,100 more without one would show it",
  },
});
const FAILING = gate("fail", {
  "discordant-failures": {
    verdict: "fail",
    value: 4_100,
    samples: 14,
    text: "14 failures of the candidate alone, none of the legacy alone",
  },
  errors: {
    verdict: "fail",
    value: 0.021,
    bound: 0.013,
    text: "2.1 % more errors than the legacy, 0.5 % may be",
  },
});
const BLIND = gate("unhealthy", {
  kpi: { verdict: "unhealthy", value: null, samples: 0, text: "prometheus did not answer within 2000 ms" },
});

const ACTIONS: RolloutRouteAnswer["actions"] = [
  { action: "promote", isAllowed: true, why: "" },
  { action: "pause", isAllowed: true, why: "" },
  { action: "resume", isAllowed: false, why: "it is not paused" },
  { action: "rollback", isAllowed: true, why: "" },
  { action: "kill", isAllowed: true, why: "" },
  { action: "arm", isAllowed: false, why: "it is not latched" },
];
const allowed = (...names: readonly string[]): RolloutRouteAnswer["actions"] =>
  ACTIONS.map(({ action, why }) =>
    names.includes(action)
      ? { action, isAllowed: true, why: "" }
      : { action, isAllowed: false, why: why === "" ? "it is latched: arm it first" : why },
  );

/** Held against the schema of the API, so that it cannot drift from it. */
export const boardRoute = (changes: Partial<RolloutRouteAnswer>): RolloutRouteAnswer =>
  rolloutRouteSchema.parse(
    routeAnswer({
      enteredAtMs: NOW_MS - 2 * HOUR_MS,
      clockAtMs: NOW_MS - 2 * HOUR_MS + 40,
      actions: ACTIONS,
      gate: PASSING,
      eta: { kind: "now", ms: null, text: "25 % is certified" },
      approvers: [],
      ...changes,
    }),
  );

export const boardEntry = (sequence: number, changes: Partial<JournalEntryAnswer>): JournalEntryAnswer =>
  journalEntrySchema.parse(journalEntry(sequence, { atMs: NOW_MS - 60_000 * (100 - sequence), ...changes }));

const RAMP_25 = { stage: "ramp", percent: 25, step: "ramp 25 %" } as const;

export const ROUTES: readonly RolloutRouteAnswer[] = [
  boardRoute({ route: "users" }),
  boardRoute({
    route: "orders",
    gate: SHORT_OF_PAIRS,
    shares: { units: 0.0501, requests: 0.231 },
    eta: { kind: "in", ms: 3 * HOUR_MS, text: "at this traffic, 25 % is certified in 3 h" },
    actions: ACTIONS.map((one) =>
      one.action === "promote" ? { ...one, why: "the gate says insufficient" } : one,
    ),
  }),
  boardRoute({
    route: "payments",
    stage: "shadow",
    percent: 0,
    step: "shadow",
    gate: FAILING,
    shares: { units: 0, requests: 0 },
    latch: {
      atMs: NOW_MS - 20 * 60_000,
      who: "tripwire",
      reason: "30 failures of the candidate in a row on serving-1",
      from: "ramp 25 %",
    },
    eta: { kind: "unknown", ms: null, text: "not known yet" },
    next: { stage: "canary", percent: 0, step: "canary", needsApproval: true },
    back: { stage: "off", percent: 0, step: "off" },
    actions: allowed("rollback", "kill", "arm"),
  }),
  boardRoute({
    route: "search",
    ...RAMP_25,
    gate: BLIND,
    shares: { units: 0.2493, requests: 0.2512 },
    stragglers: ["serving-1"],
    clockAtMs: null,
    eta: null,
    next: { stage: "ramp", percent: 50, step: "ramp 50 %", needsApproval: false },
    advance: "automatic",
  }),
  boardRoute({
    route: "catalogue",
    stage: "canary",
    percent: 0,
    step: "canary",
    isPaused: true,
    shares: { units: 0.004, requests: 0.0051 },
    gate: SHORT_OF_PAIRS,
    eta: { kind: "never", ms: null, text: "never from this traffic: use replay" },
    warnings: ["frozen until Monday 06:00 UTC: the weekend"],
  }),
  boardRoute({
    route: "sessions",
    stage: "live",
    percent: 100,
    step: "live",
    shares: { units: 1, requests: 0.9991 },
    next: { stage: "complete", percent: 100, step: "complete", needsApproval: true },
    back: { stage: "ramp", percent: 50, step: "ramp 50 %" },
    warnings: ["3 clients still need the legacy: the last was seen 2 hours ago"],
  }),
  boardRoute({
    route: "a route with a name as long as somebody may have given it to say everything",
    stage: "off",
    percent: 0,
    step: "off",
    gate: null,
    eta: null,
    enteredAtMs: null,
    shares: { units: null, requests: null },
    next: { stage: "shadow", percent: 0, step: "shadow", needsApproval: false },
    back: null,
    actions: allowed("promote"),
  }),
  boardRoute({
    route: "images",
    stage: "complete",
    percent: 100,
    step: "complete",
    gate: null,
    eta: null,
    shares: { units: 1, requests: 1 },
    next: null,
  }),
];

export const JOURNAL: readonly JournalEntryAnswer[] = [
  boardEntry(9, {
    route: "payments",
    action: "rollback",
    who: "tripwire",
    reason: "30 failures of the candidate in a row on serving-1",
    from: "ramp 25 %",
    to: "shadow",
    gate: FAILING,
  }),
  boardEntry(8, {
    route: "users",
    who: "dana",
    reason: "the week was quiet",
    gate: PASSING,
  }),
  boardEntry(7, {
    route: "users",
    action: "resume",
    who: "dana",
    reason: "",
    from: "ramp 1 %",
    to: "ramp 1 %",
  }),
  boardEntry(6, {
    route: "users",
    action: "promote",
    who: "bob",
    reason: "the customer waits for it",
    from: "canary",
    to: "ramp 1 %",
    isForced: true,
    gate: SHORT_OF_PAIRS,
  }),
];
