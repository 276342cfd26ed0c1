// What the list of differences is asked for: the query of the address, and what it asks the API. Pure.
// The address without a query shows what needs somebody; `all` says that nothing is left out.
import { TIERS } from "../../core/evidence.ts";
import { TRIAGE_STATES } from "../../core/triage.ts";
import { DIFFERENCE_KINDS } from "../../core/verdict.ts";

/** Names of the address's parameters; those of the API are the same but for `page`, `layout` and the words for spans. */
export const FILTERS = [
  "search",
  "state",
  "tier",
  "kind",
  "part",
  "endpoint",
  "route",
  "owner",
  "since",
] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export interface Choice {
  readonly value: string;
  readonly text: string;
}

const named = (names: readonly string[]): readonly Choice[] =>
  names.map((name) => ({ value: name, text: name }));

/** The first of each is what holds without a word in the address. */
export const STATE_CHOICES: readonly Choice[] = [
  { value: "", text: "untriaged" },
  { value: "open", text: "open (untriaged, or a bug)" },
  ...named(TRIAGE_STATES),
  { value: "all", text: "any state" },
];
export const TIER_CHOICES: readonly Choice[] = [
  { value: "", text: "confirmed and suspect" },
  ...named(TIERS),
  { value: "all", text: "any evidence" },
];
export const KIND_CHOICES: readonly Choice[] = [{ value: "", text: "any kind" }, ...named(DIFFERENCE_KINDS)];
export const PART_CHOICES: readonly Choice[] = [
  { value: "", text: "any part" },
  ...named(["status", "header", "body"]),
];
export const SINCE_CHOICES: readonly Choice[] = [
  { value: "", text: "at any time" },
  { value: "1h", text: "in the last hour" },
  { value: "24h", text: "in the last 24 hours" },
  { value: "7d", text: "in the last 7 days" },
];
export const SORT_CHOICES: readonly Choice[] = [
  { value: "", text: "most differences" },
  { value: "exchanges", text: "most exchanges" },
  { value: "lastSeen", text: "seen last" },
  { value: "firstSeen", text: "new ones" },
  { value: "tier", text: "strongest evidence" },
];

const HOUR_MS = 3_600_000;
const SPAN_MS: Readonly<Record<string, number>> = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS };
/** Whole minutes: the same question a moment later is the same address. */
const SINCE_STEP_MS = 60_000;

export const PAGE_ROWS = 50;

function sinceText(since: string, nowMs: number): string {
  const spanMs = SPAN_MS[since];
  if (spanMs === undefined) return since;
  return new Date(Math.floor((nowMs - spanMs) / SINCE_STEP_MS) * SINCE_STEP_MS).toISOString();
}

const TIERS_NEEDING = ["confirmed", "suspect"] as const;
const TIERS_ASIDE = ["noise", "transient"] as const;

/** The parameters of `GET /api/differences`, without a page. */
function parametersOf(filters: Filters, nowMs: number): URLSearchParams {
  const { state, tier, since, ...rest } = filters;
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) if (value !== "") asked.set(name, value);
  if (since !== undefined && since !== "") asked.set("since", sinceText(since, nowMs));
  if (state !== "all") asked.set("state", state === undefined || state === "" ? "untriaged" : state);
  const tiers = tier === undefined || tier === "" ? TIERS_NEEDING : tier === "all" ? [] : [tier];
  for (const one of tiers) asked.append("tier", one);
  return asked;
}

/** The address to ask for one page, counted from 1. */
export function pagePath(
  filters: Filters,
  { page, sort, nowMs }: { readonly page: number; readonly sort: string | undefined; readonly nowMs: number },
): string {
  const asked = parametersOf(filters, nowMs);
  if (sort !== undefined && sort !== "") asked.set("sort", sort);
  asked.set("limit", String(PAGE_ROWS));
  asked.set("offset", String((page - 1) * PAGE_ROWS));
  return `/api/differences?${asked}`;
}

/** How many the default choice of evidence leaves out, tier by tier; none where somebody chose. */
export function asidePaths(
  filters: Filters,
  nowMs: number,
): readonly { readonly tier: (typeof TIERS_ASIDE)[number]; readonly path: string }[] {
  if (filters.tier !== undefined && filters.tier !== "") return [];
  return TIERS_ASIDE.map((tier) => ({
    tier,
    path: `/api/differences?${parametersOf({ ...filters, tier }, nowMs)}&limit=1`,
  }));
}

export const isFiltered = (filters: Filters): boolean =>
  FILTERS.some((name) => filters[name] !== undefined && filters[name] !== "");

/** A page's rows under their endpoints; endpoints in the order of their first row. */
export function grouped<Row extends { readonly endpoint: string }>(
  rows: readonly Row[],
): readonly { readonly endpoint: string; readonly rows: readonly Row[] }[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.endpoint);
    if (group === undefined) groups.set(row.endpoint, [row]);
    else group.push(row);
  }
  return [...groups].map(([endpoint, members]) => ({ endpoint, rows: members }));
}

/** As they stand one below the other. */
export function shownOrder<Row extends { readonly endpoint: string }>(
  rows: readonly Row[],
  isFlat: boolean,
): readonly Row[] {
  return isFlat ? rows : grouped(rows).flatMap((group) => group.rows);
}
