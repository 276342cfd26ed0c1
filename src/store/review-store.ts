// What people decide and what changes over time: triage, audit log, rules added while running, trends, deletion.
// Invariant: every change by a person is in the audit log, written in the same transaction as the change.
import type { Tier } from "../core/evidence.ts";
import type { Role } from "../core/role.ts";
import type { Rule } from "../core/rule.ts";
import type { TriageDecision, TriageState } from "../core/triage.ts";
import type { StoreRead } from "./store-fault.ts";

/** Who asks for a change, as the audit log shall have it. */
export interface Actor {
  readonly who: string;
  readonly role: Role;
}

export const AUDIT_ACTIONS = [
  "triage", // subject: a signature's id
  "comment", // subject: a signature's id
  "rule-added", // subject: the rule's id
  "rule-removed",
  "killed", // subject: empty
  "unkilled",
  "reloaded",
  "purged", // subject: the endpoint or route
  "vacuumed",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export interface AuditEntry extends Actor {
  /** Grows with each entry. */
  readonly id: number;
  readonly atMs: number;
  readonly action: AuditAction;
  readonly subject: string;
  /** What was decided, as plain JSON; a comment's is `{ text }`. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditQuery {
  readonly subject?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** Entries with a smaller id: the last of the page before. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface TriageChange extends Actor {
  readonly signatureIds: readonly string[];
  /** Undefined leaves the state as it is. */
  readonly decision?: TriageDecision | undefined;
  /** Who takes care of it; empty for nobody; undefined leaves it as it is. */
  readonly owner?: string | undefined;
  /** Kept as an entry of its own. */
  readonly comment?: string | undefined;
}

/** A rule that was put to work while running; it counts after those of the config. */
export interface AddedRule {
  readonly id: string;
  /** Undefined for all routes. */
  readonly route: string | undefined;
  readonly rule: Rule;
  readonly who: string;
  readonly atMs: number;
}

export const TREND_RESOLUTIONS = ["minute", "hour", "day"] as const;
export type TrendResolution = (typeof TREND_RESOLUTIONS)[number];

/** Sums of one bucket of time. Buckets in which nothing came are left out. */
export interface TrendPoint {
  /** Its beginning, UTC; milliseconds since the epoch. */
  readonly atMs: number;
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  readonly noise: number;
  readonly incomparable: number;
  readonly skipped: number;
  /** Latency bucket (core/latency-buckets) → count. Kept for `all` and for routes alone; else empty. */
  readonly legacyLatency: ReadonlyMap<number, number>;
  readonly candidateLatency: ReadonlyMap<number, number>;
}

/** For a signature, `exchanges` and `mismatch` are exchanges with it, and all else is 0. */
export type TrendScope =
  | { readonly kind: "all" }
  | { readonly kind: "route"; readonly route: string }
  | { readonly kind: "endpoint"; readonly endpoint: string }
  | { readonly kind: "signature"; readonly id: string };

export interface TrendQuery {
  readonly scope: TrendScope;
  readonly resolution: TrendResolution;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LatencyCounts {
  readonly legacy: ReadonlyMap<number, number>;
  readonly candidate: ReadonlyMap<number, number>;
}

/** What is deleted: at least one of the three is given. */
export interface PurgeQuery {
  /** A name, or with `*` for any characters. */
  readonly endpoint?: string | undefined;
  readonly route?: string | undefined;
  /** Samples older than this alone; counts stay. */
  readonly beforeMs?: number | undefined;
  /** Only counts what would go. */
  readonly isDryRun: boolean;
}

export interface PurgeCounts {
  readonly endpoints: number;
  /** Who still called the legacy: of a route, or not seen since. */
  readonly callers: number;
  readonly signatures: number;
  readonly samples: number;
  readonly sampleBytes: number;
}

/** The size of the file. */
export interface VacuumedBytes {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Signatures that are alike in where they are, how sure they are, and what was decided. */
export interface SignatureCount {
  /** The first route of its endpoint, by name. */
  readonly route: string;
  readonly endpoint: string;
  readonly tier: Tier;
  /** In force now. */
  readonly state: TriageState;
  readonly signatures: number;
}

export interface ReviewStore {
  /** Most signatures first. */
  signatureCounts(): Promise<StoreRead<readonly SignatureCount[]>>;
  /** How many of the signatures there are; the others are left out. One entry in the log for each. */
  triage(change: TriageChange): Promise<StoreRead<number>>;
  audit(query: AuditQuery): Promise<StoreRead<readonly AuditEntry[]>>;
  /** For changes that are made elsewhere: kill, reload. */
  appendAudit(entry: Omit<AuditEntry, "id" | "atMs">): Promise<StoreRead<number>>;
  addedRules(): Promise<StoreRead<readonly AddedRule[]>>;
  /** False, and nothing done, where the rule is there already for this route or there are as many as can be. */
  addRule(rule: Omit<AddedRule, "atMs"> & Actor): Promise<StoreRead<boolean>>;
  /** False where there is none. */
  removeRule(rule: { readonly id: string } & Actor): Promise<StoreRead<boolean>>;
  trend(query: TrendQuery): Promise<StoreRead<readonly TrendPoint[]>>;
  latency(query: {
    readonly endpoint?: string | undefined;
    readonly route?: string | undefined;
  }): Promise<StoreRead<LatencyCounts>>;
  purge(query: PurgeQuery & Actor): Promise<StoreRead<PurgeCounts>>;
  /** Gives what was deleted back to the disk. */
  vacuum(actor: Actor): Promise<StoreRead<VacuumedBytes>>;
}
