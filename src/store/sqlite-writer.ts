// Writes what is pending in one transaction, and keeps the file within its limits while it does.
// Invariant: all of it is in the file, or none of it. What people decide is changed by sqlite-review alone.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { HiddenExample, Signature } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import { OTHER } from "../core/other.ts";
import type { Difference } from "../core/verdict.ts";
import { absorbEndpoints } from "./absorption.ts";
import { MERGED_PATH } from "./merged-path.ts";
import {
  COUNT_KINDS,
  endpointKey,
  mergeExamples,
  OTHER_PATH,
  type Pending,
  type PendingEndpoint,
  type PendingPath,
  type PendingRule,
  type PendingSample,
  type PendingSignature,
  pathKey,
} from "./pending.ts";
import type { Actor, PurgeCounts, PurgeQuery } from "./review-store.ts";
import { SET_TIER, staleTiersSql } from "./sqlite-functions.ts";
import { purgeRows } from "./sqlite-purge.ts";
import type { SqliteReview } from "./sqlite-review.ts";
import { SqliteTrends } from "./sqlite-trends.ts";
import { type Absorption, type StoreLimits, VALUE_CHARACTERS_MAX } from "./store.ts";
import { inTransaction } from "./transaction.ts";

/** Samples that one DELETE evicts: bounds how far it overshoots the byte cap. */
const EVICTED_AT_ONCE = 16;
/** Samples that one sweep by age removes: bounds how long reads wait. */
const SWEPT_AT_ONCE = 500;

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    endpoint: prepare(`
      INSERT INTO endpoints (endpoint, route, exchanges, matches, mismatches, noise, paired, last_seen_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (endpoint, route) DO UPDATE SET exchanges = exchanges + excluded.exchanges,
        matches = matches + excluded.matches, mismatches = mismatches + excluded.mismatches,
        noise = noise + excluded.noise, paired = paired + excluded.paired,
        last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)
      RETURNING id`),
    endpointCount: prepare(`
      INSERT INTO endpoint_counts (endpoint_id, kind, key, count) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET count = count + excluded.count`),
    signature: prepare(`
      INSERT INTO signatures (id, endpoint, part, path, kind, count, breaking, exchanges, first_seen_ms,
        last_seen_ms, rechecked, transient)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET count = count + excluded.count, breaking = breaking + excluded.breaking,
        exchanges = exchanges + excluded.exchanges,
        first_seen_ms = min(first_seen_ms, excluded.first_seen_ms),
        last_seen_ms = max(last_seen_ms, excluded.last_seen_ms),
        rechecked = rechecked + excluded.rechecked, transient = transient + excluded.transient`),
    path: prepare(`
      INSERT INTO paths (endpoint, part, path, candidate_only, baseline_only, both_sides, shape_pairs, shape_broken,
        time_apart_ms, number_apart, last_seen_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (endpoint, part, path) DO UPDATE SET ${MERGED_PATH}
      RETURNING id`),
    pathShape: prepare(`
      INSERT INTO path_shapes (path_id, shape, pairs) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET pairs = pairs + excluded.pairs`),
    pathKeys: prepare("SELECT endpoint, part, path FROM paths"),
    signatureById: prepare("SELECT id, endpoint, part, path, kind FROM signatures WHERE id = ?"),
    addMeta: prepare(`
      INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value`),
    ruleHit: prepare(`
      INSERT INTO rule_hits (rule_id, endpoint, route, hits, last_hit_ms, examples) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET hits = hits + excluded.hits, last_hit_ms = max(last_hit_ms, excluded.last_hit_ms),
        examples = excluded.examples`),
    ruleExamples: prepare("SELECT examples FROM rule_hits WHERE rule_id = ? AND endpoint = ? AND route = ?"),
    dropOldestRuleHits: prepare(`
      DELETE FROM rule_hits WHERE (rule_id, endpoint, route) IN
        (SELECT rule_id, endpoint, route FROM rule_hits ORDER BY last_hit_ms
         LIMIT max(0, (SELECT count(*) FROM rule_hits) - ?))`),
    sample: prepare(
      "INSERT INTO samples (id, at_ms, bytes, document, endpoint, route) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    link: prepare(`
      INSERT INTO sample_signatures (signature_id, at_ms, sample_id, path, legacy, candidate)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    linksOf: prepare(
      "SELECT count(*) AS kept, max(at_ms) AS newest FROM sample_signatures WHERE signature_id = ?",
    ),
    unlinkOlder: prepare(`
      DELETE FROM sample_signatures WHERE signature_id = ?1 AND (at_ms, sample_id) NOT IN
        (SELECT at_ms, sample_id FROM sample_signatures WHERE signature_id = ?1
         ORDER BY at_ms DESC, sample_id DESC LIMIT ?2)
      RETURNING sample_id`),
    dropUnlinked: prepare(`
      DELETE FROM samples WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM sample_signatures WHERE sample_id = ?1)
      RETURNING bytes`),
    dropOldest: prepare(`
      DELETE FROM samples WHERE id IN (SELECT id FROM samples ORDER BY at_ms LIMIT ${EVICTED_AT_ONCE})
      RETURNING bytes`),
    dropAged: prepare(`
      DELETE FROM samples WHERE id IN
        (SELECT id FROM samples WHERE at_ms < ? ORDER BY at_ms LIMIT ${SWEPT_AT_ONCE})
      RETURNING bytes`),
    sampleBytes: prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM samples"),
    endpointKeys: prepare("SELECT endpoint, route FROM endpoints"),
    signatureIds: prepare("SELECT id FROM signatures"),
    signaturesOf: prepare("SELECT id FROM signatures WHERE endpoint = ?"),
    staleTiers: prepare(staleTiersSql("true")),
    staleTier: prepare(staleTiersSql("s.id = ?")),
    staleTiersAt: prepare(staleTiersSql("s.endpoint = ? AND s.part = ? AND s.path = ?")),
    setTier: prepare(SET_TIER),
  };
}

export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #limits: StoreLimits;
  readonly #clock: Clock;
  readonly #review: SqliteReview;
  readonly #trends: SqliteTrends;
  readonly #sql: ReturnType<typeof prepareStatements>;
  // What the file holds, so that its limits cost no query: read at open and after a rollback.
  readonly #endpoints = new Set<string>();
  readonly #signatures = new Set<string>();
  readonly #paths = new Set<string>();
  #sampleBytes = 0;

  constructor(
    database: DatabaseSync,
    review: SqliteReview,
    { limits, clock }: { readonly limits: StoreLimits; readonly clock: Clock },
  ) {
    this.#database = database;
    this.#limits = limits;
    this.#clock = clock;
    this.#review = review;
    this.#trends = new SqliteTrends(database, limits);
    this.#sql = prepareStatements(database);
    // What a tier means may have changed since the file was written.
    inTransaction(database, () => this.#refreshTiers(this.#sql.staleTiers));
    this.#readBounds();
  }

  get trends(): Pick<SqliteTrends, "read" | "generation"> {
    return this.#trends;
  }

  /** Throws what SQLite throws; the file is then as it was. `sweepBeforeMs`: samples older than this go. */
  write(pending: Pending, sweepBeforeMs: number | undefined): void {
    try {
      inTransaction(this.#database, () => {
        // First, so that a full file makes room for what comes: nobody else can, while it is locked.
        if (sweepBeforeMs !== undefined) this.#sweep(sweepBeforeMs);
        this.#writePending(pending);
      });
    } catch (error) {
      this.#readBounds();
      throw error;
    }
  }

  #sweep(samplesBeforeMs: number): void {
    const nowMs = this.#clock.nowMs();
    this.#dropSamples(this.#sql.dropAged, samplesBeforeMs);
    this.#trends.sweep(nowMs);
    this.#review.sweep(nowMs);
  }

  #writePending(pending: Pending): void {
    const endpoints = [...pending.endpoints.values()].map(
      (endpoint) => [this.#writeEndpoint(endpoint), endpoint] as const,
    );
    for (const path of pending.paths.values()) this.#writePath(path);
    const signatures = [...pending.signatures.values()].filter((signature) =>
      this.#writeSignature(signature),
    );
    for (const { endpoint, part, path } of pending.paths.values())
      this.#refreshTiers(this.#sql.staleTiersAt, endpoint, part, path);
    this.#trends.write(this.#clock.nowMs(), endpoints, signatures);
    for (const rule of pending.rules.values()) this.#writeRule(rule);
    if (pending.rules.size > 0) this.#sql.dropOldestRuleHits.run(this.#limits.rulesMax);
    for (const sample of pending.samples) this.#writeSample(sample);
    while (this.#sampleBytes > this.#limits.samplesBytesMax)
      if (this.#dropSamples(this.#sql.dropOldest) === 0) break;
  }

  /** Throws what SQLite throws; the file is then as it was. */
  absorb(absorption: Absorption): boolean {
    try {
      const isKept = absorbEndpoints(this.#database, absorption, {
        limits: this.#limits,
        trends: this.#trends,
      });
      if (isKept) this.#trimSamples(absorption.template);
      return isKept;
    } finally {
      this.#readBounds();
    }
  }

  /** Throws what SQLite throws; the file is then as it was. */
  purge(query: PurgeQuery & Actor): PurgeCounts {
    try {
      return purgeRows(this.#database, query, { review: this.#review, trends: this.#trends });
    } finally {
      this.#readBounds();
    }
  }

  #refreshTiers(stale: StatementSync, ...values: SQLInputValue[]): void {
    for (const { id, tier } of stale.all(...values)) this.#sql.setTier.run(Number(tier), String(id));
  }

  #trimSamples(endpoint: string): void {
    for (const row of this.#sql.signaturesOf.all(endpoint)) this.#keepNewest(String(row["id"]));
    this.#keepNewest(`incomparable ${endpoint}`);
  }

  /** Learns anew what the file holds, after somebody else changed its rows. */
  #readBounds(): void {
    this.#endpoints.clear();
    this.#signatures.clear();
    this.#paths.clear();
    for (const row of this.#sql.pathKeys.iterate()) this.#paths.add(pathKey(row as unknown as PendingPath));
    for (const row of this.#sql.endpointKeys.iterate())
      this.#endpoints.add(endpointKey(String(row["route"]), String(row["endpoint"])));
    for (const row of this.#sql.signatureIds.iterate()) this.#signatures.add(String(row["id"]));
    this.#sampleBytes = Number(this.#sql.sampleBytes.get()?.["bytes"]);
    this.#trends.forget();
  }

  /** The name that it is stored under. */
  #writeEndpoint(pending: PendingEndpoint): string {
    const place = endpointKey(pending.route, pending.endpoint);
    const isKept = this.#endpoints.has(place) || this.#endpoints.size < this.#limits.endpointsMax;
    if (isKept) this.#endpoints.add(place);
    const name = isKept ? pending.endpoint : OTHER;
    const row = this.#sql.endpoint.get(
      name,
      isKept ? pending.route : OTHER,
      pending.exchanges,
      pending.match,
      pending.mismatch,
      pending.noise,
      pending.paired,
      pending.lastSeenMs,
    );
    const id = Number(row?.["id"]);
    for (const kind of COUNT_KINDS)
      for (const [key, count] of pending.counts[kind]) this.#sql.endpointCount.run(id, kind, key, count);
    return name;
  }

  /** False where it is past the limit. */
  #writeSignature(pending: PendingSignature): boolean {
    const { id, endpoint, part, path, kind } = pending.signature;
    const isNew = !this.#signatures.has(id);
    if (isNew) {
      if (this.#signatures.size >= this.#limits.signaturesMax) {
        this.#sql.addMeta.run("differencesPastLimit", pending.count);
        return false;
      }
      this.#signatures.add(id);
    }
    const { count, breaking, exchanges, firstSeenMs, lastSeenMs, rechecked, transient } = pending;
    this.#sql.signature.run(
      id,
      endpoint,
      part,
      path,
      kind,
      count,
      breaking,
      exchanges,
      firstSeenMs,
      lastSeenMs,
      rechecked,
      transient,
    );
    // Else its tier rests on what is there already, or on a place that is looked at by itself.
    if (isNew || rechecked > 0) this.#refreshTiers(this.#sql.staleTier, id);
    return true;
  }

  #writePath(pending: PendingPath): void {
    const isKept = this.#paths.has(pathKey(pending)) || this.#paths.size < this.#limits.pathsMax;
    const { endpoint, part, path } = isKept ? pending : OTHER_PATH;
    this.#paths.add(pathKey({ endpoint, part, path }));
    const row = this.#sql.path.get(
      endpoint,
      part,
      path,
      pending.candidateOnly,
      pending.baselineOnly,
      pending.both,
      pending.shapePairs,
      pending.shapeBroken,
      pending.timeApartMsMax ?? null,
      pending.numberApartMax ?? null,
      pending.lastSeenMs,
    );
    for (const [shape, pairs] of pending.shapes) this.#sql.pathShape.run(Number(row?.["id"]), shape, pairs);
  }

  #writeRule({ ruleId, endpoint, route, hits, lastHitMs, examples }: PendingRule): void {
    const stored = this.#sql.ruleExamples.get(ruleId, endpoint, route)?.["examples"];
    const older = stored === undefined ? [] : (JSON.parse(String(stored)) as readonly HiddenExample[]);
    const kept = JSON.stringify(mergeExamples(examples, older));
    this.#sql.ruleHit.run(ruleId, endpoint, route, hits, lastHitMs, kept);
  }

  #writeSample({ sample, document, bytes }: PendingSample): void {
    // A sample without a signature (incomparable) is bounded in the same way, per endpoint.
    const all =
      sample.signatureIds.length > 0 ? sample.signatureIds : [`${sample.verdict} ${sample.endpoint}`];
    const groups = all.filter((group) => this.#takesSample(group, sample.atMs));
    if (groups.length === 0) return;
    const inserted = this.#sql.sample.run(
      sample.id,
      sample.atMs,
      bytes,
      document,
      sample.endpoint,
      sample.route,
    );
    if (inserted.changes === 0) return;
    this.#sampleBytes += bytes;
    for (const group of groups) {
      const shown = this.#shownDifference(group, sample.differences);
      this.#sql.link.run(
        group,
        sample.atMs,
        sample.id,
        shown?.path ?? null,
        cutValue(shown?.legacy),
        cutValue(shown?.candidate),
      );
    }
    // Only now: a late sample that one group has no room for may be another's newest.
    for (const group of groups) this.#keepNewest(group);
  }

  /** One that has all its samples lets go of the oldest only now and then: somebody may be looking at it. */
  #takesSample(group: string, atMs: number): boolean {
    const { kept, newest } = this.#sql.linksOf.get(group) as { kept: number; newest: number | null };
    if (newest === null || kept < this.#limits.samplesPerSignature) return true;
    return atMs - newest >= this.#limits.sampleRenewMs;
  }

  #shownDifference(group: string, differences: readonly Difference[]): Difference | undefined {
    const row = this.#sql.signatureById.get(group);
    return row === undefined ? undefined : findDifference(row as unknown as Signature, differences);
  }

  #keepNewest(group: string): void {
    const dropped = this.#sql.unlinkOlder.all(group, this.#limits.samplesPerSignature);
    for (const row of dropped) this.#dropUnlinked(String(row["sample_id"]));
  }

  #dropUnlinked(sampleId: string): void {
    const row = this.#sql.dropUnlinked.get(sampleId);
    if (row !== undefined) this.#sampleBytes -= Number(row["bytes"]);
  }

  #dropSamples(statement: StatementSync, ...values: SQLInputValue[]): number {
    const rows = statement.all(...values);
    for (const row of rows) this.#sampleBytes -= Number(row["bytes"]);
    return rows.length;
  }
}

function cutValue(value: string | undefined): string | null {
  if (value === undefined) return null;
  return value.length > VALUE_CHARACTERS_MAX ? `${value.slice(0, VALUE_CHARACTERS_MAX)}…` : value;
}

/** The first difference that belongs to the signature: same part and kind, same path with its indices erased. */
export function findDifference(
  signature: Pick<Signature, "part" | "path" | "kind">,
  differences: readonly Difference[],
): Difference | undefined {
  return differences.find(
    (difference) =>
      difference.part === signature.part &&
      difference.kind === signature.kind &&
      isSamePath(signature.path, difference.erasedPath ?? difference.path),
  );
}

/** A signature's long path is cut, with an ellipsis at its end. */
function isSamePath(shown: string, erased: string): boolean {
  return shown === erased || (shown.endsWith("…") && erased.startsWith(shown.slice(0, -1)));
}
