// What a data-protection request asks for: everything that is stored of an endpoint or a route is deleted.
// Invariant: what is not known to belong to what was asked for stays; a dry run goes the same way, and then back.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { HiddenExample } from "../core/batch.ts";
import type { Actor, PurgeCounts, PurgeQuery, TrendScope } from "./review-store.ts";
import { Filter } from "./sqlite-filter.ts";
import type { SqliteReview } from "./sqlite-review.ts";
import type { SqliteTrends } from "./sqlite-trends.ts";
import { type Row, Statements } from "./statements.ts";
import { inTransaction } from "./transaction.ts";

interface Purging {
  readonly review: SqliteReview;
  readonly trends: SqliteTrends;
}

/** Ends a dry run's transaction. */
class DryRun extends Error {
  readonly counts: PurgeCounts;
  constructor(counts: PurgeCounts) {
    super("nothing is changed");
    this.counts = counts;
  }
}

/** Throws what SQLite throws; the file is then as it was. */
export function purgeRows(
  database: DatabaseSync,
  { who, role, ...query }: PurgeQuery & Actor,
  purging: Purging,
): PurgeCounts {
  try {
    return inTransaction(database, () => {
      const purge = new Purge(database, query, purging.trends);
      const counts = query.beforeMs === undefined ? purge.all() : purge.samplesBefore(query.beforeMs);
      if (query.isDryRun) throw new DryRun(counts);
      const { endpoint, route, beforeMs } = query;
      purging.review.log({
        who,
        role,
        action: "purged",
        subject: endpoint ?? route ?? "",
        detail: { endpoint, route, beforeMs, ...counts },
      });
      return counts;
    });
  } catch (error) {
    if (error instanceof DryRun) return error.counts;
    throw error;
  }
}

class Purge {
  readonly #sql: Statements;
  readonly #query: Omit<PurgeQuery, "isDryRun">;
  readonly #trends: SqliteTrends;

  constructor(database: DatabaseSync, query: Omit<PurgeQuery, "isDryRun">, trends: SqliteTrends) {
    this.#sql = new Statements(database);
    this.#query = query;
    this.#trends = trends;
  }

  all(): PurgeCounts {
    const { endpoint, route } = this.#query;
    const filter = this.#filter();
    const rows = this.#run(`DELETE FROM endpoints ${filter.sql} RETURNING endpoint`, filter.values);
    const samples = this.#dropSamples(filter);
    this.#run(`DELETE FROM rule_hits ${filter.sql}`, filter.values);
    // An endpoint of several routes is gone with the last of them.
    const gone =
      route === undefined ? this.#names() : this.#without(rows.map((row) => String(row["endpoint"])));
    const scopes: TrendScope[] = gone.map((name) => ({ kind: "endpoint", endpoint: name }));
    let signatures = 0;
    for (const name of gone) {
      this.#run("DELETE FROM paths WHERE endpoint = ?", [name]);
      for (const row of this.#run("DELETE FROM signatures WHERE endpoint = ? RETURNING id", [name])) {
        const id = String(row["id"]);
        signatures++;
        scopes.push({ kind: "signature", id });
        this.#run("DELETE FROM sample_signatures WHERE signature_id = ?", [id]);
        this.#run("DELETE FROM signature_aliases WHERE signature_id = ?", [id]);
        // What people wrote of its values; their decisions stay in the log.
        this.#run("DELETE FROM audit WHERE subject = ? AND action = 'comment'", [id]);
      }
    }
    if (route !== undefined && endpoint === undefined) scopes.push({ kind: "route", route });
    this.#trends.drop(scopes);
    // An endpoint has none of its own: they are counted by route.
    const callers = endpoint === undefined ? this.#dropCallers() : 0;
    return { endpoints: rows.length, callers, signatures, ...samples };
  }

  /** Counts stay. */
  samplesBefore(beforeMs: number): PurgeCounts {
    const samples = this.#dropSamples(this.#filter().where("at_ms < ?", beforeMs));
    const filter = this.#filter();
    for (const row of this.#run(`SELECT * FROM rule_hits ${filter.sql}`, filter.values)) {
      const examples = JSON.parse(String(row["examples"])) as readonly HiddenExample[];
      const kept = examples.filter(({ atMs }) => atMs >= beforeMs);
      if (kept.length < examples.length)
        this.#run("UPDATE rule_hits SET examples = ? WHERE rule_id = ? AND endpoint = ? AND route = ?", [
          JSON.stringify(kept),
          String(row["rule_id"]),
          String(row["endpoint"]),
          String(row["route"]),
        ]);
    }
    const callers = this.#query.endpoint === undefined ? this.#dropCallers(beforeMs) : 0;
    return { endpoints: 0, callers, signatures: 0, ...samples };
  }

  /** Of the route, or of all of them; with a time those alone that were not seen since. */
  #dropCallers(beforeMs?: number): number {
    const filter = new Filter().where("route = ?", this.#query.route).where("last_seen_ms < ?", beforeMs);
    return this.#run(`DELETE FROM callers ${filter.sql} RETURNING 1`, filter.values).length;
  }

  #filter(): Filter {
    const { endpoint, route } = this.#query;
    return new Filter().whereEndpoint("endpoint", endpoint).where("route = ?", route);
  }

  #run(sql: string, values: readonly SQLInputValue[]): readonly Row[] {
    return this.#sql.all(sql, ...values);
  }

  #dropSamples(filter: Filter): Pick<PurgeCounts, "samples" | "sampleBytes"> {
    const rows = this.#run(`DELETE FROM samples ${filter.sql} RETURNING bytes`, filter.values);
    return {
      samples: rows.length,
      sampleBytes: rows.reduce((sum, row) => sum + Number(row["bytes"]), 0),
    };
  }

  /** Every endpoint's name that is asked for, wherever it is still stored. */
  #names(): readonly string[] {
    const filter = new Filter().whereEndpoint("endpoint", this.#query.endpoint);
    const rows = this.#run(
      `SELECT DISTINCT endpoint FROM (SELECT endpoint FROM signatures UNION SELECT endpoint FROM paths
         UNION SELECT key FROM trend_scopes WHERE kind = 'endpoint') ${filter.sql}`,
      filter.values,
    );
    return rows.map((row) => String(row["endpoint"]));
  }

  #without(names: readonly string[]): readonly string[] {
    const isLeft = (name: string) =>
      this.#sql.one("SELECT 1 FROM endpoints WHERE endpoint = ?", name) !== undefined;
    return [...new Set(names)].filter((name) => !isLeft(name));
  }
}
