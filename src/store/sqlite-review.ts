// What people decide, and the log of it: triage, comments, rules added while running.
// Invariant: the entry in the audit log is written in the transaction of what it tells of, or neither is.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Role } from "../core/role.ts";
import type { Rule } from "../core/rule.ts";
import type { Actor, AddedRule, AuditAction, AuditEntry, AuditQuery, TriageChange } from "./review-store.ts";
import { Filter } from "./sqlite-filter.ts";
import type { StoreLimits } from "./store.ts";
import { inTransaction } from "./transaction.ts";

/** Entries that one sweep by age removes. */
const SWEPT_AT_ONCE = 1000;

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    idInForce: prepare(`
      SELECT id FROM signatures
      WHERE id = coalesce((SELECT signature_id FROM signature_aliases WHERE id = ?1), ?1)`),
    decide: prepare(`
      UPDATE signatures SET state = ?, expires_ms = ?, link = ?, decided_by = ?, decided_ms = ? WHERE id = ?`),
    own: prepare("UPDATE signatures SET owner = ? WHERE id = ?"),
    append: prepare(
      "INSERT INTO audit (at_ms, who, role, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
    ),
    dropPastLimit: prepare(`
      DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY action = 'comment', id
        LIMIT max(0, (SELECT count(*) FROM audit) - ?))`),
    dropAged: prepare(`
      DELETE FROM audit WHERE id IN
        (SELECT id FROM audit WHERE at_ms < ? AND action <> 'comment' ORDER BY id LIMIT ${SWEPT_AT_ONCE})`),
    dropAgedCallers: prepare("DELETE FROM callers WHERE last_seen_ms < ?"),
    rules: prepare("SELECT id, route, rule, who, at_ms FROM added_rules ORDER BY position"),
    ruleCount: prepare("SELECT count(*) AS count FROM added_rules"),
    addRule: prepare(
      "INSERT INTO added_rules (id, route, rule, who, at_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    removeRule: prepare("DELETE FROM added_rules WHERE id = ? RETURNING route, rule"),
  };
}

export class SqliteReview {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync, clock: Clock, limits: StoreLimits) {
    this.#database = database;
    this.#clock = clock;
    this.#limits = limits;
    this.#sql = prepareStatements(database);
  }

  triage(change: TriageChange): number {
    return inTransaction(this.#database, () => {
      const ids = new Set<string>();
      for (const id of change.signatureIds) {
        const row = this.#sql.idInForce.get(id);
        if (row !== undefined) ids.add(String(row["id"]));
      }
      for (const id of ids) this.#triageOne(id, change);
      return ids.size;
    });
  }

  #triageOne(id: string, { decision, owner, comment, who, role }: TriageChange): void {
    const actor = { who, role };
    if (decision !== undefined) {
      const expiresMs = decision.state === "accepted" ? decision.expiresMs : null;
      const link = decision.state === "bug" ? decision.link : null;
      this.#sql.decide.run(decision.state, expiresMs, link, who, this.#clock.nowMs(), id);
    }
    if (owner !== undefined) this.#sql.own.run(owner === "" ? null : owner, id);
    if (decision !== undefined || owner !== undefined)
      this.log({ ...actor, action: "triage", subject: id, detail: { ...decision, owner } });
    if (comment !== undefined)
      this.log({ ...actor, action: "comment", subject: id, detail: { text: comment } });
  }

  appendAudit(entry: Omit<AuditEntry, "id" | "atMs">): number {
    return inTransaction(this.#database, () => this.log(entry));
  }

  /** Within a transaction of the caller's. The entry's id. */
  log({ who, role, action, subject, detail }: Omit<AuditEntry, "id" | "atMs">): number {
    const row = this.#sql.append.get(this.#clock.nowMs(), who, role, action, subject, JSON.stringify(detail));
    this.#sql.dropPastLimit.run(this.#limits.auditMax);
    return Number(row?.["id"]);
  }

  /** Within a transaction of the caller's. Comments stay for as long as their signature does. */
  sweep(nowMs: number): void {
    this.#sql.dropAged.run(nowMs - this.#limits.auditAgeMsMax);
    this.#sql.dropAgedCallers.run(nowMs - this.#limits.callerAgeMsMax);
  }

  audit({ subject, action, before, limit }: AuditQuery): readonly AuditEntry[] {
    const filter = new Filter()
      .where("subject = ?", subject)
      .where("action = ?", action)
      .where("id < ?", before);
    const values: SQLInputValue[] = [...filter.values, limit];
    const rows = this.#database
      .prepare(`SELECT * FROM audit ${filter.sql} ORDER BY id DESC LIMIT ?`)
      .all(...values);
    return rows.map((row) => ({
      id: Number(row["id"]),
      atMs: Number(row["at_ms"]),
      who: String(row["who"]),
      role: row["role"] as Role,
      action: row["action"] as AuditAction,
      subject: String(row["subject"]),
      detail: JSON.parse(String(row["detail"])) as AuditEntry["detail"],
    }));
  }

  addedRules(): readonly AddedRule[] {
    return this.#sql.rules.all().map((row) => ({
      id: String(row["id"]),
      route: row["route"] === "" ? undefined : String(row["route"]),
      rule: JSON.parse(String(row["rule"])) as Rule,
      who: String(row["who"]),
      atMs: Number(row["at_ms"]),
    }));
  }

  addRule({ id, route, rule, who, role }: Omit<AddedRule, "atMs"> & Actor): boolean {
    return inTransaction(this.#database, () => {
      if (Number(this.#sql.ruleCount.get()?.["count"]) >= this.#limits.addedRulesMax) return false;
      const added = this.#sql.addRule.run(id, route ?? "", JSON.stringify(rule), who, this.#clock.nowMs());
      if (added.changes === 0) return false;
      this.log({ who, role, action: "rule-added", subject: id, detail: { route, rule } });
      return true;
    });
  }

  /** From every route that it was added to. */
  removeRule({ id, who, role }: { readonly id: string } & Actor): boolean {
    return inTransaction(this.#database, () => {
      const removed = this.#sql.removeRule.all(id);
      for (const row of removed) {
        const route = row["route"] === "" ? undefined : row["route"];
        const rule: unknown = JSON.parse(String(row["rule"]));
        this.log({ who, role, action: "rule-removed", subject: id, detail: { route, rule } });
      }
      return removed.length > 0;
    });
  }
}
