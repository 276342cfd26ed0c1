// The queries behind the API. Read only; every list has a limit.
import type { DatabaseSync } from "node:sqlite";
import type { RuleHit, Sample } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import type { DifferencePart } from "../core/verdict.ts";
import type { CountKind } from "./pending.ts";
import type { LatencyCounts, ReviewStore } from "./review-store.ts";
import { endpointFilter, Filter, OPEN_SIGNATURES } from "./sqlite-filter.ts";
import { exampleFrom, idInForce, pairedOf, pairsFrom } from "./sqlite-signatures.ts";
import { type SqliteWindow, type SqliteWindows, sinceThen } from "./sqlite-window.ts";
import { type Row, Statements } from "./statements.ts";
import type {
  CountsSince,
  EndpointQuery,
  EndpointWalk,
  Page,
  RuleEvidence,
  SampleQuery,
  StoredEndpoint,
  StoredPath,
  StoredTotals,
} from "./store.ts";

const ENDPOINT_ORDER = {
  exchanges: "e.exchanges DESC, e.endpoint",
  mismatch: "e.mismatches DESC, e.exchanges DESC, e.endpoint",
  endpoint: "e.endpoint",
} as const satisfies Record<EndpointQuery["sort"], string>;
/** The same, over the joins of a window. */
const ENDPOINT_ORDER_SINCE = {
  exchanges: `${sinceThen("exchanges")} DESC, e.endpoint`,
  mismatch: `${sinceThen("mismatches")} DESC, ${sinceThen("exchanges")} DESC, e.endpoint`,
  endpoint: "e.endpoint",
} as const satisfies Record<EndpointQuery["sort"], string>;

export class SqliteReader {
  readonly #sql: Statements;
  readonly #clock: Clock;
  readonly #windows: SqliteWindows;

  constructor(
    database: DatabaseSync,
    { clock, windows }: { readonly clock: Clock; readonly windows: SqliteWindows },
  ) {
    this.#sql = new Statements(database);
    this.#clock = clock;
    this.#windows = windows;
  }

  endpoints(query: EndpointQuery): Page<StoredEndpoint> {
    const filter = endpointFilter(query);
    const total = Number(
      this.#sql.one(`SELECT count(*) AS total FROM endpoints ${filter.sql}`, ...filter.values)?.["total"],
    );
    const window = this.#windows.since(query.sinceMs);
    const order = window === undefined ? ENDPOINT_ORDER : ENDPOINT_ORDER_SINCE;
    const rows = this.#sql.all(
      `SELECT e.* FROM endpoints e ${window?.joins("endpoint", "e.endpoint") ?? ""} ${filter.sql}
       ORDER BY ${order[query.sort]}, e.route LIMIT ? OFFSET ?`,
      ...(window?.values ?? []),
      ...filter.values,
      query.limit,
      query.offset,
    );
    return { total, rows: rows.map((row) => this.#endpointFrom(row, window)) };
  }

  walkEndpoints({ after, limit, ...query }: EndpointWalk): readonly StoredEndpoint[] {
    const filter = endpointFilter(query);
    const place = after === undefined ? "" : "(endpoint, route) > (?, ?)";
    const rows = this.#sql.all(
      `SELECT * FROM endpoints ${filter.sqlWith(place)} ORDER BY endpoint, route LIMIT ?`,
      ...filter.values,
      ...(after === undefined ? [] : [after.endpoint, after.route]),
      limit,
    );
    const window = this.#windows.since(query.sinceMs);
    return rows.map((row) => this.#endpointFrom(row, window));
  }

  #endpointFrom(row: Row, window: SqliteWindow | undefined): StoredEndpoint {
    const counts: Record<CountKind, Map<string, number>> = {
      incomparable: new Map(),
      skipped: new Map(),
      legacyStatus: new Map(),
      candidateStatus: new Map(),
      legacyLatency: new Map(),
      candidateLatency: new Map(),
    };
    for (const count of this.#sql.all(
      "SELECT kind, key, count FROM endpoint_counts WHERE endpoint_id = ?",
      Number(row["id"]),
    ))
      counts[count["kind"] as CountKind]?.set(String(count["key"]), Number(count["count"]));
    const open = this.#sql.one(OPEN_SIGNATURES, String(row["endpoint"]), this.#clock.nowMs());
    return {
      endpoint: String(row["endpoint"]),
      route: String(row["route"]),
      exchanges: Number(row["exchanges"]),
      match: Number(row["matches"]),
      mismatch: Number(row["mismatches"]),
      noise: Number(row["noise"]),
      paired: Number(row["paired"]),
      incomparable: counts.incomparable,
      skipped: counts.skipped,
      legacy: { status: counts.legacyStatus, latency: numberKeys(counts.legacyLatency) },
      candidate: { status: counts.candidateStatus, latency: numberKeys(counts.candidateLatency) },
      openSignatures: Number(open?.["open"]),
      lastSeenMs: Number(row["last_seen_ms"]),
      window: window && this.#countsSince(String(row["endpoint"]), window),
    };
  }

  /** Sums over time go by the name alone: of one that several routes have, no row could say which are its own. */
  #countsSince(endpoint: string, window: SqliteWindow): CountsSince | undefined {
    const named = this.#sql.one("SELECT count(*) AS routes FROM endpoints WHERE endpoint = ?", endpoint);
    return named?.["routes"] === 1 ? window.countsOf({ kind: "endpoint", endpoint }) : undefined;
  }

  latency(query: Parameters<ReviewStore["latency"]>[0]): LatencyCounts {
    const filter = endpointFilter(query);
    const rows = this.#sql.all(
      `SELECT c.kind, c.key, sum(c.count) AS count FROM endpoints JOIN endpoint_counts c ON c.endpoint_id = endpoints.id
       ${filter.sqlWith("c.kind IN ('legacyLatency', 'candidateLatency')")} GROUP BY c.kind, c.key`,
      ...filter.values,
    );
    const ofKind = (kind: CountKind) =>
      new Map(
        rows.filter((row) => row["kind"] === kind).map((row) => [Number(row["key"]), Number(row["count"])]),
      );
    return { legacy: ofKind("legacyLatency"), candidate: ofKind("candidateLatency") };
  }

  exchange(id: string): Sample | undefined {
    const row = this.#sql.one("SELECT document, endpoint FROM samples WHERE id = ?", id);
    return row === undefined ? undefined : this.#sampleFrom(row);
  }

  /** Its endpoint and signatures go by the names in force. */
  #sampleFrom(row: Row): Sample {
    const sample = JSON.parse(String(row["document"])) as Sample;
    return {
      ...sample,
      endpoint: String(row["endpoint"]),
      signatureIds: sample.signatureIds.map((known) => idInForce(this.#sql, known)),
    };
  }

  paths({ endpoint, limit }: { readonly endpoint?: string | undefined; readonly limit: number }) {
    const filter = new Filter().where("p.endpoint = ?", endpoint);
    const rows = this.#sql.all(
      `SELECT p.*, ${pairedOf("p")} AS paired FROM paths p ${filter.sql}
       ORDER BY candidate_only + baseline_only + both_sides DESC, p.id LIMIT ?`,
      ...filter.values,
      limit,
    );
    return rows.map((row) => this.#pathFrom(row));
  }

  #pathFrom(row: Row): StoredPath {
    const shapes = this.#sql.all("SELECT shape, pairs FROM path_shapes WHERE path_id = ?", Number(row["id"]));
    const link = this.#sql.one(
      `SELECT l.sample_id, l.path, l.legacy, l.candidate FROM signatures s
       JOIN sample_signatures l ON l.signature_id = s.id AND l.path IS NOT NULL
       WHERE s.endpoint = ? AND s.part = ? AND s.path = ? ORDER BY l.at_ms DESC LIMIT 1`,
      String(row["endpoint"]),
      String(row["part"]),
      String(row["path"]),
    );
    const optional = (name: string) => (row[name] === null ? undefined : Number(row[name]));
    return {
      endpoint: String(row["endpoint"]),
      part: row["part"] as DifferencePart,
      path: String(row["path"]),
      ...pairsFrom(row),
      shapes: Object.fromEntries(shapes.map(({ shape, pairs }) => [String(shape), Number(pairs)])),
      shapePairs: Number(row["shape_pairs"]),
      shapeBroken: Number(row["shape_broken"]),
      timeApartMsMax: optional("time_apart_ms"),
      numberApartMax: optional("number_apart"),
      lastSeenMs: Number(row["last_seen_ms"]),
      pairs: Number(row["paired"]),
      example: link === undefined ? undefined : exampleFrom(link),
    };
  }

  learnedTemplates(): readonly string[] {
    return this.#sql
      .all("SELECT template FROM learned_templates ORDER BY template")
      .map((row) => String(row["template"]));
  }

  ruleEvidence(): RuleEvidence {
    const hits = this.#sql.all("SELECT * FROM rule_hits ORDER BY hits DESC, rule_id, endpoint, route").map(
      (row): RuleHit => ({
        ruleId: String(row["rule_id"]),
        endpoint: String(row["endpoint"]),
        route: String(row["route"]),
        hits: Number(row["hits"]),
        lastHitMs: Number(row["last_hit_ms"]),
        examples: JSON.parse(String(row["examples"])) as RuleHit["examples"],
      }),
    );
    const differences = this.#sql.all(
      "SELECT endpoint, sum(count) AS count FROM signatures GROUP BY endpoint",
    );
    const failures = this.#sql.all(
      `SELECT route, sum(count) AS count FROM endpoint_counts JOIN endpoints ON endpoints.id = endpoint_id
       WHERE kind = 'incomparable' AND key = 'rule-failed' GROUP BY route`,
    );
    return {
      hits,
      differencesByEndpoint: new Map(
        differences.map((row) => [String(row["endpoint"]), Number(row["count"])]),
      ),
      failuresByRoute: new Map(failures.map((row) => [String(row["route"]), Number(row["count"])])),
    };
  }

  samples({ route, endpoint, before, limit }: SampleQuery): readonly Sample[] {
    const filter = new Filter().where("route = ?", route).where("endpoint = ?", endpoint);
    const place = before === undefined ? "" : "(at_ms, id) < (?, ?)";
    const rows = this.#sql.all(
      `SELECT document, endpoint FROM samples ${filter.sqlWith(place)} ORDER BY at_ms DESC, id DESC LIMIT ?`,
      ...filter.values,
      ...(before === undefined ? [] : [before.atMs, before.id]),
      limit,
    );
    return rows.map((row) => this.#sampleFrom(row));
  }

  totals(): StoredTotals {
    const sums = this.#sql.one(`
      SELECT count(*) AS endpoints, coalesce(sum(exchanges), 0) AS exchanges,
        coalesce(sum(matches), 0) AS matches, coalesce(sum(mismatches), 0) AS mismatches,
        coalesce(sum(noise), 0) AS noise, coalesce(sum(paired), 0) AS paired FROM endpoints`);
    const samples = this.#sql.one(
      "SELECT count(*) AS samples, coalesce(sum(bytes), 0) AS bytes FROM samples",
    );
    const past = this.#sql.one("SELECT value FROM meta WHERE name = 'differencesPastLimit'");
    return {
      exchanges: Number(sums?.["exchanges"]),
      match: Number(sums?.["matches"]),
      mismatch: Number(sums?.["mismatches"]),
      noise: Number(sums?.["noise"]),
      paired: Number(sums?.["paired"]),
      incomparable: this.#countsOf("incomparable"),
      skipped: this.#countsOf("skipped"),
      endpoints: Number(sums?.["endpoints"]),
      signatures: Number(this.#sql.one("SELECT count(*) AS signatures FROM signatures")?.["signatures"]),
      differencesPastLimit: Number(past?.["value"] ?? 0),
      samples: Number(samples?.["samples"]),
      sampleBytes: Number(samples?.["bytes"]),
    };
  }

  #countsOf(kind: CountKind): ReadonlyMap<string, number> {
    const rows = this.#sql.all(
      "SELECT key, sum(count) AS count FROM endpoint_counts WHERE kind = ? GROUP BY key ORDER BY key",
      kind,
    );
    return new Map(rows.map((row) => [String(row["key"]), Number(row["count"])]));
  }
}

function numberKeys(counts: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  return new Map([...counts].map(([key, count]) => [Number(key), count]));
}
