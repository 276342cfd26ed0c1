// What the queries and changes compute in this program's own code, so that there is one meaning of each.
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { type Tier, tierOf } from "../core/evidence.ts";
import { OTHER } from "../core/other.ts";
import { matchesEndpoint } from "./endpoint-pattern.ts";

/** As `signatures.tier` has them, and as lists show them. Their places are stored: append, never reorder. */
export const TIER_ORDER = ["confirmed", "suspect", "transient", "noise"] as const satisfies readonly Tier[];

/** (pattern, endpoint) → 1 or 0. */
export const MATCHES_FUNCTION = "parallax_matches";
/** Two sparse histograms as JSON objects, or NULL → their sum. */
export const ADD_COUNTS_FUNCTION = "parallax_add_counts";
const TIER_FUNCTION = "parallax_tier";

/** What is counted as *other* is no place, and a broken contract is no comparison: neither has paired counts. */
export const SIGNATURES_WITH_PAIRS = `signatures s LEFT JOIN paths p ON p.endpoint = s.endpoint AND p.part = s.part
  AND p.path = s.path AND s.path <> '${OTHER}' AND s.kind <> 'violation'`;

/** Over SIGNATURES_WITH_PAIRS. */
const TIER_OF = `${TIER_FUNCTION}(coalesce(p.candidate_only, 0), coalesce(p.baseline_only, 0),
  coalesce(p.both_sides, 0), s.rechecked, s.transient)`;

/** Signatures whose `tier` is not what their counts say; `condition` is over SIGNATURES_WITH_PAIRS. Few, so: asked first. */
export function staleTiersSql(condition: string): string {
  return `SELECT s.id, ${TIER_OF} AS tier FROM ${SIGNATURES_WITH_PAIRS} WHERE ${condition} AND s.tier <> ${TIER_OF}`;
}

export const SET_TIER = "UPDATE signatures SET tier = ? WHERE id = ?";

type Counts = Readonly<Record<string, number>>;

export function addCounts(some: Counts, others: Counts): Counts {
  const sums: Record<string, number> = { ...some };
  for (const [key, count] of Object.entries(others)) sums[key] = (sums[key] ?? 0) + count;
  return sums;
}

function countsFrom(json: SQLOutputValue): Counts {
  return json === null ? {} : (JSON.parse(String(json)) as Counts);
}

export function registerFunctions(database: DatabaseSync): void {
  database.function(TIER_FUNCTION, { deterministic: true, varargs: true }, (...counts) => {
    const [candidateOnly = 0, baselineOnly = 0, both = 0, rechecked = 0, transient = 0] = counts.map(Number);
    return TIER_ORDER.indexOf(tierOf({ candidateOnly, baselineOnly, both, rechecked, transient }));
  });
  database.function(MATCHES_FUNCTION, { deterministic: true }, (pattern, endpoint) =>
    Number(matchesEndpoint(String(pattern), String(endpoint))),
  );
  database.function(ADD_COUNTS_FUNCTION, { deterministic: true }, (some, others) =>
    some === null && others === null ? null : JSON.stringify(addCounts(countsFrom(some), countsFrom(others))),
  );
}
