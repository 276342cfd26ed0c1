// Counters that a thread writes and control reads without asking: one block of shared memory per thread,
// one writer per cell. A lost thread leaves its last counts behind, so the books still balance.
// Cells are float64: aligned 8-byte loads and stores do not tear on the 64-bit platforms Node.js runs on.

import { SKIP_REASONS, type SkipReason } from "./skip.ts";
import { INCOMPARABLE_REASONS, type IncomparableReason } from "./verdict.ts";

/** Upper bounds of the duration histograms, in seconds (Prometheus buckets without +Inf). */
export const DURATION_BOUNDS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

const BUCKETS = DURATION_BOUNDS_SECONDS.length + 1;
/** Per histogram: its buckets, then the sum in seconds. */
const HISTOGRAM_CELLS = BUCKETS + 1;

export const SERVED_BY = ["legacy", "candidate", "parallax"] as const;
/** 1xx … 5xx, then answers that were broken off. */
export const CODE_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx", "aborted"] as const;
export const UPSTREAMS = ["legacy", "candidate", "baseline"] as const;

/** What happens to the requests of a route beside being answered. */
export const ROUTE_EVENTS = [
  "toCandidate", // sent to the candidate to be served by it
  "candidateFailed", // … which gave no answer that a client could have: rescued or not
  "rescued", // the legacy answered instead
  "rescuedPastBudget", // … when the budget was used up: on its way as the route tripped
  "unitMissing", // the legacy served for want of a unit
  "overridden", // a trusted client chose
  "adapted", // through an adapter
  "adapterFailed", // … that could not adapt a body of theirs, or of their answer
  "brownedOut", // answered by a brownout in place of the legacy
  "tripped", // not a request: a serving thread took the route back to the legacy by itself
] as const;
export type RouteEvent = (typeof ROUTE_EVENTS)[number];

/** Cells that a thread has once. */
const THREAD_CELLS = [
  "heartbeatMs", // wall clock of the last turn of the event loop that control watches
  "clientConnections",
  "clientConnectionsTotal",
  "requestsInFlight",
  "seamPublished",
  "seamPublishedBytes",
  "shadowDrained",
  "shadowInFlight",
  "breakerState", // 0 closed, 1 half-open, 2 open
  "breakerOpened",
  "resends", // requests sent again after a dying idle connection
  "tokensUnread", // bearer tokens that a serving thread had no time to verify
  "upstreamConnections",
  "internalErrors",
  "routesTripped", // routes that the thread has taken back to the legacy, and serves so now
  "recordBegun", // exchanges that are to be in a recording (serving threads)
  "recorded", // exchanges that are in one
  "recordLost", // … that should be and are not
  "recordedBytes", // in the files of recordings
  "recordedFiles", // of recordings that were begun
  "noise", // mismatches whose every difference was noise when it was seen
  "baselinePaired",
  "baselineUnpaired",
  "baselineFailed",
  "baselineCrowded",
  "baselineBreakerOpen",
  "baselineLegacyFailing",
  "recheckGone",
  "recheckStays",
  "recheckFailed",
  "recheckDropped",
  "contractViolated", // exchanges in which the candidate alone breaks its route's contract
  "contractLegacy", // … in which the legacy breaks it
  "contractUnknown", // … whose path or method it does not have
  "contractUnchecked", // … with a body that could not be held against it
] as const;
export type ThreadCell = (typeof THREAD_CELLS)[number];

/** How the second reading of an exchange that was in the noise sample ended. */
export const BASELINE_CELLS = {
  paired: "baselinePaired",
  unpaired: "baselineUnpaired", // one of the two could not be compared with the first answer
  failed: "baselineFailed", // no whole answer in time
  crowded: "baselineCrowded", // no room for it, in number or bytes
  "breaker-open": "baselineBreakerOpen", // not sent: it failed too often in a row
  "legacy-failing": "baselineLegacyFailing", // not sent: the first answer was a 5xx
} as const satisfies Record<string, ThreadCell>;
export type BaselineOutcome = keyof typeof BASELINE_CELLS;

/** How the second look at a mismatch that was in the recheck sample ended. */
export const RECHECK_CELLS = {
  gone: "recheckGone", // no difference was left
  stays: "recheckStays",
  failed: "recheckFailed", // one of the two could not be read, or not be compared
  dropped: "recheckDropped", // too many waited, or Parallax stopped meanwhile
} as const satisfies Record<string, ThreadCell>;
export type RecheckOutcome = keyof typeof RECHECK_CELLS;

/** Cells that say what is now; all others count what has been. */
const GAUGES: ReadonlySet<ThreadCell> = new Set([
  "heartbeatMs",
  "clientConnections",
  "requestsInFlight",
  "shadowInFlight",
  "breakerState",
  "upstreamConnections",
  "routesTripped",
]);

const UPSTREAM_BASE = THREAD_CELLS.length;
const ROUTE_BASE = UPSTREAM_BASE + UPSTREAMS.length * HISTOGRAM_CELLS;

// Layout of one route's cells.
const R_EXCHANGES = 0; // begun
const R_PUBLISHED = 1; // handed to the seam (serving threads)
const R_DRAINED = 2; // taken from the seam (shadow threads)
const R_MATCH = 3;
const R_MISMATCH = 4;
const R_INCOMPARABLE = 5;
const R_SKIPPED = R_INCOMPARABLE + INCOMPARABLE_REASONS.length;
const R_REQUESTS = R_SKIPPED + SKIP_REASONS.length;
const R_DURATION = R_REQUESTS + SERVED_BY.length * CODE_CLASSES.length;
const R_EVENTS = R_DURATION + SERVED_BY.length * HISTOGRAM_CELLS;
const ROUTE_CELLS = R_EVENTS + ROUTE_EVENTS.length;

const SKIP_INDEX = new Map<string, number>(SKIP_REASONS.map((reason, index) => [reason, index]));
const INCOMPARABLE_INDEX = new Map<string, number>(
  INCOMPARABLE_REASONS.map((reason, index) => [reason, index]),
);
const THREAD_INDEX = new Map<string, number>(THREAD_CELLS.map((name, index) => [name, index]));

const ROUTE_EVENT_INDEX = new Map<string, number>(ROUTE_EVENTS.map((event, index) => [event, index]));

/** Route slots per block. Slot 0 is `*other*`: routes past the limit, and requests refused before a route. */
export const ROUTE_SLOTS = 4096;
export const OTHER_SLOT = 0;

export interface Histogram {
  /** Not cumulative; the last one is +Inf. */
  readonly buckets: readonly number[];
  readonly sumSeconds: number;
}

export interface RouteCounts {
  exchanges: number;
  match: number;
  mismatch: number;
  incomparable: Map<IncomparableReason, number>;
  skipped: Map<SkipReason, number>;
}

function bucketOf(seconds: number): number {
  let bucket = 0;
  while (bucket < DURATION_BOUNDS_SECONDS.length && seconds > (DURATION_BOUNDS_SECONDS[bucket] as number))
    bucket++;
  return bucket;
}

/** One thread's block. The thread itself adds; control only reads, or adds once the thread is gone. */
export class Counters {
  readonly #cells: Float64Array;
  readonly memory: SharedArrayBuffer;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer((ROUTE_BASE + ROUTE_SLOTS * ROUTE_CELLS) * 8);
    this.#cells = new Float64Array(this.memory);
  }

  #add(cell: number, amount: number): void {
    this.#cells[cell] = (this.#cells[cell] as number) + amount;
  }

  get(cell: ThreadCell): number {
    return this.#cells[THREAD_INDEX.get(cell) as number] as number;
  }

  set(cell: ThreadCell, value: number): void {
    this.#cells[THREAD_INDEX.get(cell) as number] = value;
  }

  add(cell: ThreadCell, amount: number): void {
    this.#add(THREAD_INDEX.get(cell) as number, amount);
  }

  addExchange(slot: number): void {
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_EXCHANGES, 1);
  }

  addPublished(slot: number): void {
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_PUBLISHED, 1);
  }

  addDrained(slot: number): void {
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_DRAINED, 1);
  }

  addMatch(slot: number): void {
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_MATCH, 1);
  }

  addMismatch(slot: number): void {
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_MISMATCH, 1);
  }

  addIncomparable(slot: number, reason: IncomparableReason): void {
    const index = INCOMPARABLE_INDEX.get(reason) as number;
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_INCOMPARABLE + index, 1);
  }

  addSkipped(slot: number, reason: SkipReason, amount = 1): void {
    const index = SKIP_INDEX.get(reason) as number;
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_SKIPPED + index, amount);
  }

  /** A client got its answer. `status` 0: it was broken off. */
  addRequest(slot: number, servedBy: 0 | 1 | 2, status: number, seconds: number): void {
    const route = ROUTE_BASE + slot * ROUTE_CELLS;
    // A status beyond 599 is not valid; a client treats it as a 5xx (RFC 9110 §15).
    const codeClass = status === 0 ? 5 : Math.min(4, ((status / 100) | 0) - 1);
    this.#add(route + R_REQUESTS + servedBy * CODE_CLASSES.length + codeClass, 1);
    this.#addDuration(route + R_DURATION + servedBy * HISTOGRAM_CELLS, seconds);
  }

  addRouteEvent(slot: number, event: RouteEvent): void {
    this.#add(ROUTE_BASE + slot * ROUTE_CELLS + R_EVENTS + (ROUTE_EVENT_INDEX.get(event) as number), 1);
  }

  routeEvents(slot: number, event: RouteEvent): number {
    const cell = ROUTE_BASE + slot * ROUTE_CELLS + R_EVENTS + (ROUTE_EVENT_INDEX.get(event) as number);
    return this.#cells[cell] as number;
  }

  /** From the request's last byte out to the answer's last byte in. */
  addUpstreamDuration(upstream: 0 | 1 | 2, seconds: number): void {
    this.#addDuration(UPSTREAM_BASE + upstream * HISTOGRAM_CELLS, seconds);
  }

  #addDuration(base: number, seconds: number): void {
    this.#add(base + bucketOf(seconds), 1);
    this.#add(base + BUCKETS, seconds);
  }

  #histogram(base: number): Histogram {
    const cells = this.#cells.subarray(base, base + HISTOGRAM_CELLS);
    return { buckets: [...cells.subarray(0, BUCKETS)], sumSeconds: cells[BUCKETS] as number };
  }

  upstreamDuration(upstream: 0 | 1 | 2): Histogram {
    return this.#histogram(UPSTREAM_BASE + upstream * HISTOGRAM_CELLS);
  }

  requestDuration(slot: number, servedBy: number): Histogram {
    return this.#histogram(ROUTE_BASE + slot * ROUTE_CELLS + R_DURATION + servedBy * HISTOGRAM_CELLS);
  }

  requests(slot: number, servedBy: number, codeClass: number): number {
    const base = ROUTE_BASE + slot * ROUTE_CELLS + R_REQUESTS;
    return this.#cells[base + servedBy * CODE_CLASSES.length + codeClass] as number;
  }

  /** Outcomes are read before exchanges, so that a scrape in the middle never counts more ends than begins. */
  outcomes(slot: number): Omit<RouteCounts, "exchanges"> {
    const base = ROUTE_BASE + slot * ROUTE_CELLS;
    const at = (offset: number) => this.#cells[base + offset] as number;
    return {
      match: at(R_MATCH),
      mismatch: at(R_MISMATCH),
      incomparable: new Map(
        INCOMPARABLE_REASONS.map((reason, index) => [reason, at(R_INCOMPARABLE + index)]),
      ),
      skipped: new Map(SKIP_REASONS.map((reason, index) => [reason, at(R_SKIPPED + index)])),
    };
  }

  exchanges(slot: number): number {
    return this.#cells[ROUTE_BASE + slot * ROUTE_CELLS + R_EXCHANGES] as number;
  }

  published(slot: number): number {
    return this.#cells[ROUTE_BASE + slot * ROUTE_CELLS + R_PUBLISHED] as number;
  }

  drained(slot: number): number {
    return this.#cells[ROUTE_BASE + slot * ROUTE_CELLS + R_DRAINED] as number;
  }

  /**
   * Books what a lost thread had begun and not ended as skipped under `reason`: of a serving thread what it
   * had not published, of a shadow thread what it had drained. Only for a block whose thread is gone.
   */
  settle(reason: "serving-thread-lost" | "shadow-thread-lost"): void {
    for (let slot = 0; slot < ROUTE_SLOTS; slot++) {
      const begun =
        reason === "serving-thread-lost" ? this.exchanges(slot) - this.published(slot) : this.drained(slot);
      if (begun === 0) continue;
      const { match, mismatch, incomparable, skipped } = this.outcomes(slot);
      let ended = match + mismatch;
      for (const count of incomparable.values()) ended += count;
      for (const count of skipped.values()) ended += count;
      if (begun > ended) this.addSkipped(slot, reason, begun - ended);
    }
  }

  /** Adds another block's counts to this one; what it says of now is left out. */
  absorb(other: Counters): void {
    for (let cell = 0; cell < this.#cells.length; cell++) {
      const name = THREAD_CELLS[cell];
      if (name === undefined || !GAUGES.has(name)) this.#add(cell, other.#cells[cell] as number);
    }
  }
}
