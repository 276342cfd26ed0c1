// Who served a route's clients, and how it went: what gates read beside the pairs. Sums over the threads' blocks.
import { CODE_CLASSES, type Counters, SERVED_BY } from "../core/counters.ts";

export interface Served {
  readonly requestsLegacy: number;
  readonly requestsCandidate: number;
  /** Answers of the 5xx class. */
  readonly errorsLegacy: number;
  readonly errorsCandidate: number;
  /** Requests to the candidate that gave no answer for a client, rescued or not. */
  readonly candidateFailed: number;
  readonly rescued: number;
  readonly unitMissing: number;
}

export const NOTHING_SERVED: Served = {
  requestsLegacy: 0,
  requestsCandidate: 0,
  errorsLegacy: 0,
  errorsCandidate: 0,
  candidateFailed: 0,
  rescued: 0,
  unitMissing: 0,
};

const SERVER_ERROR = CODE_CLASSES.indexOf("5xx");
const [BY_LEGACY, BY_CANDIDATE] = [SERVED_BY.indexOf("legacy"), SERVED_BY.indexOf("candidate")];

/** Of the route in `slot`, since the start of the process. */
export function readServed(blocks: readonly Counters[], slot: number): Served {
  const sum = (count: (block: Counters) => number) =>
    blocks.reduce((total, block) => total + count(block), 0);
  const requests = (by: number) =>
    sum((block) =>
      CODE_CLASSES.reduce((total, _, codeClass) => total + block.requests(slot, by, codeClass), 0),
    );
  return {
    requestsLegacy: requests(BY_LEGACY),
    requestsCandidate: requests(BY_CANDIDATE),
    errorsLegacy: sum((block) => block.requests(slot, BY_LEGACY, SERVER_ERROR)),
    errorsCandidate: sum((block) => block.requests(slot, BY_CANDIDATE, SERVER_ERROR)),
    candidateFailed: sum((block) => block.routeEvents(slot, "candidateFailed")),
    rescued: sum((block) => block.routeEvents(slot, "rescued")),
    unitMissing: sum((block) => block.routeEvents(slot, "unitMissing")),
  };
}

/** What came since `before`. */
export function servedSince(now: Served, before: Served): Served {
  const since = Object.entries(now).map(([name, count]) => [name, count - before[name as keyof Served]]);
  return Object.fromEntries(since) as unknown as Served;
}
