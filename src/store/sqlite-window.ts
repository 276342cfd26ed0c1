// Counts since a time: what the sums over time say of every scope from then on, added up once for all rows of a list.
// Invariant: told with the bucket that it really begins in; what was not kept is undefined, never 0.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { TREND_RESOLUTIONS, type TrendResolution, type TrendScope } from "./review-store.ts";
import { floorTo, keyOf, type SqliteTrends, STEPS_MS } from "./sqlite-trends.ts";
import { type Row, Statements } from "./statements.ts";
import type { CountsSince } from "./store.ts";

const COLUMNS = ["exchanges", "matches", "mismatches", "noise", "incomparable", "skipped"] as const;
type Column = (typeof COLUMNS)[number];

/** Before the newest minute, which is still being added to: so the sums hold for a minute, whatever is asked. */
const PREPARE = `
  INSERT INTO temp.window_sums SELECT scope_id, ${COLUMNS.map((name) => `sum(${name})`).join(", ")}
  FROM trends WHERE at_ms >= ?1 AND resolution IN (0, 1, 2) AND NOT (resolution = 0 AND at_ms = ?2)
  GROUP BY scope_id`;

/** In memory: as many rows as there are endpoints, signatures and routes. */
const TABLE = `PRAGMA temp_store = MEMORY;
  CREATE TEMP TABLE window_sums (
    scope_id INTEGER PRIMARY KEY, ${COLUMNS.map((name) => `${name} INTEGER NOT NULL`).join(", ")}
  ) STRICT`;

/** The values of the two `?` are `values` of the window. */
const JOINED = `LEFT JOIN temp.window_sums before_now ON before_now.scope_id = scope.id
  LEFT JOIN trends now ON now.resolution = 0 AND now.at_ms = ? AND now.at_ms >= ? AND now.scope_id = scope.id`;

/** Over the joins of a window. */
export const sinceThen = (column: Column) => `coalesce(before_now.${column}, 0) + coalesce(now.${column}, 0)`;

const SUMS = `SELECT ${COLUMNS.map((name) => `${sinceThen(name)} AS ${name}`).join(", ")}
  FROM trend_scopes scope ${JOINED} WHERE scope.kind = ? AND scope.key = ?`;

/** From here on, in milliseconds since the epoch: the beginning of the bucket that the asked time lies in. */
interface Beginning {
  readonly fromMs: number;
  readonly resolution: TrendResolution;
}

export class SqliteWindows {
  readonly #sql: Statements;
  readonly #trends: Pick<SqliteTrends, "generation">;
  /** What temp.window_sums holds. */
  #prepared: { readonly fromMs: number; readonly minuteMs: number; readonly generation: number } | undefined;

  constructor(database: DatabaseSync, trends: Pick<SqliteTrends, "generation">) {
    database.exec(TABLE);
    this.#sql = new Statements(database);
    this.#trends = trends;
  }

  /** Undefined where no time is given. Good until the next write. */
  since(sinceMs: number | undefined): SqliteWindow | undefined {
    if (sinceMs === undefined) return undefined;
    const beginning = this.#beginningOf(sinceMs);
    const { fromMs } = beginning;
    const newest = this.#sql.one("SELECT max(at_ms) AS at_ms FROM trends WHERE resolution = 0");
    const minuteMs = Number(newest?.["at_ms"] ?? -1);
    const { generation } = this.#trends;
    const known = this.#prepared;
    if (known?.fromMs !== fromMs || known.minuteMs !== minuteMs || known.generation !== generation) {
      this.#prepared = undefined;
      this.#sql.all("DELETE FROM temp.window_sums");
      this.#sql.all(PREPARE, fromMs, minuteMs);
      this.#prepared = { fromMs, minuteMs, generation };
    }
    return new SqliteWindow(this.#sql, beginning, [minuteMs, fromMs]);
  }

  /**
   * The finest resolution that goes back to it. What is older than all that is kept begins where it was asked for:
   * there is nothing before it that could be counted in.
   */
  #beginningOf(sinceMs: number): Beginning {
    for (const [index, stepMs] of STEPS_MS.entries()) {
      const fromMs = floorTo(sinceMs, stepMs);
      const oldest = this.#sql.one("SELECT min(at_ms) AS at_ms FROM trends WHERE resolution = ?", index)?.[
        "at_ms"
      ];
      if (typeof oldest === "number" && oldest <= fromMs)
        return { fromMs, resolution: TREND_RESOLUTIONS[index] ?? "day" };
    }
    return { fromMs: floorTo(sinceMs, STEPS_MS[0]), resolution: "minute" };
  }
}

export class SqliteWindow {
  readonly #sql: Statements;
  readonly #beginning: Beginning;
  /** Of the joins. */
  readonly values: readonly SQLInputValue[];

  constructor(sql: Statements, beginning: Beginning, values: readonly SQLInputValue[]) {
    this.#sql = sql;
    this.#beginning = beginning;
    this.values = values;
  }

  /** Joins that `sinceThen` reads from; `key` is a column. Comes before any condition, and so do its values. */
  joins(kind: "endpoint" | "signature", key: string): string {
    return `LEFT JOIN trend_scopes scope ON scope.kind = '${kind}' AND scope.key = ${key} ${JOINED}`;
  }

  /** Of a row that was seen since then: without a count its sums were not kept (trendRowsMax). */
  countsOf(scope: TrendScope): CountsSince | undefined {
    const row = this.#sql.one(SUMS, ...this.values, scope.kind, keyOf(scope));
    return row === undefined || row["exchanges"] === 0 ? undefined : this.#countsFrom(row);
  }

  #countsFrom(row: Row): CountsSince {
    return {
      ...this.#beginning,
      exchanges: Number(row["exchanges"]),
      match: Number(row["matches"]),
      mismatch: Number(row["mismatches"]),
      noise: Number(row["noise"]),
      incomparable: Number(row["incomparable"]),
      skipped: Number(row["skipped"]),
    };
  }
}
