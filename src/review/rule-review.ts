// What each rule in force did, and whether it is worth a look: hits, where, examples, flags.
// Pure: the clock's time and what the store has are arguments. A flag never changes what a rule does.
import type { HiddenExample, RuleHit } from "../core/batch.ts";
import { type Rule, ruleIdOf } from "../core/rule.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { RuleEvidence } from "../store/store.ts";

/** Compared exchanges without a hit after which a rule is thought to do nothing. */
export const NEVER_HIT_COMPARED_MIN = 1000;
/** Over this share of an endpoint's differences a rule hides more than it shows. */
export const TOO_BROAD_SHARE = 0.5;
/** Fewer hidden and shown places of an endpoint say nothing about shares. */
export const TOO_BROAD_PLACES_MIN = 20;
/** Of one rule; the rest are in its sums. */
const ENDPOINTS_SHOWN_MAX = 20;
const ROUTES_SHOWN_MAX = 20;
const EXAMPLES_SHOWN_MAX = 3;
const DAY_MS = 86_400_000;

/** A rule in force, once for all the routes it stands in. */
export interface RuleInForce {
  readonly id: string;
  readonly rule: Rule;
  /** In the order of the config. */
  readonly routes: readonly string[];
}

export type RuleFlag =
  | { readonly kind: "never-hit"; readonly compared: number }
  | { readonly kind: "too-broad"; readonly endpoint: string; readonly share: number }
  | { readonly kind: "expired"; readonly expires: string }
  | { readonly kind: "failed"; readonly exchanges: number };

export interface RuleReview {
  readonly id: string;
  readonly rule: Rule;
  readonly routes: readonly string[];
  readonly routesTotal: number;
  /** Places it hid. */
  readonly hits: number;
  readonly lastHitMs: number | null;
  /** Most hits first; `share` is of all that differed there, hidden or shown. */
  readonly endpoints: readonly { readonly endpoint: string; readonly hits: number; readonly share: number }[];
  readonly endpointsTotal: number;
  /** Newest first. */
  readonly examples: readonly HiddenExample[];
  readonly flags: readonly RuleFlag[];
  /** Who put it to work while running; null for a rule of the config. */
  readonly added: { readonly who: string; readonly atMs: number } | null;
}

/** The rules of every route that mirrors, each once. */
export function rulesInForce(snapshot: Snapshot): readonly RuleInForce[] {
  const found = new Map<string, { readonly id: string; readonly rule: Rule; readonly routes: string[] }>();
  for (const { name, stage, compare } of snapshot.routes) {
    if (stage === "off") continue;
    for (const rule of compare.rules) {
      const id = ruleIdOf(rule);
      const known = found.get(id) ?? { id, rule, routes: [] };
      // A rule of the route that is also a global one stands in its list twice.
      if (known.routes.at(-1) !== name) known.routes.push(name);
      found.set(id, known);
    }
  }
  return [...found.values()];
}

export interface ReviewFacts {
  readonly rules: readonly RuleInForce[];
  readonly evidence: RuleEvidence;
  /** Exchanges that were compared on the rule's routes since it came into force, in this process. */
  readonly comparedUnder: (rule: RuleInForce) => number;
  readonly nowMs: number;
}

/** `index` and `lcs` say how elements are paired, and hide nothing. */
function canHit(rule: Rule): boolean {
  return rule.kind !== "array" || (rule.mode !== "index" && rule.mode !== "lcs");
}

/** A date is a whole day, in UTC. */
function isExpired(expires: string | undefined, nowMs: number): expires is string {
  return expires !== undefined && nowMs >= Date.parse(expires) + DAY_MS;
}

/** Endpoint → hits, of several routes together: differences are known by endpoint alone. */
function hitsByEndpoint(hits: readonly RuleHit[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { endpoint, hits: count } of hits) sums.set(endpoint, (sums.get(endpoint) ?? 0) + count);
  return sums;
}

/** Every rule in force with what it did, in the order of the config. */
export function reviewRules({ rules, evidence, comparedUnder, nowMs }: ReviewFacts): readonly RuleReview[] {
  const hitsOf = Map.groupBy(evidence.hits, ({ ruleId }) => ruleId);
  const allHitsAt = hitsByEndpoint(evidence.hits);
  const differedAt = (endpoint: string) =>
    (allHitsAt.get(endpoint) ?? 0) + (evidence.differencesByEndpoint.get(endpoint) ?? 0);
  return rules.map((inForce) => {
    const { id, rule, routes } = inForce;
    const hits = hitsOf.get(id) ?? [];
    const endpoints = [...hitsByEndpoint(hits)]
      .map(([endpoint, count]) => ({ endpoint, hits: count, share: count / differedAt(endpoint) }))
      .sort((a, b) => b.hits - a.hits);
    const broadest = endpoints
      .filter(({ endpoint }) => differedAt(endpoint) >= TOO_BROAD_PLACES_MIN)
      .sort((a, b) => b.share - a.share)[0];
    const total = hits.reduce((sum, hit) => sum + hit.hits, 0);
    const compared = comparedUnder(inForce);
    const failed = routes.reduce((sum, route) => sum + (evidence.failuresByRoute.get(route) ?? 0), 0);
    const flags: RuleFlag[] = [];
    if (canHit(rule) && total === 0 && compared >= NEVER_HIT_COMPARED_MIN)
      flags.push({ kind: "never-hit", compared });
    if (broadest !== undefined && broadest.share > TOO_BROAD_SHARE)
      flags.push({ kind: "too-broad", endpoint: broadest.endpoint, share: broadest.share });
    if (isExpired(rule.expires, nowMs)) flags.push({ kind: "expired", expires: rule.expires });
    if (rule.kind === "custom" && failed > 0) flags.push({ kind: "failed", exchanges: failed });
    return {
      id,
      rule,
      routes: routes.slice(0, ROUTES_SHOWN_MAX),
      routesTotal: routes.length,
      hits: total,
      lastHitMs: hits.length === 0 ? null : Math.max(...hits.map(({ lastHitMs }) => lastHitMs)),
      endpoints: endpoints.slice(0, ENDPOINTS_SHOWN_MAX),
      endpointsTotal: endpoints.length,
      examples: hits
        .flatMap(({ examples }) => examples)
        .sort((a, b) => b.atMs - a.atMs)
        .slice(0, EXAMPLES_SHOWN_MAX),
      flags,
      added: null,
    };
  });
}
