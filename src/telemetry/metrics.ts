// Every metric that Parallax exposes, computed at the scrape from the threads' counter blocks.
// Invariant: a request costs nothing here, and one scrape reads the books once, so that they add up in it.
// docs/metrics.md lists the same names (a test holds it).
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import {
  CODE_CLASSES,
  type Counters,
  DURATION_BOUNDS_SECONDS,
  type Histogram,
  SERVED_BY,
  type ThreadCell,
  UPSTREAMS,
} from "../core/counters.ts";
import { SKIP_REASONS } from "../core/skip.ts";
import { INCOMPARABLE_REASONS } from "../core/verdict.ts";
import { type RouteSlot, type RouteTotals, readTotals, skippedOf } from "./totals.ts";

export const THREAD_KINDS = ["serving", "shadow"] as const;
export type ThreadKind = (typeof THREAD_KINDS)[number];

/** What a scrape reads. Each function is called once per scrape and must not wait. */
export interface MetricsSource {
  /** Blocks of every thread there ever was; a lost one's may be merged into one block. */
  blocks(): readonly { readonly kind: ThreadKind; readonly isLiving: boolean; readonly counters: Counters }[];
  /** Every slot that was ever given out, `*other*` (slot 0) included: this bounds the `route` label. */
  routes(): readonly RouteSlot[];
  seam(): { readonly bytes: number; readonly capacityBytes: number };
  threadRestarts(): Readonly<Record<ThreadKind, number>>;
  store(): { readonly isFailing: boolean; readonly failedFlushes: number; readonly lostBatches: number };
  epoch(): number;
  isKilled(): boolean;
}

type Labels = Readonly<Record<string, string | number>>;
interface Value {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}
type MetricType = "counter" | "gauge" | "histogram";

interface Reading {
  readonly source: MetricsSource;
  readonly blocks: ReturnType<MetricsSource["blocks"]>;
  readonly routes: readonly RouteSlot[];
  readonly totals: RouteTotals;
}

interface Definition {
  readonly name: string;
  readonly type: MetricType;
  readonly labels: readonly string[];
  readonly help: string;
  readonly read: (reading: Reading) => Iterable<Value>;
}

const one = (value: number): readonly Value[] => [{ value, labels: {} }];
const flag = (isTrue: boolean): readonly Value[] => one(isTrue ? 1 : 0);

/** A sum over all threads, lost ones included: for what only grows. */
const everCell = (cell: ThreadCell) => (reading: Reading) =>
  one(reading.blocks.reduce((sum, block) => sum + block.counters.get(cell), 0));

/** A sum over the living: for what comes and goes. */
const livingCell = (cell: ThreadCell) => (reading: Reading) =>
  one(livingBlocks(reading).reduce((sum, block) => sum + block.counters.get(cell), 0));

function livingBlocks(reading: Reading) {
  return reading.blocks.filter((block) => block.isLiving);
}

function* exchangeValues({ totals }: Reading): Iterable<Value> {
  for (const route of totals.routes) {
    if (route.exchanges === 0 && route.slot === 0) continue;
    const value = (outcome: string, count: number) => ({
      value: count,
      labels: { route: route.name, outcome },
    });
    yield value("match", route.match);
    yield value("mismatch", route.mismatch);
    yield value("incomparable", route.incomparable);
    yield value("skipped", skippedOf(route));
  }
}

function* requestValues({ blocks, routes }: Reading): Iterable<Value> {
  for (const { slot, name } of routes)
    for (const [servedBy, served_by] of SERVED_BY.entries())
      for (const [codeClass, code_class] of CODE_CLASSES.entries()) {
        let value = 0;
        for (const { counters } of blocks) value += counters.requests(slot, servedBy, codeClass);
        // Combinations that never came would be eighteen lines per route.
        if (value > 0) yield { value, labels: { route: name, served_by, code_class } };
      }
}

function* histogramValues(name: string, labels: Labels, parts: readonly Histogram[]): Iterable<Value> {
  let count = 0;
  for (const [index, bound] of [...DURATION_BOUNDS_SECONDS, "+Inf"].entries()) {
    for (const part of parts) count += part.buckets[index] ?? 0;
    yield { value: count, labels: { ...labels, le: bound }, metricName: `${name}_bucket` };
  }
  const sum = parts.reduce((total, part) => total + part.sumSeconds, 0);
  yield { value: sum, labels, metricName: `${name}_sum` };
  yield { value: count, labels, metricName: `${name}_count` };
}

function isUsed(histogram: Histogram): boolean {
  return histogram.buckets.some((count) => count > 0);
}

function* requestDurationValues({ blocks, routes }: Reading): Iterable<Value> {
  for (const { slot, name } of routes)
    for (const [servedBy, served_by] of SERVED_BY.entries()) {
      const parts = blocks.map(({ counters }) => counters.requestDuration(slot, servedBy)).filter(isUsed);
      if (parts.length > 0)
        yield* histogramValues("parallax_request_duration_seconds", { route: name, served_by }, parts);
    }
}

function* upstreamDurationValues({ blocks }: Reading): Iterable<Value> {
  for (const [index, upstream] of UPSTREAMS.entries()) {
    const parts = blocks.map(({ counters }) => counters.upstreamDuration(index as 0 | 1 | 2)).filter(isUsed);
    if (parts.length > 0) yield* histogramValues("parallax_upstream_duration_seconds", { upstream }, parts);
  }
}

function worstBreaker(reading: Reading): readonly Value[] {
  return one(livingBlocks(reading).reduce((most, b) => Math.max(most, b.counters.get("breakerState")), 0));
}

function threadValues(reading: Reading): readonly Value[] {
  return THREAD_KINDS.map((kind) => ({
    value: livingBlocks(reading).filter((block) => block.kind === kind).length,
    labels: { kind },
  }));
}

const NAMES_OF_ROUTE = ["route"] as const;

export const METRICS: readonly Definition[] = [
  {
    name: "parallax_exchanges_begun_total",
    type: "counter",
    labels: NAMES_OF_ROUTE,
    help: "Exchanges begun: the sum of all outcomes and what is in flight",
    read: ({ totals }) => totals.routes.map((r) => ({ value: r.exchanges, labels: { route: r.name } })),
  },
  {
    name: "parallax_exchanges_total",
    type: "counter",
    labels: ["route", "outcome"],
    help: "Exchanges that have an outcome: match, mismatch, incomparable or skipped",
    read: exchangeValues,
  },
  {
    name: "parallax_in_flight",
    type: "gauge",
    labels: [],
    help: "Exchanges begun that have no outcome yet",
    read: ({ totals }) => one(totals.overall.inFlight),
  },
  {
    name: "parallax_skipped_total",
    type: "counter",
    labels: ["reason"],
    help: "Exchanges that were not mirrored or not compared",
    read: ({ totals }) =>
      SKIP_REASONS.map((reason) => ({ value: totals.overall.skipped[reason], labels: { reason } })),
  },
  {
    name: "parallax_incomparable_total",
    type: "counter",
    labels: ["reason"],
    help: "Exchanges whose answers could not be compared",
    read: ({ totals }) =>
      INCOMPARABLE_REASONS.map((reason) => ({
        value: totals.overall.incomparableByReason[reason],
        labels: { reason },
      })),
  },
  {
    name: "parallax_requests_total",
    type: "counter",
    labels: ["route", "served_by", "code_class"],
    help: "Client requests that got an answer; aborted where it was broken off",
    read: requestValues,
  },
  {
    name: "parallax_request_duration_seconds",
    type: "histogram",
    labels: ["route", "served_by"],
    help: "From the request's first byte to the answer's last byte, as the client sees it",
    read: requestDurationValues,
  },
  {
    name: "parallax_upstream_duration_seconds",
    type: "histogram",
    labels: ["upstream"],
    help: "From the request's last byte out to the answer's last byte in",
    read: upstreamDurationValues,
  },
  {
    name: "parallax_requests_in_flight",
    type: "gauge",
    labels: [],
    help: "Client requests that are being served",
    read: livingCell("requestsInFlight"),
  },
  {
    name: "parallax_client_connections",
    type: "gauge",
    labels: [],
    help: "Open connections of clients",
    read: livingCell("clientConnections"),
  },
  {
    name: "parallax_client_connections_total",
    type: "counter",
    labels: [],
    help: "Connections that clients opened",
    read: everCell("clientConnectionsTotal"),
  },
  {
    name: "parallax_upstream_connections",
    type: "gauge",
    labels: [],
    help: "Open connections to upstreams",
    read: livingCell("upstreamConnections"),
  },
  {
    name: "parallax_resends_total",
    type: "counter",
    labels: [],
    help: "Requests sent once more because an idle upstream connection had died",
    read: everCell("resends"),
  },
  {
    name: "parallax_rescues_total",
    type: "counter",
    labels: [],
    help: "Requests that the legacy answered because the candidate failed before its first byte",
    read: everCell("rescues"),
  },
  {
    name: "parallax_shadow_in_flight",
    type: "gauge",
    labels: [],
    help: "Mirrored requests under way",
    read: livingCell("shadowInFlight"),
  },
  {
    name: "parallax_seam_bytes",
    type: "gauge",
    labels: [],
    help: "Bytes waiting between serving and shadow threads",
    read: ({ source }) => one(source.seam().bytes),
  },
  {
    name: "parallax_seam_capacity_bytes",
    type: "gauge",
    labels: [],
    help: "Bytes that may wait there; past it exchanges are skipped",
    read: ({ source }) => one(source.seam().capacityBytes),
  },
  {
    name: "parallax_seam_published_total",
    type: "counter",
    labels: [],
    help: "Exchanges handed to the shadow side",
    read: everCell("seamPublished"),
  },
  {
    name: "parallax_seam_published_bytes_total",
    type: "counter",
    labels: [],
    help: "Bytes handed to the shadow side",
    read: everCell("seamPublishedBytes"),
  },
  {
    name: "parallax_breaker_state",
    type: "gauge",
    labels: [],
    help: "Circuit breaker of the mirror, the worst of all threads: 0 closed, 1 half-open, 2 open",
    read: worstBreaker,
  },
  {
    name: "parallax_breaker_opened_total",
    type: "counter",
    labels: [],
    help: "Times that a thread's breaker opened",
    read: everCell("breakerOpened"),
  },
  {
    name: "parallax_threads",
    type: "gauge",
    labels: ["kind"],
    help: "Living threads",
    read: threadValues,
  },
  {
    name: "parallax_thread_restarts_total",
    type: "counter",
    labels: ["kind"],
    help: "Threads that were lost and replaced",
    read: ({ source }) => {
      const restarts = source.threadRestarts();
      return THREAD_KINDS.map((kind) => ({ value: restarts[kind], labels: { kind } }));
    },
  },
  {
    name: "parallax_internal_errors_total",
    type: "counter",
    labels: [],
    help: "Unexpected failures inside Parallax: each one is a bug",
    read: everCell("internalErrors"),
  },
  {
    name: "parallax_store_healthy",
    type: "gauge",
    labels: [],
    help: "1 while verdicts can be written, 0 while not",
    read: ({ source }) => flag(!source.store().isFailing),
  },
  {
    name: "parallax_store_failed_flushes_total",
    type: "counter",
    labels: [],
    help: "Flushes that failed; what they held is tried again",
    read: ({ source }) => one(source.store().failedFlushes),
  },
  {
    name: "parallax_store_lost_batches_total",
    type: "counter",
    labels: [],
    help: "Batches of verdicts of which something could not be kept",
    read: ({ source }) => one(source.store().lostBatches),
  },
  {
    name: "parallax_epoch",
    type: "gauge",
    labels: [],
    help: "Version of the routing decision",
    read: ({ source }) => one(source.epoch()),
  },
  {
    name: "parallax_killed",
    type: "gauge",
    labels: [],
    help: "1 while the kill switch is on: legacy only, nothing mirrored",
    read: ({ source }) => flag(source.isKilled()),
  },
  {
    name: "parallax_build_info",
    type: "gauge",
    labels: ["node_version"],
    help: "Always 1; the label tells the runtime",
    read: () => [{ value: 1, labels: { node_version: process.version } }],
  },
];

export interface Metrics {
  readonly contentType: string;
  /** The Prometheus text of one scrape. */
  text(): Promise<string>;
  /** Names of everything registered, prom-client's own included. */
  readonly names: readonly string[];
}

export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry();
  let reading: Reading | undefined;
  for (const { name, help, type, read } of METRICS) {
    const get = async () => ({
      name,
      help,
      type,
      aggregator: "sum",
      values: reading === undefined ? [] : [...read(reading)],
    });
    // prom-client takes any object with a name and get(); its type asks for its own classes, which keep
    // a value per label set that would have to be set before each scrape.
    registry.registerMetric({ name, help, type, aggregator: "sum", get } as unknown as Metric);
  }
  collectDefaultMetrics({ register: registry, prefix: "parallax_" });
  return {
    contentType: registry.contentType,
    names: registry.getMetricsAsArray().map((metric) => metric.name),
    text: () => {
      reading = takeReading(source);
      // metrics() calls every get() before it first waits: another scrape cannot mix its reading in.
      return registry.metrics();
    },
  };
}

function takeReading(source: MetricsSource): Reading {
  const blocks = source.blocks();
  const routes = source.routes();
  const counters = blocks.map((block) => block.counters);
  return { source, blocks, routes, totals: readTotals(counters, routes) };
}
