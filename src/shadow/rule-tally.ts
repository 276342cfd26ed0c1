// What rules hid since the last batch, by rule and endpoint. A rule is counted under its id, not under its place in
// a list. Bounded: past RULE_PLACES_MAX the endpoints of a rule are counted as one.
import type { HiddenExample, RuleHit } from "../core/batch.ts";
import { OTHER } from "../core/other.ts";
import { type Rule, ruleIdsOf } from "../core/rule.ts";
import { shortened } from "../core/shortened.ts";
import type { Hidden, Judgement } from "../core/verdict.ts";

/** Rules × endpoints that are kept apart in one batch, a quarter of a second. */
export const RULE_PLACES_MAX = 5000;
/** Newest examples of one rule at one endpoint in a batch. */
export const RULE_EXAMPLES_MAX = 2;
/** A longer path is cut: it is shown, never followed. */
const PATH_CHARACTERS_MAX = 512;

interface HitSums {
  readonly route: string;
  readonly endpoint: string;
  readonly ruleId: string;
  hits: number;
  lastHitMs: number;
  /** Newest first. */
  readonly examples: HiddenExample[];
}

/** One judged exchange. `hidden` of its judgement is redacted already. */
export interface RuledExchange {
  readonly route: string;
  readonly endpoint: string;
  readonly atMs: number;
  readonly exchangeId: string;
  /** Those of the route, as they were compiled: a rule's index is its place in here. */
  readonly rules: readonly Rule[];
  readonly judgement: Judgement;
}

export class RuleTally {
  #sums = new Map<string, HitSums>();

  add(exchange: RuledExchange): void {
    const { ruleHits, hidden } = exchange.judgement;
    if (ruleHits.size === 0) return;
    const ids = ruleIdsOf(exchange.rules);
    for (const [index, hits] of ruleHits) {
      const ruleId = ids[index];
      if (ruleId === undefined) continue;
      const sums = this.#sumsOf(exchange, ruleId);
      sums.hits += hits;
      sums.lastHitMs = Math.max(sums.lastHitMs, exchange.atMs);
      const shown = hidden?.find(({ ruleIndex }) => ruleIndex === index);
      if (shown === undefined) continue;
      sums.examples.unshift(exampleOf(exchange, shown));
      if (sums.examples.length > RULE_EXAMPLES_MAX) sums.examples.pop();
    }
  }

  take(): readonly RuleHit[] {
    const hits = [...this.#sums.values()];
    this.#sums = new Map();
    return hits;
  }

  /** Past the limit there is one more place for each rule of a route: as many as the config has. */
  #sumsOf({ route, endpoint: own }: RuledExchange, ruleId: string): HitSums {
    const keyOf = (endpoint: string) => `${ruleId}\n${route}\n${endpoint}`;
    const known = this.#sums.get(keyOf(own));
    if (known !== undefined) return known;
    const endpoint = this.#sums.size < RULE_PLACES_MAX ? own : OTHER;
    const other = this.#sums.get(keyOf(endpoint));
    if (other !== undefined) return other;
    const sums: HitSums = { route, endpoint, ruleId, hits: 0, lastHitMs: 0, examples: [] };
    this.#sums.set(keyOf(endpoint), sums);
    return sums;
  }
}

function exampleOf({ exchangeId, atMs }: RuledExchange, hidden: Hidden): HiddenExample {
  const { part, path, legacy, candidate } = hidden;
  return { exchangeId, atMs, part, path: shortened(path, PATH_CHARACTERS_MAX), legacy, candidate };
}
