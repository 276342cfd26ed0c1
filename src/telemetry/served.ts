// What a route's clients were served, as the threads' blocks have it.
import { CODE_CLASSES, type Counters, SERVED_BY } from "../core/counters.ts";
import type { ServedCounts } from "../core/served-counts.ts";

const SERVER_ERROR = CODE_CLASSES.indexOf("5xx");
const [BY_LEGACY, BY_CANDIDATE] = [SERVED_BY.indexOf("legacy"), SERVED_BY.indexOf("candidate")];

/** Of the route in `slot`, since the start of the process. */
export function readServed(blocks: readonly Counters[], slot: number): ServedCounts {
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
