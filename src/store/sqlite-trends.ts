// Sums over time: written to minutes by each flush, moved to hours and then to days by the sweep.
// Invariant: an exchange is in one bucket of one resolution for each of its scopes, so that coarser questions add up
// the finer rows. Buckets are those of the flush: what waited for a store in trouble is counted when it was written.
import type { DatabaseSync } from "node:sqlite";
import type { PendingEndpoint, PendingSignature } from "./pending.ts";
import { TREND_RESOLUTIONS, type TrendPoint, type TrendQuery, type TrendScope } from "./review-store.ts";
import { ADD_COUNTS_FUNCTION } from "./sqlite-functions.ts";
import type { StoreLimits } from "./store.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** In the order of TREND_RESOLUTIONS, as `trends.resolution` has them. */
export const STEPS_MS = [MINUTE_MS, HOUR_MS, DAY_MS] as const;
/** Rows that one sweep moves to the next resolution, rounded up to whole buckets. */
const ROLLED_AT_ONCE = 20_000;

interface Sums {
  exchanges: number;
  match: number;
  mismatch: number;
  noise: number;
  incomparable: number;
  skipped: number;
  readonly legacyLatency: Map<number | string, number>;
  readonly candidateLatency: Map<number | string, number>;
}

const ADDED = `exchanges = exchanges + excluded.exchanges, matches = matches + excluded.matches,
  mismatches = mismatches + excluded.mismatches, noise = noise + excluded.noise,
  incomparable = incomparable + excluded.incomparable, skipped = skipped + excluded.skipped,
  legacy_latency = iif(excluded.legacy_latency IS NULL, legacy_latency,
    ${ADD_COUNTS_FUNCTION}(legacy_latency, excluded.legacy_latency)),
  candidate_latency = iif(excluded.candidate_latency IS NULL, candidate_latency,
    ${ADD_COUNTS_FUNCTION}(candidate_latency, excluded.candidate_latency))`;
const SUMS =
  "exchanges, matches, mismatches, noise, incomparable, skipped, legacy_latency, candidate_latency";

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    scope: prepare("SELECT id FROM trend_scopes WHERE kind = ? AND key = ?"),
    addScope: prepare("INSERT INTO trend_scopes (kind, key) VALUES (?, ?) RETURNING id"),
    add: prepare(`
      INSERT INTO trends (resolution, at_ms, scope_id, ${SUMS}) VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET ${ADDED}`),
    count: prepare("SELECT count(*) AS count FROM trends"),
    oldest: prepare("SELECT min(at_ms) AS at_ms FROM trends WHERE resolution = ?"),
    roll: prepare(`
      INSERT INTO trends (resolution, at_ms, scope_id, ${SUMS})
      SELECT ?1 + 1, ?3, scope_id, ${SUMS} FROM trends WHERE resolution = ?1 AND at_ms = ?2
      ON CONFLICT DO UPDATE SET ${ADDED}`),
    dropBucket: prepare("DELETE FROM trends WHERE resolution = ? AND at_ms = ?"),
    dropAged: prepare("DELETE FROM trends WHERE resolution = ? AND at_ms < ?"),
    // From bucket to bucket, so that a question costs as many look-ups as there are buckets, whatever is asked.
    points: prepare(`
      WITH RECURSIVE bucket (at_ms) AS (
        SELECT min(at_ms) FROM trends WHERE resolution = ?1 AND at_ms >= ?3
        UNION ALL
        SELECT (SELECT min(at_ms) FROM trends t WHERE t.resolution = ?1 AND t.at_ms > bucket.at_ms)
        FROM bucket WHERE bucket.at_ms < ?4)
      SELECT t.* FROM bucket CROSS JOIN trends t
        ON t.resolution = ?1 AND t.at_ms = bucket.at_ms AND t.scope_id = ?2 WHERE bucket.at_ms < ?4`),
    move: prepare(`
      INSERT INTO trends (resolution, at_ms, scope_id, ${SUMS})
      SELECT resolution, at_ms, moved.value ->> 1, ${SUMS} FROM trends
        JOIN json_each(?) moved ON scope_id = moved.value ->> 0 WHERE true
      ON CONFLICT DO UPDATE SET ${ADDED}`),
    drop: prepare("DELETE FROM trends WHERE scope_id IN (SELECT value FROM json_each(?))"),
    dropScopes: prepare("DELETE FROM trend_scopes WHERE id IN (SELECT value FROM json_each(?))"),
  };
}

export function keyOf(scope: TrendScope): string {
  switch (scope.kind) {
    case "all":
      return "";
    case "route":
      return scope.route;
    case "endpoint":
      return scope.endpoint;
    case "signature":
      return scope.id;
  }
}

function noSums(): Sums {
  return {
    exchanges: 0,
    match: 0,
    mismatch: 0,
    noise: 0,
    incomparable: 0,
    skipped: 0,
    legacyLatency: new Map(),
    candidateLatency: new Map(),
  };
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

function addMap<K>(sums: Map<K, number>, others: Iterable<readonly [K, number]>): void {
  for (const [key, count] of others) sums.set(key, (sums.get(key) ?? 0) + count);
}

function jsonOf(counts: ReadonlyMap<number | string, number>): string | null {
  return counts.size === 0 ? null : JSON.stringify(Object.fromEntries(counts));
}

export function floorTo(atMs: number, stepMs: number): number {
  return atMs - (atMs % stepMs);
}

export class SqliteTrends {
  readonly #limits: StoreLimits;
  readonly #sql: ReturnType<typeof prepareStatements>;
  /** Ids of scopes that are in the file; as many as it has endpoints, signatures and routes. */
  readonly #scopes = new Map<string, number>();
  #rows = 0;
  /** Another one when rows became others otherwise than by what a flush adds to its minute. */
  generation = 0;
  /** The newest minute, and who has a row in it: tells how many rows a flush adds. */
  #minuteMs = 0;
  readonly #inMinute = new Set<number>();

  constructor(database: DatabaseSync, limits: StoreLimits) {
    this.#limits = limits;
    this.#sql = prepareStatements(database);
    this.forget();
  }

  /** Learns anew what the file holds: after a rollback, or a change by others. */
  forget(): void {
    this.generation++;
    this.#scopes.clear();
    this.#inMinute.clear();
    this.#minuteMs = 0;
    this.#rows = Number(this.#sql.count.get()?.["count"]);
  }

  /** What one flush writes, within its transaction. Endpoints go by the name that they are stored under. */
  write(
    atMs: number,
    endpoints: Iterable<readonly [name: string, sums: PendingEndpoint]>,
    signatures: Iterable<PendingSignature>,
  ): void {
    const minuteMs = floorTo(atMs, MINUTE_MS);
    if (minuteMs !== this.#minuteMs) this.#inMinute.clear();
    this.#minuteMs = minuteMs;
    const all = noSums();
    const routes = new Map<string, Sums>();
    for (const [endpoint, pending] of endpoints) {
      const { exchanges, match, mismatch, noise, counts } = pending;
      const incomparable = total(counts.incomparable);
      const skipped = total(counts.skipped);
      const route = routes.get(pending.route) ?? noSums();
      routes.set(pending.route, route);
      for (const sums of [all, route]) {
        sums.exchanges += exchanges;
        sums.match += match;
        sums.mismatch += mismatch;
        sums.noise += noise;
        sums.incomparable += incomparable;
        sums.skipped += skipped;
        addMap(sums.legacyLatency, counts.legacyLatency);
        addMap(sums.candidateLatency, counts.candidateLatency);
      }
      this.#add({ kind: "endpoint", endpoint }, [exchanges, match, mismatch, noise, incomparable, skipped]);
    }
    for (const { signature, exchanges } of signatures)
      this.#add({ kind: "signature", id: signature.id }, [exchanges, 0, exchanges, 0, 0, 0]);
    for (const [route, sums] of routes) this.#addSums({ kind: "route", route }, sums);
    if (routes.size > 0) this.#addSums({ kind: "all" }, all);
  }

  #addSums(scope: TrendScope, sums: Sums): void {
    const { exchanges, match, mismatch, noise, incomparable, skipped } = sums;
    const latencies = [jsonOf(sums.legacyLatency), jsonOf(sums.candidateLatency)] as const;
    this.#add(scope, [exchanges, match, mismatch, noise, incomparable, skipped], latencies);
  }

  #add(
    scope: TrendScope,
    sums: readonly number[],
    latencies: readonly [string | null, string | null] = [null, null],
  ): void {
    const id = this.#scopeId(scope);
    if (!this.#inMinute.has(id)) {
      if (this.#rows >= this.#rowsMax(scope)) return;
      this.#inMinute.add(id);
      this.#rows++;
    }
    this.#sql.add.run(this.#minuteMs, id, ...sums, ...latencies);
  }

  /** Past the limit routes are kept up to twice of it, and the whole always: it has few rows. */
  #rowsMax({ kind }: TrendScope): number {
    if (kind === "all") return Number.POSITIVE_INFINITY;
    return kind === "route" ? 2 * this.#limits.trendRowsMax : this.#limits.trendRowsMax;
  }

  #scopeId(scope: TrendScope): number {
    const key = keyOf(scope);
    const cached = this.#scopes.get(`${scope.kind}\0${key}`);
    if (cached !== undefined) return cached;
    const row = this.#sql.scope.get(scope.kind, key) ?? this.#sql.addScope.get(scope.kind, key);
    const id = Number(row?.["id"]);
    this.#scopes.set(`${scope.kind}\0${key}`, id);
    return id;
  }

  /** Moves what is old to the next resolution, and drops what is older than all; within the caller's transaction. */
  sweep(nowMs: number): void {
    // From half of the limit on, what is fine is moved sooner: at the limit at once.
    const share = Math.min(1, Math.max(0, 2 * (1 - this.#rows / this.#limits.trendRowsMax)));
    this.#roll(0, nowMs - share * this.#limits.trendMinutesAgeMsMax);
    this.#roll(1, nowMs - share * this.#limits.trendHoursAgeMsMax);
    for (const resolution of STEPS_MS.keys())
      this.#sql.dropAged.run(resolution, nowMs - this.#limits.trendAgeMsMax);
    this.#rows = Number(this.#sql.count.get()?.["count"]);
  }

  #roll(resolution: 0 | 1, beforeMs: number): void {
    for (let moved = 0; moved < ROLLED_AT_ONCE; ) {
      const oldest = this.#sql.oldest.get(resolution)?.["at_ms"];
      if (typeof oldest !== "number" || oldest >= beforeMs) return;
      this.generation++;
      const into = floorTo(oldest, STEPS_MS[resolution + 1] ?? DAY_MS);
      this.#sql.roll.run(resolution, oldest, into);
      moved += Number(this.#sql.dropBucket.run(resolution, oldest).changes);
    }
  }

  /** Buckets from the one that `fromMs` lies in to before `toMs`, in order of time. */
  read({ scope, resolution, fromMs, toMs }: TrendQuery): readonly TrendPoint[] {
    const id = this.#sql.scope.get(scope.kind, keyOf(scope))?.["id"];
    if (id === undefined) return [];
    const wanted = TREND_RESOLUTIONS.indexOf(resolution);
    const stepMs = STEPS_MS[wanted] ?? DAY_MS;
    const points = new Map<number, Sums>();
    for (let finer = 0; finer <= wanted; finer++)
      for (const row of this.#sql.points.all(finer, Number(id), floorTo(fromMs, stepMs), toMs)) {
        const atMs = floorTo(Number(row["at_ms"]), stepMs);
        const sums = points.get(atMs) ?? noSums();
        points.set(atMs, sums);
        sums.exchanges += Number(row["exchanges"]);
        sums.match += Number(row["matches"]);
        sums.mismatch += Number(row["mismatches"]);
        sums.noise += Number(row["noise"]);
        sums.incomparable += Number(row["incomparable"]);
        sums.skipped += Number(row["skipped"]);
        addMap(sums.legacyLatency, histogramFrom(row["legacy_latency"]));
        addMap(sums.candidateLatency, histogramFrom(row["candidate_latency"]));
      }
    return [...points].sort(([a], [b]) => a - b).map(([atMs, sums]) => ({ atMs, ...sums }) as TrendPoint);
  }

  /** What is of one scope goes to another; within the caller's transaction. One pass, however many there are. */
  move(moves: readonly (readonly [from: TrendScope, to: TrendScope])[]): void {
    const ids: (readonly [number, number])[] = [];
    for (const [from, to] of moves) {
      const id = this.#sql.scope.get(from.kind, keyOf(from))?.["id"];
      if (id !== undefined) ids.push([Number(id), this.#scopeId(to)]);
    }
    if (ids.length === 0) return;
    this.#sql.move.run(JSON.stringify(ids));
    this.#dropIds(ids.map(([from]) => from));
  }

  /** Within the caller's transaction. */
  drop(scopes: readonly TrendScope[]): void {
    const ids = scopes.map((scope) => this.#sql.scope.get(scope.kind, keyOf(scope))?.["id"]);
    this.#dropIds(ids.filter((id) => id !== undefined).map(Number));
  }

  #dropIds(ids: readonly number[]): void {
    this.#sql.drop.run(JSON.stringify(ids));
    this.#sql.dropScopes.run(JSON.stringify(ids));
  }
}

function histogramFrom(json: unknown): readonly (readonly [number, number])[] {
  if (typeof json !== "string") return [];
  const counts = JSON.parse(json) as Readonly<Record<string, number>>;
  return Object.entries(counts).map(([bucket, count]) => [Number(bucket), count]);
}
