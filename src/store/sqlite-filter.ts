// Conditions of the queries behind the API, as SQL with its values. Every text of a client is a bound value.
import type { SQLInputValue } from "node:sqlite";
import { isEndpointPattern } from "./endpoint-pattern.ts";
import { MATCHES_FUNCTION, TIER_ORDER } from "./sqlite-functions.ts";
import type { EndpointFilter, SignatureFilter } from "./store.ts";

/** What is neither noise nor gone when it is read again. */
const SURE_TIERS = (["confirmed", "suspect"] as const).map((tier) => TIER_ORDER.indexOf(tier)).join(", ");

/**
 * The state in force at `?`: the same as core/triage says. A list of signatures is searched by it; what it answers
 * with is computed there.
 */
export function stateOf(table: string, nowMs: string): string {
  return `CASE
    WHEN ${table}.state = 'accepted' AND ${table}.expires_ms <= ${nowMs} THEN 'new'
    WHEN ${table}.state = 'fixed' AND ${table}.last_seen_ms > ${table}.decided_ms THEN 'reopened'
    ELSE ${table}.state END`;
}

/**
 * Confirmed and suspect ones that ask for something to be done, of the endpoint at the first `?`; the second is the
 * time. Two counts, because only fixed ones need more than the index has.
 */
export const OPEN_SIGNATURES = `
  SELECT (SELECT count(*) FROM signatures s WHERE s.endpoint = ?1 AND s.tier IN (${SURE_TIERS})
      AND (s.state IN ('new', 'bug') OR (s.state = 'accepted' AND s.expires_ms <= ?2)))
    + (SELECT count(*) FROM signatures s WHERE s.endpoint = ?1 AND s.tier IN (${SURE_TIERS})
      AND s.state = 'fixed' AND s.last_seen_ms > s.decided_ms) AS open`;

/** The LIMIT keeps SQLite from asking before the names are made distinct. */
const MATCHING_ENDPOINTS = `SELECT endpoint FROM (SELECT DISTINCT endpoint FROM signatures LIMIT -1)
  WHERE ${MATCHES_FUNCTION}(?, endpoint)`;

/** Conditions that are put together with AND; each with its values. */
export class Filter {
  readonly #conditions: string[] = [];
  readonly values: SQLInputValue[] = [];

  where(condition: string, value: SQLInputValue | undefined): this {
    return value === undefined ? this : this.whereAll(condition, [value]);
  }

  whereAll(condition: string, values: readonly SQLInputValue[]): this {
    this.#conditions.push(condition);
    this.values.push(...values);
    return this;
  }

  /** The text is in one of the columns; ASCII letters in either case. */
  whereContains(columns: readonly string[], text: string | undefined): this {
    if (text === undefined) return this;
    const pattern = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
    const conditions = columns.map((column) => `${column} LIKE ? ESCAPE '\\'`);
    return this.whereAll(
      `(${conditions.join(" OR ")})`,
      columns.map(() => pattern),
    );
  }

  /** One name is looked up in the index; a pattern is asked of every row. */
  whereEndpoint(column: string, endpoint: string | undefined): this {
    const isPattern = endpoint !== undefined && isEndpointPattern(endpoint);
    return this.where(isPattern ? `${MATCHES_FUNCTION}(?, ${column})` : `${column} = ?`, endpoint);
  }

  /** The same over `signatures s`: a pattern is asked of every endpoint once, not of each of its signatures. */
  whereSignaturesOf(endpoint: string | undefined): this {
    const isPattern = endpoint !== undefined && isEndpointPattern(endpoint);
    return this.where(isPattern ? `s.endpoint IN (${MATCHING_ENDPOINTS})` : "s.endpoint = ?", endpoint);
  }

  get sql(): string {
    return this.#conditions.length === 0 ? "" : `WHERE ${this.#conditions.join(" AND ")}`;
  }

  /** `condition` beside the others, without a value of its own here. */
  sqlWith(condition: string): string {
    return condition === "" ? this.sql : `${this.sql === "" ? "WHERE" : `${this.sql} AND`} ${condition}`;
  }
}

export function endpointFilter({ endpoint, route, sinceMs, search }: EndpointFilter): Filter {
  return new Filter()
    .whereEndpoint("endpoint", endpoint)
    .where("route = ?", route)
    .where("last_seen_ms >= ?", sinceMs)
    .whereContains(["endpoint"], search);
}

const listOf = (values: readonly unknown[]) => values.map(() => "?").join(", ");

/** Over `signatures s`. */
export function signatureFilter(query: SignatureFilter, nowMs: number): Filter {
  const { states = query.state && [query.state], tiers = query.tier && [query.tier] } = query;
  const filter = new Filter()
    .whereSignaturesOf(query.endpoint)
    .where("s.endpoint IN (SELECT endpoint FROM endpoints WHERE route = ?)", query.route)
    .where("s.part = ?", query.part)
    .where("s.kind = ?", query.kind)
    .where("s.owner = ?", query.owner)
    .where("s.last_seen_ms >= ?", query.sinceMs)
    .whereContains(["s.endpoint", "s.path"], query.search);
  if (tiers !== undefined)
    filter.whereAll(
      `s.tier IN (${listOf(tiers)})`,
      tiers.map((tier) => TIER_ORDER.indexOf(tier)),
    );
  if (states !== undefined)
    filter.whereAll(`${stateOf("s", "?")} IN (${listOf(states)})`, [nowMs, ...states]);
  return filter;
}
