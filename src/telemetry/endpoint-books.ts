// What batches say of endpoints and routes, kept for metrics: outcomes since the start, latency of both services.
// Invariant: at most ENDPOINTS_LABELLED_MAX endpoints have a label of their own, the first that were seen; the rest
// are *other*. A label, once given, stays: a series never moves to another one.
import type { EndpointDelta } from "../core/batch.ts";
import { latencyQuantileMs } from "../core/latency-buckets.ts";
import { OTHER } from "../core/other.ts";

/** Each is about fifteen lines of a scrape; a store of metrics asks for hundreds of series a service, not thousands. */
export const ENDPOINTS_LABELLED_MAX = 100;
/** Quantiles are of the last one to two of these: recent enough to alert on, long enough for a p99. */
const WINDOW_MS = 300_000;

export const COMPARED_UPSTREAMS = ["legacy", "candidate"] as const;
export type ComparedUpstream = (typeof COMPARED_UPSTREAMS)[number];

/** Latency bucket (core/latency-buckets) → count. */
type LatencyCounts = Map<number, number>;
type Latencies = Readonly<Record<ComparedUpstream, LatencyCounts>>;

interface EndpointBook {
  match: number;
  mismatch: number;
  incomparable: number;
  skipped: number;
  current: Latencies;
  previous: Latencies;
}

export interface EndpointNumbers {
  readonly endpoint: string;
  readonly outcomes: Readonly<Record<"match" | "mismatch" | "incomparable" | "skipped", number>>;
  /** Seconds, of the last five to ten minutes; undefined where nothing came. */
  quantileSeconds(upstream: ComparedUpstream, quantile: number): number | undefined;
}

export interface RouteLatency {
  readonly route: string;
  readonly latency: Readonly<Record<ComparedUpstream, ReadonlyMap<number, number>>>;
}

const noLatencies = (): Latencies => ({ legacy: new Map(), candidate: new Map() });

function add(
  into: LatencyCounts,
  counts: Readonly<Record<number, number>> | ReadonlyMap<number, number>,
): void {
  const entries = counts instanceof Map ? counts : Object.entries(counts);
  for (const [bucket, count] of entries)
    into.set(Number(bucket), (into.get(Number(bucket)) ?? 0) + Number(count));
}

const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

export class EndpointBooks {
  readonly #endpoints = new Map<string, EndpointBook>();
  readonly #routes = new Map<string, Latencies>();
  /** Windows follow each other without a gap, whenever anybody looks. */
  #window = Number.NEGATIVE_INFINITY;

  /** Takes a batch's endpoints in; `nowMs` moves the window of the quantiles. */
  see(deltas: readonly EndpointDelta[], nowMs: number): void {
    this.#moveWindow(nowMs);
    for (const delta of deltas) {
      this.#seeEndpoint(delta);
      this.#seeRoute(delta);
    }
  }

  endpoints(nowMs: number): readonly EndpointNumbers[] {
    this.#moveWindow(nowMs);
    return [...this.#endpoints].map(([endpoint, { current, previous, ...outcomes }]) => ({
      endpoint,
      outcomes,
      quantileSeconds: (upstream, quantile) => {
        const counts = new Map(previous[upstream]);
        add(counts, current[upstream]);
        const ms = latencyQuantileMs(counts, quantile);
        return ms === undefined ? undefined : ms / 1000;
      },
    }));
  }

  /** Since the start. */
  routes(): readonly RouteLatency[] {
    return [...this.#routes].map(([route, latency]) => ({ route, latency }));
  }

  #moveWindow(nowMs: number): void {
    const window = Math.floor(nowMs / WINDOW_MS);
    if (window <= this.#window) return;
    const isNext = window === this.#window + 1;
    this.#window = window;
    for (const book of this.#endpoints.values()) {
      book.previous = isNext ? book.current : noLatencies();
      book.current = noLatencies();
    }
  }

  #seeEndpoint(delta: EndpointDelta): void {
    const book = this.#bookOf(delta.endpoint);
    book.match += delta.match;
    book.mismatch += delta.mismatch;
    book.incomparable += sumOf(delta.incomparable);
    book.skipped += sumOf(delta.skipped);
    add(book.current.legacy, delta.legacyLatency);
    add(book.current.candidate, delta.candidateLatency);
  }

  #bookOf(endpoint: string): EndpointBook {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    // *other* itself has always room.
    if (endpoint !== OTHER && this.#endpoints.size >= ENDPOINTS_LABELLED_MAX) return this.#bookOf(OTHER);
    const book: EndpointBook = {
      match: 0,
      mismatch: 0,
      incomparable: 0,
      skipped: 0,
      current: noLatencies(),
      previous: noLatencies(),
    };
    this.#endpoints.set(endpoint, book);
    return book;
  }

  #seeRoute({ route, legacyLatency, candidateLatency }: EndpointDelta): void {
    // As many as the config has: their number is bounded by the slots of the counters.
    const latencies = this.#routes.get(route) ?? noLatencies();
    this.#routes.set(route, latencies);
    add(latencies.legacy, legacyLatency);
    add(latencies.candidate, candidateLatency);
  }
}
