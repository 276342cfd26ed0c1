// Conditions of the queries behind the API, as SQL with its values. Every text of a client is a bound value.
import type { SQLInputValue } from "node:sqlite";
import { isEndpointPattern } from "./endpoint-pattern.ts";
import type { EndpointFilter, SignatureFilter } from "./store.ts";

/** A tier is arithmetic on the counts, and the same here as everywhere. */
export const TIER_FUNCTION = "parallax_tier";
export const TIER_OF = `${TIER_FUNCTION}(coalesce(p.candidate_only, 0), coalesce(p.baseline_only, 0),
  coalesce(p.both_sides, 0), s.rechecked, s.transient)`;
/** (pattern, endpoint) → 1 or 0: endpoint-pattern, so that there is one meaning of a `*`. */
export const MATCHES_FUNCTION = "parallax_matches";

/** Conditions that are put together with AND; each with its one value. */
export class Filter {
  readonly #conditions: string[] = [];
  readonly values: SQLInputValue[] = [];

  where(condition: string, value: SQLInputValue | undefined): this {
    if (value !== undefined) {
      this.#conditions.push(condition);
      this.values.push(value);
    }
    return this;
  }

  /** One name is looked up in the index; a pattern is asked of every row. */
  whereEndpoint(column: string, endpoint: string | undefined): this {
    const isPattern = endpoint !== undefined && isEndpointPattern(endpoint);
    return this.where(isPattern ? `${MATCHES_FUNCTION}(?, ${column})` : `${column} = ?`, endpoint);
  }

  get sql(): string {
    return this.#conditions.length === 0 ? "" : `WHERE ${this.#conditions.join(" AND ")}`;
  }

  /** `condition` beside the others, without a value of its own here. */
  sqlWith(condition: string): string {
    return condition === "" ? this.sql : `${this.sql === "" ? "WHERE" : `${this.sql} AND`} ${condition}`;
  }
}

export function endpointFilter({ endpoint, route, sinceMs }: EndpointFilter): Filter {
  return new Filter()
    .whereEndpoint("endpoint", endpoint)
    .where("route = ?", route)
    .where("last_seen_ms >= ?", sinceMs);
}

/** Over `signatures s` and its `paths p`. */
export function signatureFilter(query: SignatureFilter): Filter {
  return new Filter()
    .whereEndpoint("s.endpoint", query.endpoint)
    .where("s.endpoint IN (SELECT endpoint FROM endpoints WHERE route = ?)", query.route)
    .where("s.part = ?", query.part)
    .where("s.kind = ?", query.kind)
    .where("s.state = ?", query.state)
    .where(`${TIER_OF} = ?`, query.tier)
    .where("s.last_seen_ms >= ?", query.sinceMs);
}
