// Routes and snapshots for tests of deciding, and what a described request is answered with.
import { DECISION_REASONS, type DecisionReason } from "../../../src/core/decision.ts";
import type { RequestValue, RouteRollout, RouteSettings, Stage } from "../../../src/core/snapshot.ts";
import { type DecidingSnapshot, newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { type DescribedRequest, viewOf } from "../../../src/rollout/decide/described-request.ts";
import { TokenReader } from "../../../src/rollout/decide/token-reader.ts";

export const header = (name: string): RequestValue => ({ kind: "header", name });
export const TENANT = { kind: "tenant", from: header("x-tenant") } as const;

export function rolloutOf(changes: Partial<RouteRollout> = {}): RouteRollout {
  return {
    since: 0,
    basisPoints: 0,
    salt: "parallax",
    units: [TENANT],
    deny: [],
    allow: [],
    cohorts: [],
    rescue: { isOn: true, statuses: [], afterMs: 1000, budgetPercent: 20, budgetMin: 10 },
    tripwireFailures: 5,
    ...changes,
  };
}

export function routeOf(stage: Stage, changes: Partial<RouteRollout> = {}, path = "/**"): RouteSettings {
  return {
    slot: 1,
    name: "orders",
    match: { path, methods: [], hosts: [] },
    stage,
    mirror: {
      methods: ["GET"],
      samplePercent: 100,
      requestBytesMax: 1024,
      answerBytesMax: 1024,
      deadlineMs: 1000,
      setHeaders: [],
      removeHeaders: [],
      credentials: "keep",
      hostHeader: "preserve",
      pathRewrite: undefined,
    },
    compare: {
      headers: [],
      status: "exact",
      rules: [],
      decodedBytesMax: 1024,
      depthMax: 10,
      differencesMax: 10,
      timeMsMax: 100,
    },
    contract: undefined,
    rollout: rolloutOf(changes),
  };
}

export function snapshotOf(changes: Partial<DecidingSnapshot> = {}): DecidingSnapshot {
  return {
    isKilled: false,
    upstreams: { candidate: {} },
    override: { header: "x-parallax-upstream", networks: [] },
    jwt: undefined,
    trustedProxies: [],
    ...changes,
  };
}

export interface Answer {
  readonly by: "legacy" | "candidate";
  readonly reason: DecisionReason;
  readonly unit: number;
  readonly rule: string | undefined;
}

export interface Asked {
  readonly route: RouteSettings;
  readonly snapshot?: DecidingSnapshot;
  readonly isPeerTrusted?: boolean;
  readonly tokens?: TokenReader;
}

/** Asks once, of a request that is described. */
export function answerTo(
  request: DescribedRequest,
  { route, snapshot = snapshotOf(), isPeerTrusted = false, tokens = new TokenReader(snapshot.jwt) }: Asked,
): Answer {
  const decider = new RouteDecider(route, snapshot, { tokens });
  const decision = newDecision();
  decider.decide(
    viewOf(request, () => isPeerTrusted),
    decision,
  );
  return {
    by: decision.isCandidate ? "candidate" : "legacy",
    reason: DECISION_REASONS[decision.reason] ?? "stage",
    unit: decision.unit,
    rule: decider.grounds().rule,
  };
}

/** The unit's id as the decider reads it from a request. */
export function unitIdOf(request: DescribedRequest, from: RequestValue): string | undefined {
  const route = routeOf("ramp", { units: [{ kind: "unit", from }] });
  const decider = new RouteDecider(route, snapshotOf());
  decider.decide(
    viewOf(request, () => false),
    newDecision(),
  );
  return decider.grounds().unit?.id;
}
