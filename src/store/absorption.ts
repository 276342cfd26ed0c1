// Endpoints that turned out to be one: their rows become the template's, in one transaction. Sums are added and
// signatures get the ids that they will have from now on; their former ids still lead to them.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Sample, Signature, SignatureDelta, VerdictBatch } from "../core/batch.ts";
import { OTHER } from "../core/other.ts";
import { signatureIdOf } from "../core/signature-id.ts";
import { MERGED_PATH } from "./merged-path.ts";
import type { TrendScope } from "./review-store.ts";
import { SET_TIER, staleTiersSql } from "./sqlite-functions.ts";
import type { SqliteTrends } from "./sqlite-trends.ts";
import type { Absorption, StoreLimits } from "./store.ts";
import { inTransaction } from "./transaction.ts";

/** Absorbed names under which a batch may still come; a thread has the new templates a moment later. */
const RENAMED_MAX = 10_000;
/** A path that was cut for display: what its signature was made of is not known any more. */
const CUT = "…";

/** The signature's place under the template; one whose whole path is lost goes to those past the limit. */
function renamedSignature(signature: Signature, template: string): Signature {
  const isCut = signature.path.endsWith(CUT);
  const { part, path, kind } = isCut ? ({ part: "body", path: OTHER, kind: "changed" } as const) : signature;
  const renamed = { endpoint: template, part, path, kind };
  return { id: signatureIdOf(renamed), ...renamed };
}

type Prepare = (sql: string) => StatementSync;

/** Each statement is made once for all endpoints of an absorption: making them is most of the cost. */
function preparer(database: DatabaseSync): Prepare {
  const known = new Map<string, StatementSync>();
  return (sql) => {
    const statement = known.get(sql) ?? database.prepare(sql);
    known.set(sql, statement);
    return statement;
  };
}

interface Absorbing {
  readonly limits: StoreLimits;
  readonly trends: SqliteTrends;
}

/** Merges what is stored of the endpoints into the template's rows. Throws what SQLite throws, nothing done then. */
export function absorbEndpoints(
  database: DatabaseSync,
  absorption: Absorption,
  { limits, trends }: Absorbing,
): boolean {
  const prepare = preparer(database);
  const count = (sql: string) => Number(prepare(sql).get()?.["count"]);
  const isKnown = prepare("SELECT 1 FROM learned_templates WHERE template = ?").get(absorption.template);
  const templates = count("SELECT count(*) AS count FROM learned_templates");
  if (isKnown === undefined && templates >= limits.templatesMax) return false;
  inTransaction(database, () => {
    const { template } = absorption;
    prepare("INSERT INTO learned_templates (template) VALUES (?) ON CONFLICT DO NOTHING").run(template);
    const moves: [TrendScope, TrendScope][] = [];
    for (const endpoint of absorption.endpoints) {
      if (endpoint === template) continue;
      // A template that a wider one covers names nothing any more.
      prepare("DELETE FROM learned_templates WHERE template = ?").run(endpoint);
      mergeEndpoint(prepare, endpoint, template);
      mergePaths(prepare, endpoint, template);
      for (const [from, to] of mergeSignatures(prepare, endpoint, template))
        moves.push([
          { kind: "signature", id: from },
          { kind: "signature", id: to },
        ]);
      mergeRuleHits(prepare, endpoint, template);
      prepare("UPDATE samples SET endpoint = ? WHERE endpoint = ?").run(template, endpoint);
      moves.push([
        { kind: "endpoint", endpoint },
        { kind: "endpoint", endpoint: template },
      ]);
    }
    trends.move(moves);
    for (const { id, tier } of prepare(staleTiersSql("s.endpoint = ?")).all(template))
      prepare(SET_TIER).run(Number(tier), String(id));
    if (count("SELECT count(*) AS count FROM signature_aliases") > limits.aliasesMax)
      database.exec("DELETE FROM signature_aliases");
  });
  return true;
}

function mergeEndpoint(prepare: Prepare, endpoint: string, template: string): void {
  const merge = prepare(`
    INSERT INTO endpoints (endpoint, route, exchanges, matches, mismatches, noise, paired, last_seen_ms)
    SELECT ?, route, exchanges, matches, mismatches, noise, paired, last_seen_ms FROM endpoints WHERE id = ?
    ON CONFLICT (endpoint, route) DO UPDATE SET exchanges = exchanges + excluded.exchanges,
      matches = matches + excluded.matches, mismatches = mismatches + excluded.mismatches,
      noise = noise + excluded.noise, paired = paired + excluded.paired,
      last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)
    RETURNING id`);
  const mergeCounts = prepare(`
    INSERT INTO endpoint_counts (endpoint_id, kind, key, count)
    SELECT ?, kind, key, count FROM endpoint_counts WHERE endpoint_id = ?
    ON CONFLICT DO UPDATE SET count = count + excluded.count`);
  for (const row of prepare("SELECT id FROM endpoints WHERE endpoint = ?").all(endpoint)) {
    const id = Number(row["id"]);
    mergeCounts.run(Number(merge.get(template, id)?.["id"]), id);
    prepare("DELETE FROM endpoints WHERE id = ?").run(id);
  }
}

function mergePaths(prepare: Prepare, endpoint: string, template: string): void {
  const merge = prepare(`
    INSERT INTO paths (endpoint, part, path, candidate_only, baseline_only, both_sides, shape_pairs, shape_broken,
      time_apart_ms, number_apart, last_seen_ms)
    SELECT ?, part, path, candidate_only, baseline_only, both_sides, shape_pairs, shape_broken, time_apart_ms,
      number_apart, last_seen_ms FROM paths WHERE id = ?
    ON CONFLICT (endpoint, part, path) DO UPDATE SET ${MERGED_PATH}
    RETURNING id`);
  const mergeShapes = prepare(`
    INSERT INTO path_shapes (path_id, shape, pairs) SELECT ?, shape, pairs FROM path_shapes WHERE path_id = ?
    ON CONFLICT DO UPDATE SET pairs = pairs + excluded.pairs`);
  for (const row of prepare("SELECT id FROM paths WHERE endpoint = ?").all(endpoint)) {
    const id = Number(row["id"]);
    mergeShapes.run(Number(merge.get(template, id)?.["id"]), id);
    prepare("DELETE FROM paths WHERE id = ?").run(id);
  }
}

/** Of two decisions the later one counts; nothing that waits for somebody is hidden by an older one. */
const LATER_DECISION = ["state", "expires_ms", "link", "decided_by", "decided_ms"]
  .map(
    (column) =>
      `${column} = iif(coalesce(excluded.decided_ms, 0) > coalesce(decided_ms, 0), excluded.${column}, ${column})`,
  )
  .join(", ");

/** Former id → the one in force. */
function mergeSignatures(
  prepare: Prepare,
  endpoint: string,
  template: string,
): readonly (readonly [from: string, to: string])[] {
  const merge = prepare(`
    INSERT INTO signatures (id, endpoint, part, path, kind, count, breaking, exchanges, first_seen_ms, last_seen_ms,
      rechecked, transient, state, expires_ms, link, decided_by, decided_ms, owner)
    SELECT ?, ?, ?, ?, ?, count, breaking, exchanges, first_seen_ms, last_seen_ms, rechecked, transient,
      state, expires_ms, link, decided_by, decided_ms, owner FROM signatures WHERE id = ?
    ON CONFLICT DO UPDATE SET count = count + excluded.count, breaking = breaking + excluded.breaking,
      exchanges = exchanges + excluded.exchanges,
      first_seen_ms = min(first_seen_ms, excluded.first_seen_ms),
      last_seen_ms = max(last_seen_ms, excluded.last_seen_ms),
      rechecked = rechecked + excluded.rechecked, transient = transient + excluded.transient,
      owner = coalesce(owner, excluded.owner), ${LATER_DECISION}`);
  const relink = prepare("UPDATE OR IGNORE sample_signatures SET signature_id = ? WHERE signature_id = ?");
  const unlink = prepare("DELETE FROM sample_signatures WHERE signature_id = ?");
  const repoint = prepare("UPDATE signature_aliases SET signature_id = ? WHERE signature_id = ?");
  const alias = prepare(
    "INSERT INTO signature_aliases (id, signature_id) VALUES (?, ?) ON CONFLICT DO UPDATE SET signature_id = excluded.signature_id",
  );
  const reassign = prepare("UPDATE audit SET subject = ? WHERE subject = ?");
  const rows = prepare("SELECT id, endpoint, part, path, kind FROM signatures WHERE endpoint = ?").all(
    endpoint,
  );
  const moved: [string, string][] = [];
  for (const row of rows as unknown as Signature[]) {
    const to = renamedSignature(row, template);
    merge.run(to.id, template, to.part, to.path, to.kind, row.id);
    prepare("DELETE FROM signatures WHERE id = ?").run(row.id);
    relink.run(to.id, row.id);
    unlink.run(row.id);
    repoint.run(to.id, row.id);
    alias.run(row.id, to.id);
    reassign.run(to.id, row.id);
    moved.push([row.id, to.id]);
  }
  // Samples without a signature are kept by verdict and endpoint.
  relink.run(`incomparable ${template}`, `incomparable ${endpoint}`);
  return moved;
}

/** Of two lists of examples the one that was hit last is kept whole: they are a few lines for people. */
function mergeRuleHits(prepare: Prepare, endpoint: string, template: string): void {
  prepare(`
      INSERT INTO rule_hits (rule_id, endpoint, route, hits, last_hit_ms, examples)
      SELECT rule_id, ?, route, hits, last_hit_ms, examples FROM rule_hits WHERE endpoint = ?
      ON CONFLICT (rule_id, endpoint, route) DO UPDATE SET hits = hits + excluded.hits,
        examples = iif(excluded.last_hit_ms > last_hit_ms, excluded.examples, examples),
        last_hit_ms = max(last_hit_ms, excluded.last_hit_ms)`).run(template, endpoint);
  prepare("DELETE FROM rule_hits WHERE endpoint = ?").run(endpoint);
}

/** Endpoints that were absorbed since the start: batches may name them for a moment longer. */
export class RenamedEndpoints {
  /** Former name → template. */
  readonly #templates = new Map<string, string>();

  add({ endpoints, template }: Absorption): void {
    for (const [endpoint, before] of this.#templates)
      if (endpoints.includes(before)) this.#templates.set(endpoint, template);
    for (const endpoint of endpoints) {
      if (this.#templates.size >= RENAMED_MAX) this.#templates.clear();
      if (endpoint !== template) this.#templates.set(endpoint, template);
    }
  }

  /** The batch as it would be, had its thread known the templates. */
  rename(batch: VerdictBatch): VerdictBatch {
    if (this.#templates.size === 0) return batch;
    const nameOf = (endpoint: string) => this.#templates.get(endpoint) ?? endpoint;
    const renamed = <T extends { readonly endpoint: string }>(row: T): T => ({
      ...row,
      endpoint: nameOf(row.endpoint),
    });
    const ids = new Map<string, string>();
    const signatures = batch.signatures.map((delta): SignatureDelta => {
      const template = this.#templates.get(delta.signature.endpoint);
      if (template === undefined) return delta;
      const signature = renamedSignature(delta.signature, template);
      ids.set(delta.signature.id, signature.id);
      return { ...delta, signature };
    });
    const samples = batch.samples.map(
      (sample): Sample => ({
        ...renamed(sample),
        signatureIds: [...new Set(sample.signatureIds.map((id) => ids.get(id) ?? id))],
      }),
    );
    return {
      ...batch,
      signatures,
      samples,
      endpoints: batch.endpoints.map(renamed),
      paths: batch.paths.map(renamed),
      ruleHits: batch.ruleHits.map(renamed),
    };
  }
}
