// Which endpoints are shown, and in which order. Pure; what is not known comes last in either direction.
import type { EndpointAnswer } from "../../admin/schemas.ts";
import type { SortOrder } from "../parts/virtual-table.tsx";

type Value = number | string | null;

/** Candidate over legacy at p95: above 1 the candidate is slower. */
export function latencyRatio({ legacy, candidate }: EndpointAnswer): number | null {
  const { p95: before } = legacy.latencyMs;
  const { p95: after } = candidate.latencyMs;
  return before === null || after === null || before === 0 ? null : after / before;
}

/** Of the mismatches, those that were noise alone. */
export const noiseShare = ({ noise, mismatch }: EndpointAnswer): number | null =>
  mismatch === 0 ? null : noise / mismatch;

/** The share of answers that were not 2xx or 3xx, of the side where it is higher. */
function failureShare({ legacy, candidate }: EndpointAnswer): number {
  const shareOf = (status: Readonly<Record<string, number>>) => {
    const entries = Object.entries(status);
    const all = entries.reduce((sum, [, count]) => sum + count, 0);
    const failed = entries.reduce((sum, [code, count]) => sum + (Number(code) >= 400 ? count : 0), 0);
    return all === 0 ? 0 : failed / all;
  };
  return Math.max(shareOf(legacy.status), shareOf(candidate.status));
}

const VALUES: Readonly<Record<string, (row: EndpointAnswer) => Value>> = {
  endpoint: ({ endpoint }) => endpoint,
  exchanges: ({ exchanges }) => exchanges,
  match: ({ matchRate }) => matchRate.rate,
  open: ({ openSignatures }) => openSignatures,
  noise: noiseShare,
  legacy: ({ legacy }) => legacy.latencyMs.p95,
  candidate: ({ candidate }) => candidate.latencyMs.p95,
  ratio: latencyRatio,
  status: failureShare,
  stage: ({ stage }) => stage,
  seen: ({ lastSeenMs }) => lastSeenMs,
};
export const SORT_KEYS: readonly string[] = Object.keys(VALUES);

/** Names from A, shares of matches from the worst; all else from the most. */
const ASCENDING_FIRST: ReadonlySet<string> = new Set(["endpoint", "match", "stage"]);
export const isDescendingFirst = (key: string): boolean => !ASCENDING_FIRST.has(key);

function compareValues(a: Value, b: Value, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -sign : a > b ? sign : 0;
}

export function sortEndpoints(
  rows: readonly EndpointAnswer[],
  { key, isDescending }: SortOrder,
): readonly EndpointAnswer[] {
  const valueIn = VALUES[key];
  if (valueIn === undefined) return rows;
  const sign = isDescending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: valueIn(row) }))
    .sort(
      (a, b) =>
        compareValues(a.value, b.value, sign) ||
        b.row.mismatch - a.row.mismatch ||
        (a.row.endpoint < b.row.endpoint ? -1 : 1),
    )
    .map(({ row }) => row);
}

export interface EndpointFilter {
  /** Words that all stand in the name. */
  readonly search: string;
  /** The whole name. */
  readonly endpoint?: string | undefined;
  readonly route: string | undefined;
  readonly show: "all" | "differing" | "open";
}

export function filterEndpoints(
  rows: readonly EndpointAnswer[],
  { search, endpoint, route, show }: EndpointFilter,
) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (endpoint === undefined || row.endpoint === endpoint) &&
      (route === undefined || row.route === route) &&
      (show === "all" || (show === "open" ? row.openSignatures > 0 : row.mismatch > 0)) &&
      words.every((word) => row.endpoint.toLowerCase().includes(word)),
  );
}
