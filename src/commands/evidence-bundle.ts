// All that there is to know of a route's way, in one object with a hash of each part: gathered over the admin API,
// whole or not at all, and held against its hashes again. Invariant: a route that moved meanwhile is no evidence.
import { createHash } from "node:crypto";
import type { AuditAnswer, Me } from "../admin/review-schemas.ts";
import type { JournalEntryAnswer, PlanAnswer, RolloutRouteAnswer } from "../admin/rollout-schemas.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, getJson } from "../report/admin-client.ts";
import { fetchReport, type Report } from "../report/fetch-report.ts";

/** Raised when an older Parallax could not verify it. */
export const EVIDENCE_VERSION = 1;
/** The API's own limit on a page. */
const PAGE_ROWS_MAX = 1000;
/** A million entries: past them something is wrong with whoever answers. */
const PAGES_MAX = 1000;
const ENDPOINTS_MAX = 10_000;
const SIGNATURES_MAX = 10_000;

export type AuditEntry = AuditAnswer["entries"][number];

export interface EvidenceParts {
  readonly state: RolloutRouteAnswer;
  readonly plan: PlanAnswer;
  /** Newest first; `head` is of the journal of all routes. */
  readonly journal: {
    readonly head: { readonly sequence: number; readonly hash: string };
    readonly entries: readonly JournalEntryAnswer[];
  };
  /** Endpoints, signatures and rules of the route. */
  readonly differences: Report;
  /** Newest first: who decided on its signatures, put rules to work, stopped everything, loaded another config. */
  readonly decisions: readonly AuditEntry[];
}
export const PART_NAMES = ["state", "plan", "journal", "differences", "decisions"] as const;
export type PartName = (typeof PART_NAMES)[number];

interface Manifest {
  readonly parallax: "evidence";
  readonly version: number;
  readonly route: string;
  /** ISO 8601 */
  readonly madeAt: string;
  readonly madeBy: string;
  /** Of Parallax. */
  readonly madeWith: string;
  /** Of each part's JSON, without white space. */
  readonly sha256: Readonly<Record<PartName, string>>;
}

export interface Evidence extends Manifest {
  /** SHA-256 of the JSON of all that stands before it: noted elsewhere, it shows a change of anything. */
  readonly seal: string;
  readonly parts: EvidenceParts;
}

export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

export function sealOf({ parallax, version, route, madeAt, madeBy, madeWith, sha256 }: Manifest): string {
  return hashOf({ parallax, version, route, madeAt, madeBy, madeWith, sha256 });
}

export interface EvidenceQuery extends AdminAddress {
  readonly route: string;
}

/** Throws a CommandError. */
export async function gatherEvidence(
  query: EvidenceQuery,
  made: { readonly at: string; readonly with: string },
): Promise<Evidence> {
  const { route } = query;
  const path = `/api/rollout/${encodeURIComponent(route)}`;
  const state = await getJson<RolloutRouteAnswer>(query, path, {});
  const plan = await getJson<PlanAnswer>(query, `${path}/plan`, {});
  const journal = await fetchJournal(query);
  const differences = await fetchReport({ ...query, limit: ENDPOINTS_MAX, signaturesMax: SIGNATURES_MAX });
  const decisions = await fetchDecisions(query, differences);
  const { who } = await getJson<Me>(query, "/api/me", {});
  const { epoch } = await getJson<RolloutRouteAnswer>(query, path, {});
  if (epoch !== state.epoch)
    throw new CommandError(3, `${route} moved while its evidence was gathered: try again`);
  const parts: EvidenceParts = { state, plan, journal, differences, decisions };
  const manifest: Manifest = {
    parallax: "evidence",
    version: EVIDENCE_VERSION,
    route,
    madeAt: made.at,
    madeBy: who,
    madeWith: made.with,
    sha256: Object.fromEntries(PART_NAMES.map((name) => [name, hashOf(parts[name])])) as Record<
      PartName,
      string
    >,
  };
  return { ...manifest, seal: sealOf(manifest), parts };
}

interface JournalAnswer extends Omit<EvidenceParts["journal"], "entries"> {
  readonly entries: readonly JournalEntryAnswer[];
  readonly before: number | null;
}

async function fetchJournal(query: EvidenceQuery): Promise<EvidenceParts["journal"]> {
  const asked = { route: query.route, limit: PAGE_ROWS_MAX, sealed: "true" };
  const first = await getJson<JournalAnswer>(query, "/api/journal", asked);
  const entries = [...first.entries];
  let { before } = first;
  for (let page = 1; before !== null; page++) {
    if (page === PAGES_MAX) throw tooMany("the journal");
    const next = await getJson<JournalAnswer>(query, "/api/journal", { ...asked, before });
    entries.push(...next.entries);
    before = next.before;
  }
  return { head: first.head, entries };
}

/** Whatever they are about, these are about every route. */
const OF_ALL: readonly string[] = ["killed", "unkilled", "reloaded"];

async function fetchDecisions(
  query: EvidenceQuery,
  { endpoints, rules, filters }: Report,
): Promise<readonly AuditEntry[]> {
  const subjects = new Set([
    ...endpoints.flatMap(({ endpoint, signatures }) => [endpoint, ...signatures.map(({ id }) => id)]),
    ...rules.map(({ id }) => id),
    ...(filters.route === undefined ? [] : [filters.route]),
  ]);
  const found: AuditEntry[] = [];
  let before: number | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { entries } = await getJson<AuditAnswer>(query, "/api/audit", { before, limit: PAGE_ROWS_MAX });
    found.push(...entries.filter(({ action, subject }) => OF_ALL.includes(action) || subjects.has(subject)));
    before = entries.at(-1)?.id;
    if (entries.length < PAGE_ROWS_MAX) return found;
  }
  throw tooMany("the audit log");
}

function tooMany(what: string): CommandError {
  return new CommandError(3, `${what} does not end after ${PAGES_MAX * PAGE_ROWS_MAX} entries`);
}
