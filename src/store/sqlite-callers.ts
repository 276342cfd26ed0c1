// The rows of callers: sums that only grow, bounded per route and by age.
import type { DatabaseSync } from "node:sqlite";
import { OTHER } from "../core/other.ts";
import type { CallerQuery, CallerSums, CallersSince, StoredCaller } from "./caller-store.ts";
import { Filter } from "./sqlite-filter.ts";
import { type Row, Statements } from "./statements.ts";
import type { StoreLimits } from "./store.ts";
import { inTransaction } from "./transaction.ts";

const UPSERT = `
  INSERT INTO callers (route, unit_kind, unit, user_agent, first_seen_ms, last_seen_ms, requests)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
    first_seen_ms = min(first_seen_ms, excluded.first_seen_ms),
    last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)`;

/** Rows of a route past its limit: those seen longest ago. The one that holds such rows is not among them. */
const PAST_LIMIT = `
  SELECT unit_kind, unit, user_agent FROM callers WHERE route = ?1 AND unit_kind <> '${OTHER}'
  ORDER BY last_seen_ms DESC, requests DESC, unit, user_agent LIMIT -1 OFFSET ?2`;

export class SqliteCallers {
  readonly #database: DatabaseSync;
  readonly #limits: StoreLimits;
  readonly #sql: Statements;

  constructor(database: DatabaseSync, limits: StoreLimits) {
    this.#database = database;
    this.#limits = limits;
    this.#sql = new Statements(database);
  }

  record(callers: readonly CallerSums[]): number {
    return inTransaction(this.#database, () => {
      for (const caller of callers) this.#add(caller);
      for (const route of new Set(callers.map(({ route }) => route))) this.#foldPastLimit(route);
      return callers.length;
    });
  }

  #add({ route, unitKind, unit, userAgent, firstSeenMs, lastSeenMs, requests }: CallerSums): void {
    this.#sql.all(UPSERT, route, unitKind, unit, userAgent, firstSeenMs, lastSeenMs, requests);
  }

  /** Their counts go to one row, so that nothing is lost but who it was. */
  #foldPastLimit(route: string): void {
    const gone = this.#sql.all(
      `DELETE FROM callers WHERE route = ?1 AND (unit_kind, unit, user_agent) IN (${PAST_LIMIT}) RETURNING *`,
      route,
      this.#limits.callersPerRouteMax,
    );
    for (const row of gone) this.#add({ ...callerFrom(row), unitKind: OTHER, unit: OTHER, userAgent: OTHER });
  }

  callers({ route, sinceMs, limit }: CallerQuery): {
    readonly total: number;
    readonly rows: readonly StoredCaller[];
  } {
    const filter = new Filter().where("route = ?", route).where("last_seen_ms >= ?", sinceMs);
    const counted = this.#sql.one(`SELECT count(*) AS total FROM callers ${filter.sql}`, ...filter.values);
    const rows = this.#sql.all(
      `SELECT * FROM callers ${filter.sql}
       ORDER BY last_seen_ms DESC, requests DESC, route, unit_kind, unit, user_agent LIMIT ?`,
      ...filter.values,
      limit,
    );
    return { total: Number(counted?.["total"]), rows: rows.map(callerFrom) };
  }

  since(route: string, sinceMs: number): CallersSince {
    const row = this.#sql.one(
      `SELECT count(*) FILTER (WHERE last_seen_ms >= ?2) AS callers, max(last_seen_ms) AS last
       FROM callers WHERE route = ?1`,
      route,
      sinceMs,
    );
    const last = row?.["last"];
    return { callers: Number(row?.["callers"]), lastSeenMs: last === null ? undefined : Number(last) };
  }
}

function callerFrom(row: Row): StoredCaller {
  return {
    route: String(row["route"]),
    unitKind: String(row["unit_kind"]),
    unit: String(row["unit"]),
    userAgent: String(row["user_agent"]),
    requests: Number(row["requests"]),
    firstSeenMs: Number(row["first_seen_ms"]),
    lastSeenMs: Number(row["last_seen_ms"]),
  };
}
