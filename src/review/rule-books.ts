// The review of the rules in force, kept for a moment, so that a scrape does not read the store each time; and since
// when each rule has been in force, in exchanges that were compared. After a restart that begins anew: a rule is
// flagged later, never wrongly.
import type { Clock } from "../core/clock.ts";
import { OTHER } from "../core/other.ts";
import { RULE_FLAGS } from "../core/rule.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { within } from "../core/within.ts";
import type { Store, StoreRead } from "../store/store.ts";
import { type RuleInForce, type RuleReview, reviewRules, rulesInForce } from "./rule-review.ts";

/** How old the review of a scrape may be. */
const REVIEW_AGE_MS_MAX = 10_000;
/** A scrape waits this long for the store, which may be busy; then it has what was said last. */
const SCRAPE_PATIENCE_MS = 500;
/** Rules with a metric of their own; the rest are summed. */
export const RULES_MEASURED_MAX = 100;

export interface RuleBooksParts {
  readonly store: Pick<Store, "ruleEvidence">;
  readonly clock: Clock;
  /** Route → exchanges that were compared since the process began. */
  readonly compared: () => ReadonlyMap<string, number>;
}

/** What a scrape tells of rules. */
export interface RuleNumbers {
  readonly flagged: Readonly<Record<(typeof RULE_FLAGS)[number], number>>;
  /** Rule id → places it hid; `*other*` for those past RULES_MEASURED_MAX. */
  readonly hits: ReadonlyMap<string, number>;
}

export class RuleBooks {
  readonly #parts: RuleBooksParts;
  #rules: readonly RuleInForce[] = [];
  /** Rule id → what had been compared on its routes when it came into force. */
  #before = new Map<string, number>();
  #reviewed: { readonly atMs: number; readonly reviews: readonly RuleReview[] } | undefined;
  #reviewing: Promise<unknown> | undefined;

  constructor(parts: RuleBooksParts) {
    this.#parts = parts;
  }

  /** To be called with each snapshot that comes into force. */
  begin(snapshot: Snapshot): void {
    const compared = this.#parts.compared();
    this.#rules = rulesInForce(snapshot);
    this.#before = new Map(
      this.#rules.map((rule) => [rule.id, this.#before.get(rule.id) ?? comparedOn(rule, compared)]),
    );
    this.#reviewed = undefined;
  }

  async review(): Promise<StoreRead<readonly RuleReview[]>> {
    const rules = this.#rules;
    const read = await this.#parts.store.ruleEvidence();
    if (read.kind === "failed") return read;
    const compared = this.#parts.compared();
    const nowMs = this.#parts.clock.nowMs();
    const reviews = reviewRules({
      rules,
      evidence: read.value,
      comparedUnder: (rule) => comparedOn(rule, compared) - (this.#before.get(rule.id) ?? 0),
      nowMs,
    });
    // A reload meanwhile has other rules.
    if (rules === this.#rules) this.#reviewed = { atMs: nowMs, reviews };
    return { kind: "ok", value: reviews };
  }

  /** While the store cannot be read or is busy, what it said last. */
  async numbers(): Promise<RuleNumbers> {
    const ageMs = this.#parts.clock.nowMs() - (this.#reviewed?.atMs ?? Number.NEGATIVE_INFINITY);
    if (ageMs > REVIEW_AGE_MS_MAX) await this.#reviewSoon();
    const reviews = this.#reviewed?.reviews ?? [];
    const count = (flag: string) =>
      reviews.filter(({ flags }) => flags.some(({ kind }) => kind === flag)).length;
    const hits = new Map<string, number>();
    for (const [index, review] of reviews.entries()) {
      const name = index < RULES_MEASURED_MAX ? review.id : OTHER;
      hits.set(name, (hits.get(name) ?? 0) + review.hits);
    }
    return {
      flagged: Object.fromEntries(RULE_FLAGS.map((flag) => [flag, count(flag)])) as RuleNumbers["flagged"],
      hits,
    };
  }

  /** One at a time: scrapes must not queue up behind a busy store. */
  async #reviewSoon(): Promise<void> {
    this.#reviewing ??= this.review().finally(() => {
      this.#reviewing = undefined;
    });
    await within(SCRAPE_PATIENCE_MS, this.#reviewing, () => undefined);
  }
}

function comparedOn({ routes }: RuleInForce, compared: ReadonlyMap<string, number>): number {
  return routes.reduce((sum, route) => sum + (compared.get(route) ?? 0), 0);
}
