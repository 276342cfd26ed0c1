// Why a request is served by whom: the decider itself is asked, with the request as bytes, so that explain cannot
// disagree with what happens. Pure; for a time past, the caller hands in the route as it stood then.
import { assertNever } from "../../core/assert.ts";
import { BUCKETING_VERSION, DECISION_REASONS, type DecisionReason } from "../../core/decision.ts";
import type { RouteSettings, Stage } from "../../core/snapshot.ts";
import { parseAddress } from "./address.ts";
import { BASIS_POINTS_MAX, basisPointsFrom, thresholdOf } from "./bucket.ts";
import { type DecidingSnapshot, newDecision, RouteDecider } from "./decide.ts";
import { type DescribedRequest, viewOf } from "./described-request.ts";
import { NetworkSet } from "./networks.ts";
import type { TokenReader } from "./token-reader.ts";

export interface ExplainedUnit {
  readonly kind: string;
  readonly id: string;
  /** 0 to 2^32 − 1. */
  readonly bucket: number;
  /** The candidate serves the buckets below it. */
  readonly threshold: number;
  /** The percentage from which the candidate serves the unit. */
  readonly bucketPercent: number;
}

export interface Explanation {
  readonly route: string;
  readonly stage: Stage;
  readonly percent: number;
  readonly upstream: "legacy" | "candidate";
  readonly reason: DecisionReason;
  /** The cohort that decided. */
  readonly rule: string | null;
  readonly unit: ExplainedUnit | null;
  readonly salt: string;
  readonly bucketingVersion: number;
  /** One sentence for people. */
  readonly text: string;
  readonly notes: readonly string[];
}

export interface Explained {
  readonly route: RouteSettings;
  readonly snapshot: DecidingSnapshot;
  readonly request: DescribedRequest;
}

function unitOf({ route }: Explained, decider: RouteDecider, bucket: number): ExplainedUnit | null {
  const { unit } = decider.grounds();
  if (unit === undefined) return null;
  return {
    ...unit,
    bucket,
    threshold: thresholdOf(route.rollout.basisPoints),
    bucketPercent: percentOf(basisPointsFrom(bucket)),
  };
}

function percentOf(basisPoints: number): number {
  return (basisPoints * 100) / BASIS_POINTS_MAX;
}

function stageText({ route: { stage }, snapshot }: Explained): string {
  if (snapshot.upstreams.candidate === undefined)
    return "There is no candidate: the legacy serves everybody.";
  if (stage === "off" || stage === "shadow") return `At stage ${stage} the legacy serves everybody.`;
  return `At stage ${stage} and 0 % the candidate serves only whom a list names, and this request is in none: the legacy serves it.`;
}

function missingText({ route: { rollout } }: Explained): string {
  if (rollout.units.length === 0)
    return "The route has no units, so no percentage reaches it: the legacy serves it.";
  const kinds = rollout.units.map(({ kind }) => kind).join(", ");
  return `The request has none of the route's units (${kinds}), or has each of them twice: the legacy serves it.`;
}

interface Found {
  readonly reason: DecisionReason;
  readonly isCandidate: boolean;
  readonly rule: string;
  readonly unit: ExplainedUnit | null;
}

function textOf(explained: Explained, { reason, isCandidate, rule, unit }: Found): string {
  const { route, snapshot } = explained;
  switch (reason) {
    case "killed":
      return "The kill switch is on: the legacy serves everybody.";
    case "stage":
      return stageText(explained);
    case "deny":
      return `The deny list's ${rule} holds: the legacy serves it.`;
    case "allow":
      return `The allow list's ${rule} holds: the candidate serves it.`;
    case "override":
      return `A trusted client asked for the ${isCandidate ? "candidate" : "legacy"} with ${snapshot.override.header}.`;
    case "cohort":
      return `It is in the cohort ${rule}: the candidate serves it.`;
    case "everybody":
      return `At stage ${route.stage} the candidate serves everybody.`;
    case "unit-missing":
      return missingText(explained);
    case "tripped":
      return "The candidate failed too often: the serving thread took the route back, and the legacy serves it.";
    case "percentage": {
      const { kind = "", id = "", bucketPercent = 0 } = unit ?? {};
      const share = `${percentOf(route.rollout.basisPoints)} %`;
      return isCandidate
        ? `The ${kind} ${id} is the candidate's from ${bucketPercent} % on, and the route is at ${share}: the candidate serves it.`
        : `The ${kind} ${id} is the candidate's from ${bucketPercent} % on only, and the route is at ${share}: the legacy serves it.`;
    }
    default:
      return assertNever(reason);
  }
}

function notesOf({ route, request, snapshot }: Explained): string[] {
  const { deny, allow, cohorts } = route.rollout;
  const conditions = [...deny, ...allow, ...cohorts].flatMap((cohort) => cohort.conditions);
  const asksNetworks =
    snapshot.override.networks.length > 0 || conditions.some(({ kind }) => kind === "networks");
  if (!asksNetworks || request.address !== undefined) return [];
  return [
    "No address of the client was given: the route asks for networks, of which a deny list then takes each to hold, all else none.",
  ];
}

/** `tokens` where claims that were verified before are known already. */
export function explain(explained: Explained, tokens?: TokenReader): Explanation {
  const { route, snapshot, request } = explained;
  const trusted = new NetworkSet(snapshot.trustedProxies);
  const decider = new RouteDecider(route, snapshot, { tokens });
  const decision = newDecision();
  const view = viewOf(request, (address) => {
    const words = parseAddress(address);
    return words !== undefined && trusted.has(words);
  });
  decider.decide(view, decision);
  const reason = DECISION_REASONS[decision.reason] ?? "stage";
  const { isCandidate } = decision;
  const rule = decider.grounds().rule ?? null;
  const unit = unitOf(explained, decider, decision.unit);
  return {
    route: route.name,
    stage: route.stage,
    percent: percentOf(route.rollout.basisPoints),
    upstream: isCandidate ? "candidate" : "legacy",
    reason,
    rule,
    unit,
    salt: route.rollout.salt,
    bucketingVersion: BUCKETING_VERSION,
    text: textOf(explained, { reason, isCandidate, rule: rule ?? "", unit }),
    notes: notesOf(explained),
  };
}
