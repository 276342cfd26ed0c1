// The queries behind the API. Read only; every list has a limit.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { PairedCounts, RuleHit, Sample } from "../core/batch.ts";
import { tierOf } from "../core/evidence.ts";
import { OTHER } from "../core/other.ts";
import type { TriageState } from "../core/triage.ts";
import type { DifferenceKind, DifferencePart } from "../core/verdict.ts";
import { matchesEndpoint } from "./endpoint-pattern.ts";
import type { CountKind } from "./pending.ts";
import {
  endpointFilter,
  Filter,
  MATCHES_FUNCTION,
  signatureFilter,
  TIER_FUNCTION,
  TIER_OF,
} from "./sqlite-filter.ts";
import type {
  DifferenceQuery,
  EndpointQuery,
  EndpointWalk,
  Page,
  RuleEvidence,
  SampleQuery,
  SignatureExample,
  SignatureWalk,
  StoredEndpoint,
  StoredPath,
  StoredSignature,
  StoredTotals,
} from "./store.ts";

type Row = Record<string, unknown>;

const ENDPOINT_ORDER = {
  exchanges: "exchanges DESC, endpoint",
  mismatch: "mismatches DESC, exchanges DESC, endpoint",
  endpoint: "endpoint",
} as const satisfies Record<EndpointQuery["sort"], string>;

const DIFFERENCE_ORDER = {
  count: "s.count DESC",
  exchanges: "s.exchanges DESC",
  lastSeen: "s.last_seen_ms DESC",
  firstSeen: "s.first_seen_ms DESC",
  tier: `instr('confirmed,suspect,transient,noise', ${TIER_OF}), s.count DESC`,
} as const satisfies Record<DifferenceQuery["sort"], string>;

/** Paired exchanges of the row's endpoint, over its routes. */
const PAIRED_OF = (table: "s" | "p") =>
  `(SELECT coalesce(sum(e.paired), 0) FROM endpoints e WHERE e.endpoint = ${table}.endpoint)`;

/** What is counted as *other* is no place, and a broken contract is no comparison: neither has paired counts. */
const SIGNATURES_WITH_PAIRS = `signatures s LEFT JOIN paths p ON p.endpoint = s.endpoint AND p.part = s.part
  AND p.path = s.path AND s.path <> '${OTHER}' AND s.kind <> 'violation'`;
const SELECT_SIGNATURE = `SELECT s.*, p.candidate_only, p.baseline_only, p.both_sides, p.shape_broken,
  ${PAIRED_OF("s")} AS paired FROM ${SIGNATURES_WITH_PAIRS}`;

export class SqliteReader {
  readonly #database: DatabaseSync;
  /** By their text, which filters and orders vary in a few hundred ways at most. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.function(
      TIER_FUNCTION,
      { deterministic: true, varargs: true },
      (...counts: readonly unknown[]) => {
        const [candidateOnly = 0, baselineOnly = 0, both = 0, rechecked = 0, transient = 0] =
          counts.map(Number);
        return tierOf({ candidateOnly, baselineOnly, both, rechecked, transient });
      },
    );
    database.function(MATCHES_FUNCTION, { deterministic: true }, (pattern, endpoint) =>
      Number(matchesEndpoint(String(pattern), String(endpoint))),
    );
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }

  #one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  endpoints(query: EndpointQuery): Page<StoredEndpoint> {
    const filter = endpointFilter(query);
    const total = Number(
      this.#one(`SELECT count(*) AS total FROM endpoints ${filter.sql}`, ...filter.values)?.["total"],
    );
    const rows = this.#all(
      `SELECT * FROM endpoints ${filter.sql} ORDER BY ${ENDPOINT_ORDER[query.sort]}, route LIMIT ? OFFSET ?`,
      ...filter.values,
      query.limit,
      query.offset,
    );
    return { total, rows: rows.map((row) => this.#endpointFrom(row)) };
  }

  walkEndpoints({ after, limit, ...query }: EndpointWalk): readonly StoredEndpoint[] {
    const filter = endpointFilter(query);
    const place = after === undefined ? "" : "(endpoint, route) > (?, ?)";
    const rows = this.#all(
      `SELECT * FROM endpoints ${filter.sqlWith(place)} ORDER BY endpoint, route LIMIT ?`,
      ...filter.values,
      ...(after === undefined ? [] : [after.endpoint, after.route]),
      limit,
    );
    return rows.map((row) => this.#endpointFrom(row));
  }

  #endpointFrom(row: Row): StoredEndpoint {
    const counts: Record<CountKind, Map<string, number>> = {
      incomparable: new Map(),
      skipped: new Map(),
      legacyStatus: new Map(),
      candidateStatus: new Map(),
      legacyLatency: new Map(),
      candidateLatency: new Map(),
    };
    for (const count of this.#all(
      "SELECT kind, key, count FROM endpoint_counts WHERE endpoint_id = ?",
      Number(row["id"]),
    ))
      counts[count["kind"] as CountKind]?.set(String(count["key"]), Number(count["count"]));
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
      lastSeenMs: Number(row["last_seen_ms"]),
    };
  }

  differences(query: DifferenceQuery): Page<StoredSignature> {
    const filter = signatureFilter(query);
    const total = Number(
      this.#one(`SELECT count(*) AS total FROM ${SIGNATURES_WITH_PAIRS} ${filter.sql}`, ...filter.values)?.[
        "total"
      ],
    );
    const rows = this.#all(
      `${SELECT_SIGNATURE} ${filter.sql} ORDER BY ${DIFFERENCE_ORDER[query.sort]}, s.id LIMIT ? OFFSET ?`,
      ...filter.values,
      query.limit,
      query.offset,
    );
    return { total, rows: rows.map((row) => this.#signatureFrom(row)) };
  }

  walkSignatures({ after, limit, ...query }: SignatureWalk): readonly StoredSignature[] {
    const filter = signatureFilter(query).where("s.id > ?", after);
    const rows = this.#all(
      `${SELECT_SIGNATURE} ${filter.sql} ORDER BY s.id LIMIT ?`,
      ...filter.values,
      limit,
    );
    return rows.map((row) => this.#signatureFrom(row));
  }

  /** By its id, or by one that it had before its endpoint was absorbed. */
  signature(id: string): StoredSignature | undefined {
    const row = this.#one(`${SELECT_SIGNATURE} WHERE s.id = ?`, this.#idInForce(id));
    return row === undefined ? undefined : this.#signatureFrom(row);
  }

  #idInForce(id: string): string {
    const alias = this.#one("SELECT signature_id FROM signature_aliases WHERE id = ?", id);
    return alias === undefined ? id : String(alias["signature_id"]);
  }

  #signatureFrom(row: Row): StoredSignature {
    // As many rows as samples are kept per signature.
    const links = this.#all(
      `SELECT sample_id, path, legacy, candidate FROM sample_signatures WHERE signature_id = ?
       ORDER BY at_ms DESC, sample_id DESC`,
      String(row["id"]),
    );
    const pairs = pairsFrom(row);
    const rechecked = Number(row["rechecked"]);
    const transient = Number(row["transient"]);
    return {
      id: String(row["id"]),
      endpoint: String(row["endpoint"]),
      part: row["part"] as DifferencePart,
      path: String(row["path"]),
      kind: row["kind"] as DifferenceKind,
      count: Number(row["count"]),
      breaking: Number(row["breaking"]),
      exchanges: Number(row["exchanges"]),
      firstSeenMs: Number(row["first_seen_ms"]),
      lastSeenMs: Number(row["last_seen_ms"]),
      state: row["state"] as TriageState,
      rechecked,
      transient,
      paired: Number(row["paired"]),
      pairs,
      shapeBroken: Number(row["shape_broken"] ?? 0),
      tier: tierOf({ ...pairs, rechecked, transient }),
      exchangeIds: links.map((link) => String(link["sample_id"])),
      example: firstExample(links),
    };
  }

  exchange(id: string): Sample | undefined {
    const document = this.#one("SELECT document FROM samples WHERE id = ?", id)?.["document"];
    if (document === undefined) return undefined;
    return this.#sampleFrom(document);
  }

  /** Its signatures go by the ids in force. */
  #sampleFrom(document: unknown): Sample {
    const sample = JSON.parse(String(document)) as Sample;
    return { ...sample, signatureIds: sample.signatureIds.map((known) => this.#idInForce(known)) };
  }

  paths({ endpoint, limit }: { readonly endpoint?: string | undefined; readonly limit: number }) {
    const filter = new Filter().where("p.endpoint = ?", endpoint);
    const rows = this.#all(
      `SELECT p.*, ${PAIRED_OF("p")} AS paired FROM paths p ${filter.sql}
       ORDER BY candidate_only + baseline_only + both_sides DESC, p.id LIMIT ?`,
      ...filter.values,
      limit,
    );
    return rows.map((row) => this.#pathFrom(row));
  }

  #pathFrom(row: Row): StoredPath {
    const shapes = this.#all("SELECT shape, pairs FROM path_shapes WHERE path_id = ?", Number(row["id"]));
    const link = this.#one(
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
    return this.#all("SELECT template FROM learned_templates ORDER BY template").map((row) =>
      String(row["template"]),
    );
  }

  ruleEvidence(): RuleEvidence {
    const hits = this.#all("SELECT * FROM rule_hits ORDER BY hits DESC, rule_id, endpoint, route").map(
      (row): RuleHit => ({
        ruleId: String(row["rule_id"]),
        endpoint: String(row["endpoint"]),
        route: String(row["route"]),
        hits: Number(row["hits"]),
        lastHitMs: Number(row["last_hit_ms"]),
        examples: JSON.parse(String(row["examples"])) as RuleHit["examples"],
      }),
    );
    const differences = this.#all("SELECT endpoint, sum(count) AS count FROM signatures GROUP BY endpoint");
    const failures = this.#all(
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
    const filter = new Filter()
      .where("document ->> '$.route' = ?", route)
      .where("document ->> '$.endpoint' = ?", endpoint);
    const place = before === undefined ? "" : "(at_ms, id) < (?, ?)";
    const rows = this.#all(
      `SELECT document FROM samples ${filter.sqlWith(place)} ORDER BY at_ms DESC, id DESC LIMIT ?`,
      ...filter.values,
      ...(before === undefined ? [] : [before.atMs, before.id]),
      limit,
    );
    return rows.map((row) => this.#sampleFrom(row["document"]));
  }

  totals(): StoredTotals {
    const sums = this.#one(`
      SELECT count(*) AS endpoints, coalesce(sum(exchanges), 0) AS exchanges,
        coalesce(sum(matches), 0) AS matches, coalesce(sum(mismatches), 0) AS mismatches,
        coalesce(sum(noise), 0) AS noise, coalesce(sum(paired), 0) AS paired FROM endpoints`);
    const samples = this.#one("SELECT count(*) AS samples, coalesce(sum(bytes), 0) AS bytes FROM samples");
    const past = this.#one("SELECT value FROM meta WHERE name = 'differencesPastLimit'");
    return {
      exchanges: Number(sums?.["exchanges"]),
      match: Number(sums?.["matches"]),
      mismatch: Number(sums?.["mismatches"]),
      noise: Number(sums?.["noise"]),
      paired: Number(sums?.["paired"]),
      incomparable: this.#countsOf("incomparable"),
      skipped: this.#countsOf("skipped"),
      endpoints: Number(sums?.["endpoints"]),
      signatures: Number(this.#one("SELECT count(*) AS signatures FROM signatures")?.["signatures"]),
      differencesPastLimit: Number(past?.["value"] ?? 0),
      samples: Number(samples?.["samples"]),
      sampleBytes: Number(samples?.["bytes"]),
    };
  }

  #countsOf(kind: CountKind): ReadonlyMap<string, number> {
    const rows = this.#all(
      "SELECT key, sum(count) AS count FROM endpoint_counts WHERE kind = ? GROUP BY key ORDER BY key",
      kind,
    );
    return new Map(rows.map((row) => [String(row["key"]), Number(row["count"])]));
  }
}

function numberKeys(counts: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  return new Map([...counts].map(([key, count]) => [Number(key), count]));
}

function pairsFrom(row: Row): PairedCounts {
  return {
    candidateOnly: Number(row["candidate_only"] ?? 0),
    baselineOnly: Number(row["baseline_only"] ?? 0),
    both: Number(row["both_sides"] ?? 0),
  };
}

function firstExample(links: readonly Row[]): SignatureExample | undefined {
  const shown = links.find((link) => link["path"] !== null);
  return shown === undefined ? undefined : exampleFrom(shown);
}

function exampleFrom(link: Row): SignatureExample {
  return {
    exchangeId: String(link["sample_id"]),
    path: String(link["path"]),
    legacy: link["legacy"] === null ? undefined : String(link["legacy"]),
    candidate: link["candidate"] === null ? undefined : String(link["candidate"]),
  };
}
