// Who served a route's clients, and how it went: what gates read beside the pairs. Sums since some beginning.

export interface ServedCounts {
  /** Answered to clients by the legacy, rescued ones included. */
  readonly requestsLegacy: number;
  readonly requestsCandidate: number;
  /** Of these, with an answer of the 5xx class. */
  readonly errorsLegacy: number;
  readonly errorsCandidate: number;
  /** The candidate gave no answer that a client could have, rescued or not. */
  readonly candidateFailed: number;
  readonly rescued: number;
  readonly unitMissing: number;
}

export const SERVED_KEYS = [
  "requestsLegacy",
  "requestsCandidate",
  "errorsLegacy",
  "errorsCandidate",
  "candidateFailed",
  "rescued",
  "unitMissing",
] as const satisfies readonly (keyof ServedCounts)[];

export function noneServed(): Record<keyof ServedCounts, number> {
  return {
    requestsLegacy: 0,
    requestsCandidate: 0,
    errorsLegacy: 0,
    errorsCandidate: 0,
    candidateFailed: 0,
    rescued: 0,
    unitMissing: 0,
  };
}

/** What came since `before`, of the same beginning. */
export function servedSince(before: ServedCounts, now: ServedCounts): ServedCounts {
  const since = noneServed();
  for (const key of SERVED_KEYS) since[key] = now[key] - before[key];
  return since;
}
