// Signatures as the API shows them: their counts, what was decided, the evidence, and values seen. Read only.
import type { DatabaseSync } from "node:sqlite";
import type { PairedCounts } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import { tierOf } from "../core/evidence.ts";
import { type Triage, type TriageDecision, type TriageState, triageStateOf } from "../core/triage.ts";
import type { DifferenceKind, DifferencePart } from "../core/verdict.ts";
import type { SignatureCount } from "./review-store.ts";
import { signatureFilter } from "./sqlite-filter.ts";
import { SIGNATURES_WITH_PAIRS, TIER_ORDER } from "./sqlite-functions.ts";
import { type SqliteWindow, type SqliteWindows, sinceThen } from "./sqlite-window.ts";
import { type Row, Statements } from "./statements.ts";
import type {
  CountsSince,
  DifferenceQuery,
  Page,
  SignatureExample,
  SignatureValues,
  SignatureWalk,
  StoredSignature,
} from "./store.ts";

const DIFFERENCE_ORDER = {
  count: "s.count DESC",
  exchanges: "s.exchanges DESC",
  breaking: "s.breaking DESC",
  lastSeen: "s.last_seen_ms DESC",
  firstSeen: "s.first_seen_ms DESC",
  tier: "s.tier, s.count DESC",
} as const satisfies Record<DifferenceQuery["sort"], string>;
/** The same over the joins of a window, by what it counts. */
const DIFFERENCE_ORDER_SINCE = {
  ...DIFFERENCE_ORDER,
  count: `${sinceThen("exchanges")} DESC`,
  exchanges: `${sinceThen("exchanges")} DESC`,
  tier: `s.tier, ${sinceThen("exchanges")} DESC`,
} as const satisfies Record<DifferenceQuery["sort"], string>;

/** Paired exchanges of the row's endpoint, over its routes. */
export const pairedOf = (table: "s" | "p") =>
  `(SELECT coalesce(sum(e.paired), 0) FROM endpoints e WHERE e.endpoint = ${table}.endpoint)`;

const SELECT_SIGNATURE = `SELECT s.*, p.candidate_only, p.baseline_only, p.both_sides, p.shape_broken,
  ${pairedOf("s")} AS paired,
  (SELECT count(*) FROM audit a WHERE a.subject = s.id AND a.action = 'comment') AS comments
  FROM ${SIGNATURES_WITH_PAIRS}`;

/** The id that a signature goes by now: its own, or the one that it got when its endpoint was absorbed. */
export function idInForce(sql: Statements, id: string): string {
  const alias = sql.one("SELECT signature_id FROM signature_aliases WHERE id = ?", id);
  return alias === undefined ? id : String(alias["signature_id"]);
}

export class SqliteSignatures {
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

  differences(query: DifferenceQuery): Page<StoredSignature> {
    const filter = signatureFilter(query, this.#clock.nowMs());
    const counted = this.#sql.one(
      `SELECT count(*) AS total FROM signatures s ${filter.sql}`,
      ...filter.values,
    );
    const total = Number(counted?.["total"]);
    if (total <= query.offset) return { total, rows: [] };
    // Ids first: what a row shows beside its columns is asked for the rows of the page alone.
    const window = this.#windows.since(query.sinceMs);
    const order = (window === undefined ? DIFFERENCE_ORDER : DIFFERENCE_ORDER_SINCE)[query.sort];
    const joins = window?.joins("signature", "s.id") ?? "";
    const ids = this.#sql.all(
      `SELECT s.id FROM signatures s ${joins} ${filter.sql} ORDER BY ${order}, s.id LIMIT ? OFFSET ?`,
      ...(window?.values ?? []),
      ...filter.values,
      query.limit,
      query.offset,
    );
    return { total, rows: ids.map(({ id }) => this.#signature(String(id), window)) };
  }

  walkSignatures({ after, limit, ...query }: SignatureWalk): readonly StoredSignature[] {
    const filter = signatureFilter(query, this.#clock.nowMs()).where("s.id > ?", after);
    const ids = this.#sql.all(
      `SELECT s.id FROM signatures s ${filter.sql} ORDER BY s.id LIMIT ?`,
      ...filter.values,
      limit,
    );
    const window = this.#windows.since(query.sinceMs);
    return ids.map(({ id }) => this.#signature(String(id), window));
  }

  /** By its id, or by one that it had before its endpoint was absorbed. */
  signature(id: string): StoredSignature | undefined {
    const row = this.#row(idInForce(this.#sql, id));
    return row === undefined ? undefined : this.#signatureFrom(row);
  }

  signatureCounts(): readonly SignatureCount[] {
    // In the order of an index, and without what changes at every flush; of fixed ones alone more has to be read.
    const rows = this.#sql.all(
      `SELECT endpoint, tier, state, count(*) AS signatures,
         sum(state = 'accepted' AND expires_ms <= ?) AS expired
       FROM signatures GROUP BY endpoint, tier, state`,
      this.#clock.nowMs(),
    );
    const reopened = this.#sql.all(
      `SELECT endpoint, tier, count(*) AS signatures FROM signatures
       WHERE state = 'fixed' AND last_seen_ms > decided_ms GROUP BY endpoint, tier`,
    );
    const routes = this.#sql.all("SELECT endpoint, min(route) AS route FROM endpoints GROUP BY endpoint");
    const counts = new SignatureCounts(
      new Map(routes.map((row) => [String(row["endpoint"]), String(row["route"])])),
    );
    for (const row of rows) {
      const state = row["state"] as SignatureCount["state"];
      counts.add(row, state, Number(row["signatures"]) - Number(row["expired"]));
      counts.add(row, "new", Number(row["expired"]));
    }
    for (const row of reopened) {
      counts.add(row, "fixed", -Number(row["signatures"]));
      counts.add(row, "reopened", Number(row["signatures"]));
    }
    return counts.list();
  }

  #row(id: string): Row | undefined {
    return this.#sql.one(`${SELECT_SIGNATURE} WHERE s.id = ?`, id);
  }

  /** Of an id that was just found. */
  #signature(id: string, window: SqliteWindow | undefined): StoredSignature {
    const counts = window?.countsOf({ kind: "signature", id });
    return { ...this.#signatureFrom(this.#row(id) ?? {}), window: counts && exchangesSince(counts) };
  }

  #signatureFrom(row: Row): StoredSignature {
    // As many rows as samples are kept per signature.
    const links = this.#sql.all(
      `SELECT sample_id, path, legacy, candidate FROM sample_signatures WHERE signature_id = ?
       ORDER BY at_ms DESC, sample_id DESC`,
      String(row["id"]),
    );
    const examples = links.filter((link) => link["path"] !== null).map(exampleFrom);
    const pairs = pairsFrom(row);
    const rechecked = Number(row["rechecked"]);
    const transient = Number(row["transient"]);
    const lastSeenMs = Number(row["last_seen_ms"]);
    const triage = triageFrom(row);
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
      lastSeenMs,
      state: triageStateOf(triage, { nowMs: this.#clock.nowMs(), lastSeenMs }),
      triage,
      owner: row["owner"] === null ? undefined : String(row["owner"]),
      comments: Number(row["comments"]),
      rechecked,
      transient,
      paired: Number(row["paired"]),
      pairs,
      shapeBroken: Number(row["shape_broken"] ?? 0),
      tier: tierOf({ ...pairs, rechecked, transient }),
      exchangeIds: links.map((link) => String(link["sample_id"])),
      example: examples[0],
      values: valuesOf(examples),
      window: undefined,
    };
  }
}

function exchangesSince({ fromMs, resolution, exchanges }: CountsSince): StoredSignature["window"] {
  return { fromMs, resolution, exchanges };
}

class SignatureCounts {
  readonly #routes: ReadonlyMap<string, string>;
  readonly #sums = new Map<string, { -readonly [K in keyof SignatureCount]: SignatureCount[K] }>();

  constructor(routes: ReadonlyMap<string, string>) {
    this.#routes = routes;
  }

  add(row: Row, state: TriageState, signatures: number): void {
    if (signatures === 0) return;
    const endpoint = String(row["endpoint"]);
    const tier = TIER_ORDER[Number(row["tier"])] ?? "suspect";
    const key = `${state} ${tier} ${endpoint}`;
    const known = this.#sums.get(key);
    if (known !== undefined) known.signatures += signatures;
    else this.#sums.set(key, { route: this.#routes.get(endpoint) ?? "", endpoint, tier, state, signatures });
  }

  list(): readonly SignatureCount[] {
    return [...this.#sums.values()]
      .filter((row) => row.signatures > 0)
      .sort((a, b) => b.signatures - a.signatures);
  }
}

export function pairsFrom(row: Row): PairedCounts {
  return {
    candidateOnly: Number(row["candidate_only"] ?? 0),
    baselineOnly: Number(row["baseline_only"] ?? 0),
    both: Number(row["both_sides"] ?? 0),
  };
}

export function exampleFrom(link: Row): SignatureExample {
  return {
    exchangeId: String(link["sample_id"]),
    path: String(link["path"]),
    legacy: link["legacy"] === null ? undefined : String(link["legacy"]),
    candidate: link["candidate"] === null ? undefined : String(link["candidate"]),
  };
}

/** Most first; of as many, those that were seen last. */
function valuesOf(examples: readonly SignatureExample[]): readonly SignatureValues[] {
  const counts = new Map<
    string,
    { legacy?: string | undefined; candidate?: string | undefined; count: number }
  >();
  for (const { legacy, candidate } of examples) {
    const key = JSON.stringify([legacy, candidate]);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { legacy, candidate, count: 1 });
    else known.count++;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

function triageFrom(row: Row): Triage | undefined {
  if (row["decided_ms"] === null) return undefined;
  return {
    decision: decisionFrom(row),
    who: String(row["decided_by"]),
    atMs: Number(row["decided_ms"]),
  };
}

function decisionFrom(row: Row): TriageDecision {
  switch (row["state"]) {
    case "accepted":
      return { state: "accepted", expiresMs: Number(row["expires_ms"]) };
    case "bug":
      return { state: "bug", link: String(row["link"]) };
    case "fixed":
      return { state: "fixed" };
    default:
      return { state: "new" };
  }
}
